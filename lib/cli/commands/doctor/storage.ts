import { constants } from 'node:fs';
import { access, link, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { destinationOf } from '../../inputs/destination.ts';
import { openStorage, type StorageOptions } from '../../inputs/storage.ts';
import { checkStorage } from '../../preflight.ts';
import { formatBytes, type Terminal } from '../../usage.ts';
import { type Check, checked, ok, warning } from './check.ts';

/** A folder with less room than this holds few archives. */
const LOW_BYTES = 5 * 2 ** 30;

/** Everything about the place for archives; trial objects of a store and the trial file of a folder are removed again. */
export async function checkDestination(
  manager: string,
  given: StorageOptions,
  terminal: Terminal,
): Promise<readonly Check[]> {
  const at = await destinationOf(given, 'to');
  if ('folder' in at) return await checkFolder(resolve(at.folder));
  return await checked('bucket', async () => {
    const storage = await openStorage(given, { option: 'to', mustExist: true, use: 'read' }, terminal);
    try {
      const can = await checkStorage(storage, manager, 'export', terminal);
      if (!can) return [ok('bucket', `${storage.place} can be read. It was not written to: AWS keeps what is locked.`)];
      const lacks = Object.entries(can).flatMap(([name, has]) => (has === false || has === 'no' ? [name] : []));
      const can_ = ok('bucket', `${storage.place} can be written and read, and writes once (conditional writes)`);
      return [
        can_,
        ...lacks.map((name) => warning('store', `has no ${name}: docs/reference/stores.md says what is done instead`)),
      ];
    } finally {
      await storage.close();
    }
  });
}

/** The folder, or where it would be made. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found || dirname(folder) === folder ? folder : await existing(dirname(folder));
}

async function checkFolder(folder: string): Promise<readonly Check[]> {
  const place = await existing(folder);
  const where = place === folder ? folder : `${folder} (to be made in ${place})`;
  const writable = await checked('folder', async () => {
    if (!(await stat(place)).isDirectory()) throw new Error(`${place} is no folder. Name another one with --to.`);
    await access(place, constants.W_OK).catch(() => {
      throw new Error(`${place} cannot be written by this user. Change its owner, or name another folder with --to.`);
    });
    return ok('folder', `${where} can be written`);
  });
  if (writable.some(({ state }) => state === 'failed')) return writable;
  return [
    ...writable,
    ...(await checked('room', () => roomIn(place))),
    ...(await checked('file system', () => trial(place))),
  ];
}

async function roomIn(place: string): Promise<Check> {
  const { bavail, bsize } = await statfs(place);
  const room = formatBytes(bavail * bsize);
  if (bavail * bsize >= LOW_BYTES) return ok('room', `${room} are free`);
  return warning('room', `only ${room} are free. An archive has a few GiB: make room, or name another folder.`);
}

async function trial(place: string): Promise<Check> {
  const dir = await mkdtemp(join(place, '.offsite-doctor-'));
  try {
    const file = join(dir, 'trial');
    await writeFile(file, 'offsite', { mode: 0o600 });
    const mode = (await stat(file)).mode & 0o777;
    const hasLinks = await link(file, `${file}-2`).then(
      () => true,
      () => false,
    );
    if (!hasLinks)
      return warning(
        'file system',
        'has no hard links, so a file may be replaced by another writer. Use a local file system.',
      );
    if (mode & 0o077) return warning('file system', 'keeps no access rights: other users can read the archives.');
    return ok('file system', 'has hard links and access rights');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

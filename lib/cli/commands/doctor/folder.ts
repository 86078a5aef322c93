import { constants, existsSync } from 'node:fs';
import { access, link, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sweepLeftovers } from '../../../base/leftovers.ts';
import { checked, ok, warning } from '../../../doctor/check.ts';
import type { Check } from '../../../doctor/contract.ts';
import { managersIn } from '../../../status/managers.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import { type ExpectedFolder, requireMounted } from '../../inputs/mounts.ts';
import { LOCAL_BUCKET, openStorage, type StorageOptions } from '../../inputs/storage.ts';
import { formatBytes, type Terminal } from '../../usage.ts';

/** A folder with less room than this holds few archives. */
const LOW_BYTES = 5 * 2 ** 30;
/** An archive and its records are some ten files. */
const LOW_FILES = 1000;

/** The folder, or where it would be made. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found || dirname(folder) === folder ? folder : await existing(dirname(folder));
}

export async function checkFolder(
  expected: ExpectedFolder,
  given: StorageOptions,
  terminal: Terminal,
): Promise<readonly Check[]> {
  const { folder } = expected;
  const place = await existing(folder);
  const where = place === folder ? folder : `${folder} (to be made in ${place})`;
  const writable = await checked('folder', async () => {
    await requireMounted(expected, terminal.signing.stateFolder);
    if (!(await stat(place)).isDirectory()) throw new Error(`${place} is no folder. Name another one with --to.`);
    await access(place, constants.W_OK | constants.X_OK).catch(() => {
      throw new Error(`${place} cannot be written by this user. Change its owner, or name another folder with --to.`);
    });
    return ok('folder', `${where} can be written`);
  });
  if (writable.some(({ state }) => state === 'failed')) return writable;
  return [
    ...writable,
    ...(await checked('room', () => roomIn(place))),
    ...(await checked('file system', () => trial(place, terminal.clock.now()))),
    ...(await checked('archives', () => archivesIn(folder, given, terminal))),
  ];
}

async function roomIn(place: string): Promise<Check> {
  const { bavail, bsize, files, ffree } = await statfs(place);
  const room = formatBytes(bavail * bsize);
  if (bavail * bsize < LOW_BYTES)
    return warning('room', `only ${room} are free. An archive has a few GiB: make room, or name another folder.`);
  // File systems without a fixed number of files say 0 of 0.
  if (files > 0 && ffree < LOW_FILES)
    return warning('room', `${room} are free, but only ${ffree} files (inodes). Make room, or name another folder.`);
  return ok('room', `${room} are free`);
}

const TRIAL = '.offsite-doctor-';

async function trial(place: string, now: Date): Promise<Check> {
  await sweepLeftovers(place, (name) => name.startsWith(TRIAL), now);
  const dir = await mkdtemp(join(place, TRIAL));
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

/** What is there already must be readable, or the first run fails. */
async function archivesIn(folder: string, given: StorageOptions, terminal: Terminal): Promise<readonly Check[]> {
  if (!existsSync(join(folder, LOCAL_BUCKET))) return [];
  const storage = await openStorage(given, { option: 'to', mustExist: true, use: 'read' }, terminal);
  try {
    const { records } = new ArchiveBucket(storage.s3, storage.bucket, terminal.interrupt);
    const managers = await managersIn(records);
    return [
      ok(
        'archives',
        `the folder can be read; it has archives of ${managers.length} ${managers.length === 1 ? 'manager' : 'managers'}`,
      ),
    ];
  } finally {
    await storage.close();
  }
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { seconds } from '../../lib/base/durations.ts';
import { InvalidConfiguration, StorageRefused } from '../../lib/base/errors.ts';
import { lifeOfProcess, thisProcess } from '../../lib/base/process-identity.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './files.ts';
import { META } from './layout.ts';

/** The right to serve a folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/** A holder touches its lock this often; one that was not touched for six times as long is dead, wherever it was. */
const TOUCH_MS = seconds(10);

/**
 * Makes the folder when it is not there, tries that it can be written, and takes it for this process: a second server
 * on it would sweep away what the first one has on its way in. A lock whose process is gone is taken over. Throws
 * `StorageRefused` (not writable), `InvalidConfiguration` (another process serves it).
 */
export async function takeFolder(dir: string): Promise<FolderLock> {
  const file = join(dir, META, 'lock');
  try {
    await makeFolder(join(dir, META));
    await tryWriting(join(dir, META, `.probe-${process.pid}`));
  } catch (error) {
    const reason = await reasonOf(error, dir);
    throw new StorageRefused(`The folder ${dir} cannot hold the local S3: ${reason}. Name a writable folder.`, {
      cause: error,
    });
  }
  const own = JSON.stringify({ ...thisProcess(), lock: randomUUID() });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await createLock(file, own)) return held(file, own);
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (await isHeld(file, holder)) {
      throw new InvalidConfiguration(
        `The folder ${dir} is in use by another process (${file} says which). Wait until it has ended, or name another folder.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new InvalidConfiguration(`The folder ${dir} is being taken by another process this very moment. Try again.`);
}

/** Keeps the lock fresh; gives it back only while it is ours. */
function held(file: string, own: string): FolderLock {
  const touching = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => undefined);
  }, TOUCH_MS).unref();
  return {
    release: async () => {
      clearInterval(touching);
      if ((await readFile(file, 'utf8').catch(() => '')) === own) await rm(file, { force: true });
    },
  };
}

async function isHeld(file: string, holder: string): Promise<boolean> {
  const identity = Holder.safeParse(parse(holder));
  const life = identity.success ? lifeOfProcess(identity.data) : 'unknown';
  // Our own process may serve a folder again after a server of it was dropped without a close, as tests do.
  if (life === 'ended' || (identity.success && life === 'running' && identity.data.pid === process.pid)) return false;
  if (life === 'running') return true;
  const touched = await stat(file).catch(() => undefined);
  return touched !== undefined && Date.now() - touched.mtimeMs < 6 * TOUCH_MS;
}

const Holder = z.object({ place: z.string(), pid: z.number(), began: z.string() });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Written aside and linked into place: nobody sees a lock that does not say yet whose it is. */
async function createLock(file: string, own: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, own, { mode: PRIVATE_FILE });
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Not `recursive`: where a parent takes no folders and says ENOENT, as /proc does, Node tries for ever. */
async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: PRIVATE_FOLDER });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(dir);
    if (code !== 'ENOENT' || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(dir, { mode: PRIVATE_FOLDER });
  }
}

/** Tries it: permission bits say nothing when the process is root or the file system is read-only. */
async function tryWriting(probe: string): Promise<void> {
  await writeFile(probe, '');
  await unlink(probe);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function reasonOf(error: unknown, dir: string): Promise<string> {
  const found = await stat(dir).catch(() => undefined);
  if (found && !found.isDirectory()) return 'it is a file';
  return error instanceof Error ? error.message : String(error);
}

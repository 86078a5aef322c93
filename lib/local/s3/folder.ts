import { mkdir, open, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidConfiguration, StorageRefused } from '../../errors.ts';
import { META } from './layout.ts';

/** The right to serve a folder. */
export interface FolderLock {
  release(): Promise<void>;
}

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
    throw new StorageRefused(
      `The folder ${dir} cannot hold the local S3: ${await reasonOf(error, dir)}. Name a writable folder.`,
      {
        cause: error,
      },
    );
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await createLock(file)) return { release: async () => await rm(file, { force: true }) };
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (isAlive(holder)) {
      throw new InvalidConfiguration(
        `The folder ${dir} is in use by process ${holder}. Wait until it has ended, or name another folder.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new InvalidConfiguration(`The folder ${dir} is being taken by another process this very moment. Try again.`);
}

/** Our own process may serve a folder again after a server of it was dropped without a close, as tests do. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function createLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Not `recursive`: where a parent takes no folders and says ENOENT, as /proc does, Node tries for ever. */
async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(dir);
    if (code !== 'ENOENT' || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(dir);
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

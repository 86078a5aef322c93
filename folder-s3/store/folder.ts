import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { folderRefused } from '../../lib/base/disk-errors.ts';
import { FolderInUse } from '../../lib/base/folder-in-use.ts';
import { makeFolders } from '../../lib/base/folders.ts';
import { thisProcess } from '../../lib/base/process-identity.ts';
import { writeJson } from './files.ts';
import { META } from './layout.ts';
import {
  contentOf,
  createExclusively,
  isFresh,
  isHeld,
  type LockFiles,
  lockFileName,
  overwrite,
  readLockFiles,
  removeLeftover,
  TOUCH_MS,
} from './lock-files.ts';

/** The right to write into a folder. */
export interface FolderLock {
  /** Never throws: a lock that cannot be given back counts as dead once this process has ended. */
  release(): Promise<void>;
}

/**
 * Makes the folder when it is not there, tries that it can be written, and takes it for this process: all of it, or a
 * scope of it, beside which others may hold other scopes. Throws `StorageRefused` (it cannot be written),
 * `FolderInUse` (another process has it).
 *
 * Every taking has a number. The newest file, `lock-000007`, says who holds the folder. To take over from a holder that
 * is dead is to create the next number, at which one of many contenders succeeds, on file systems without hard links
 * too. The newest is never removed, not even at a release, so that a number never comes twice: whoever was held up
 * between its look and its creation creates a number that is not the newest, sees that, and has lost.
 */
export async function takeFolder(dir: string, scope?: string): Promise<FolderLock> {
  const meta = join(dir, META);
  try {
    await makeFolders(meta);
    for (let attempt = 0; attempt < 5; attempt++) {
      const lock = await tryTaking({ dir, meta, scope });
      if (lock) return lock;
    }
  } catch (error) {
    throw folderRefused(error, dir);
  }
  throw new FolderInUse(`Other processes are taking the folder ${dir} at this moment. Try again.`, false);
}

interface Wanted {
  readonly dir: string;
  readonly meta: string;
  readonly scope: string | undefined;
}

/** Undefined: another process was faster. The probe shows that files can be written and renamed, and what time it is. */
async function tryTaking(wanted: Wanted): Promise<FolderLock | undefined> {
  const probe = join(wanted.meta, `.probe-${randomUUID()}`);
  try {
    await writeJson(probe, { ...thisProcess(), lock: randomUUID() }, { flush: false });
    return await takeWith(probe, wanted);
  } finally {
    await removeLeftover(probe);
  }
}

async function takeWith(probe: string, wanted: Wanted): Promise<FolderLock | undefined> {
  const { meta, scope } = wanted;
  const { mtimeMs: now } = await stat(probe);
  const own = await contentOf(probe);
  const before = await readLockFiles(meta);
  await refuseIfHeld(before, now, wanted);
  const number = (before.newest.find((one) => one.scope === scope)?.number ?? 0) + 1;
  const file = join(meta, lockFileName(scope, number));
  if (!(await createExclusively(file))) return undefined;
  await rename(probe, file);
  const after = await readLockFiles(meta);
  if (after.newest.some((one) => one.scope === scope && one.number > number)) {
    await rm(file, { force: true });
    return undefined;
  }
  const lock = held(file, own);
  try {
    const others = after.newest.filter((one) => one.file !== file);
    await refuseIfHeld({ ...after, newest: others }, now, wanted);
  } catch (error) {
    await lock.release();
    throw error;
  }
  await sweep(after, now, scope);
  return lock;
}

/** The whole folder excludes every scope. A scope excludes the whole folder and itself. */
async function refuseIfHeld({ newest, old }: LockFiles, now: number, { dir, scope }: Wanted): Promise<void> {
  const excluded = newest.filter((one) => scope === undefined || one.scope === undefined || one.scope === scope);
  for (const { file, scope: other } of [...excluded, ...(old === undefined ? [] : [{ file: old, scope: undefined }])]) {
    if (!(await isHeld(file, now))) continue;
    throw new FolderInUse(
      `The folder ${dir} is in use by another process (${file} shows which). Wait until it has ended, or name another folder.`,
      scope !== undefined && other === scope,
    );
  }
}

/** Removes what was taken over and what killed processes left. A probe that is fresh may be a contender's. */
async function sweep({ older, old, leftovers }: LockFiles, now: number, scope: string | undefined): Promise<void> {
  const stale: string[] = [];
  for (const file of leftovers) if (!(await isFresh(file, now))) stale.push(file);
  const ours = older.filter((one) => one.scope === scope).map((one) => one.file);
  for (const file of [...ours, ...(old === undefined ? [] : [old]), ...stale]) await removeLeftover(file);
}

/** Keeps the lock fresh; gives it back only while it is ours. */
function held(file: string, own: string): FolderLock {
  const touching = setInterval(() => {
    overwrite(file, own).catch(() => undefined);
  }, TOUCH_MS).unref();
  return {
    release: async () => {
      clearInterval(touching);
      try {
        const released = JSON.stringify({ released: true, lock: basename(file) });
        if ((await contentOf(file)) === own) await overwrite(file, released.padEnd(Buffer.byteLength(own)));
      } catch {
        // A disk that became read-only: the result of the run counts, and a dead lock is taken over.
      }
    },
  };
}

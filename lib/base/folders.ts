import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For this user alone: archives hold secrets and private keys. File systems without modes ignore it. */
export const PRIVATE_FOLDER = 0o700;

/** As the umask of the user wants it: of pages and jobs, which others may read. */
export const PUBLIC_FOLDER = 0o777;

/**
 * Makes the folder and those above it. Not by `recursive` of mkdir: on a read-only file system it says ENOENT instead of
 * EROFS, and where a parent takes no folders and says ENOENT, as /proc does, it tries for ever. Another process may make or
 * prune a parent between two lines here, so ENOENT is believed at the fifth attempt.
 */
export async function makeFolders(path: string, mode = PRIVATE_FOLDER, attempts = 5): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(path))) return;
    // The folder above `.` and `/` is itself: where this process stands may have been removed.
    if (attempts === 1 || code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path), mode);
    await makeFolders(path, mode, attempts - 1);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

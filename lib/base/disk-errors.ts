import { OffsiteError, StorageRefused } from './errors.ts';

/** What stays as it is until a person does something, by the code of the system call: what it is, and what to do. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['its disk is full', 'Make room, or name another folder.'],
  EDQUOT: ['the disk quota of this user is used up', 'Make room, or name another folder.'],
  EROFS: ['its file system is read-only', 'Mount it for writing, or name another folder.'],
  EACCES: ['this user may not use it', 'Correct its permissions, or name another folder.'],
  EPERM: ['its file system does not permit this', 'Name a folder on a file system that does.'],
  ENOTSUP: ['its file system does not support this', 'Name a folder on a file system that does.'],
  ENOSYS: ['its file system does not support this', 'Name a folder on a file system that does.'],
  EIO: ['its disk reports an error', 'Check the disk and the connection to it, or name another folder.'],
  EMFILE: ['this process may not open more files', 'Raise the limit (ulimit -n) to 256 or more.'],
  ENFILE: ['this machine may not open more files', 'End other programs, or raise the limit of the system.'],
  ENOTDIR: ['it is a file, or lies below one', 'Name a folder.'],
};

/** The two sentences about a system call that failed for good, in `dir` or below; undefined for another error. */
export function diskReason(error: unknown): { what: string; advice: string } | undefined {
  const { code = '', syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const [what, advice] = REASONS[code] ?? [];
  return what && advice ? { what: `${what} (${[code, syscall].filter(Boolean).join(', ')})`, advice } : undefined;
}

/** Names an error of the file system. An error that has a name stays what it is. */
export function folderRefused(error: unknown, dir: string): OffsiteError {
  if (error instanceof OffsiteError) return error;
  const { what, advice } = diskReason(error) ?? { what: String(error), advice: 'Name a writable folder.' };
  return new StorageRefused(`The folder ${dir} cannot be used: ${what}. ${advice}`, { cause: error });
}

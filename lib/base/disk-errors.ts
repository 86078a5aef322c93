import { OffsiteError, StorageRefused } from './errors.ts';

type Reason = readonly [what: string, advice: string];

/** What stays as it is until a person does something, by the code of the system call. PLACE: `folder` or `file`. */
const LASTING: Readonly<Record<string, Reason>> = {
  ENOSPC: ['its disk is full', 'Make room, or name another PLACE.'],
  EDQUOT: ['the disk quota of this user is used up', 'Make room, or name another PLACE.'],
  EROFS: ['its file system is read-only', 'Mount it for writing, or name another PLACE.'],
  EACCES: ['this user may not use it', 'Correct its permissions, or name another PLACE.'],
  EPERM: ['its file system does not permit this', 'Name a PLACE on a file system that does.'],
  ENOTSUP: ['its file system does not support this', 'Name a PLACE on a file system that does.'],
  ENOSYS: ['its file system does not support this', 'Name a PLACE on a file system that does.'],
  EIO: ['its disk reports an error', 'Check the disk and the connection to it, or name another PLACE.'],
  EMFILE: ['this process may not open more files', 'Raise the limit (ulimit -n) to 256 or more.'],
  ENFILE: ['this machine may not open more files', 'End other programs, or raise the limit of the system.'],
  ENOTDIR: ['a file has the name of the folder', 'Name another PLACE.'],
};

/** What is wrong with a path that a person named. In a folder of archives the same codes have other causes. */
const OF_A_PATH: Readonly<Record<string, Reason>> = {
  ENOENT: ['the folder above it is missing, or takes nothing new', 'Make that folder, or name another PLACE.'],
  EEXIST: ['a file has the name of the folder', 'Name another PLACE.'],
  EISDIR: ['a folder has this name', 'Name another PLACE.'],
  ENAMETOOLONG: ['its name is too long', 'Name another PLACE.'],
  ELOOP: ['its links lead in a circle', 'Name another PLACE.'],
  EFBIG: ['its file system takes no file of this size', 'Name a PLACE on a file system that does.'],
  ETXTBSY: ['another program uses it', 'End that program, or name another PLACE.'],
  EBUSY: ['another program uses it', 'End that program, or name another PLACE.'],
  ESTALE: ['its network folder is there no longer', 'Mount it again, or name another PLACE.'],
};

interface Told {
  readonly what: string;
  readonly advice: string;
}

function told(error: unknown, reasons: Readonly<Record<string, Reason>>, place: string): Told | undefined {
  const { code = '', syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const [what, advice] = reasons[code] ?? [];
  if (!what || !advice) return undefined;
  return { what: `${what} (${[code, syscall].filter(Boolean).join(', ')})`, advice: advice.replace('PLACE', place) };
}

/** The two sentences about a system call that failed for good, in a folder or below; undefined for another error. */
export const diskReason = (error: unknown): Told | undefined => told(error, LASTING, 'folder');

/** The same about a path that a person named, where more is final. */
export const pathReason = (error: unknown, place: string): Told | undefined =>
  told(error, { ...LASTING, ...OF_A_PATH }, place);

/** Names an error of the file system. An error that has a name stays what it is. */
export function folderRefused(error: unknown, dir: string): OffsiteError {
  if (error instanceof OffsiteError) return error;
  const { what, advice } = pathReason(error, 'folder') ?? { what: String(error), advice: 'Name a writable folder.' };
  return new StorageRefused(`The folder ${dir} cannot be used: ${what}. ${advice}`, { cause: error });
}

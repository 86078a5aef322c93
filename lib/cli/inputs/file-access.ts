import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import { type Terminal, UsageError } from '../usage.ts';
import { whyOthersCanWrite } from './others-cannot-write.ts';

/** How much is asked of files that hold credentials. */
export interface FileRules {
  /** `--strict-files`: what others can read, or own, is refused as well. */
  readonly strict: boolean;
  readonly warn: (text: string) => void;
}

export function fileRules(
  { strictFiles }: { readonly strictFiles?: boolean | undefined },
  { err }: Pick<Terminal, 'err'>,
): FileRules {
  return { strict: strictFiles === true, warn: (text) => err.write(`Warning: ${text}\n`) };
}

const GROUP = { name: 'its group', read: 0o040, enter: 0o011 };
const OTHERS = { name: 'others', read: 0o004, enter: 0o001 };
const WRITABLE = 0o022;
const STICKY = 0o1000;

/**
 * Refuses a file that others can change, by its mode or by that of a folder on the way to it, and warns of one that others
 * can read: secrets are mounted like that in containers. A pipe and a terminal are nobody else's. `source`: a flag or a
 * field. `isSecret`: false for a certificate, which everybody may read. Throws `UsageError`.
 */
export async function requireOwnFile(source: string, file: string, isSecret: boolean, rules: FileRules): Promise<void> {
  await lookAt(source, file, isSecret, rules).catch((error: unknown) => {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UsageError(`${source} ${file}: cannot be read (${code}).`);
  });
}

async function lookAt(source: string, file: string, isSecret: boolean, rules: FileRules): Promise<void> {
  // Where the system knows no owners, its modes say nothing.
  if (process.getuid === undefined || !(await stat(file)).isFile()) return;
  const loose = await whyOthersCanWrite(file, rules.strict ? undefined : byMode);
  if (loose) {
    throw new UsageError(`${source} ${file}: ${loose}. Whoever can write there chooses what is used: chmod go-w.`);
  }
  if (!isSecret) return;
  const reader = await whoCanRead(file);
  if (reader === undefined) return;
  const what = `${source} ${file}: can be read by ${reader}`;
  if (rules.strict) throw new UsageError(`${what}, and --strict-files was given. Run chmod 600 ${file}.`);
  rules.warn(`${what}. Run chmod 600 ${file}; --strict-files refuses such files.`);
}

/**
 * Of a group, the folder alone is not asked: many systems give each user a group, which may write in all folders of that
 * user. In a sticky folder nobody replaces what is not his: secrets are mounted in such.
 */
async function byMode(path: string): Promise<string | undefined> {
  const found = await lstat(path);
  const mask = found.isDirectory() ? WRITABLE & 0o007 : WRITABLE;
  if (found.isSymbolicLink() || (found.mode & mask) === 0) return undefined;
  if (found.isDirectory() && (found.mode & STICKY) !== 0) return undefined;
  return `${path} can be written by others (mode ${(found.mode & 0o7777).toString(8)})`;
}

/** Who else can: a mode that lets them, and no folder above that keeps them out. */
async function whoCanRead(file: string): Promise<string | undefined> {
  const path = await realpath(file);
  const { mode } = await stat(path);
  let open = [OTHERS, GROUP].filter(({ read }) => (mode & read) !== 0);
  for (let folder = dirname(path); open.length > 0; folder = dirname(folder)) {
    const above = (await stat(folder)).mode;
    open = open.filter(({ enter }) => (above & enter) !== 0);
    if (folder === parse(folder).root) break;
  }
  return open[0]?.name;
}

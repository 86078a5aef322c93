import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';

/** Of links to links; Linux gives up at the same number. */
const MOST_LINKS = 40;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Why somebody else can change a file, or put another one in its place: `offsite.json can be written by others (mode
 * 664)`. Undefined: only this user and root can. Looks at the file, its folder and every folder above, and the same of
 * each link on the way. `rule`: what is wrong with one of them.
 */
export async function whyOthersCanWrite(
  file: string,
  rule: (path: string, isFileOrItsFolder: boolean) => Promise<string | undefined> = whyNotOurs,
  links = 0,
): Promise<string | undefined> {
  const { root } = parse(resolve(file));
  const names = resolve(file).slice(root.length).split(sep).filter(Boolean);
  let path = root;
  let why = await rule(path, names.length === 1);
  for (const [at, name] of names.entries()) {
    if (why) return why;
    path = join(path, name);
    const found = await lstat(path);
    if (found.isSymbolicLink()) {
      if (links >= MOST_LINKS) return `${file} leads over more than ${MOST_LINKS} links`;
      const target = resolve(dirname(path), await readlink(path), ...names.slice(at + 1));
      return await whyOthersCanWrite(target, rule, links + 1);
    }
    why = await rule(path, at >= names.length - 2);
  }
  return why;
}

/** In a sticky folder (`/tmp`) others cannot replace what is not theirs; that is enough above the file's own folder. */
async function whyNotOurs(path: string, isFileOrItsFolder: boolean): Promise<string | undefined> {
  const { uid, mode } = await lstat(path);
  const own = process.getuid?.();
  if (own === undefined) return `on this system nothing says who can write ${path}`;
  if (uid !== 0 && uid !== own) return `${path} belongs to another user (uid ${uid})`;
  if ((mode & WRITABLE_BY_OTHERS) === 0 || (!isFileOrItsFolder && (mode & STICKY) !== 0)) return undefined;
  return `${path} can be written by others (mode ${(mode & 0o7777).toString(8)})`;
}

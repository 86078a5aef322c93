import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../base/errors.ts';

/** Devices of Windows, also with an ending: `nul.txt` is NUL. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** What no file system of Windows takes in a name, and what steers a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ODD = /[\u0000-\u001f\u007f\\:*?"<>|]/;

/** Why a member's name names no file below a folder, on any system; undefined: it does. */
export function nameProblem(name: string): string | undefined {
  const parts = name.split('/');
  if (name.startsWith('/')) return 'is absolute';
  if (parts.some((part) => part === '..' || part === '.')) return 'climbs out of the folder';
  if (parts.some((part) => part === '')) return 'has an empty part';
  if (ODD.test(name)) return 'has a character that is no part of a file name on every system';
  if (parts.some((part) => DEVICE.test(part))) return 'is the name of a device on Windows';
  return parts.some((part) => /[. ]$/.test(part)) ? 'ends with a dot or a space' : undefined;
}

/**
 * The path of a member below `folder`. Makes the folders in between, for their owner alone, and follows no link in them.
 * Throws `InvalidInput`.
 */
export async function targetPath(folder: string, name: string): Promise<string> {
  const problem = nameProblem(name);
  if (problem) throw new InvalidInput(`The file ${JSON.stringify(name)} ${problem}. It is not extracted.`);
  const parts = name.split('/');
  let path = folder;
  for (const part of parts.slice(0, -1)) {
    path = join(path, part);
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(path)).isDirectory())
      throw new InvalidInput(`${path} is a link or a file, and no folder. The file ${name} is not extracted.`);
  }
  return join(path, parts.at(-1) ?? '');
}

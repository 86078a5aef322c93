import { access, opendir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** As `PRIVATE_FOLDER`. */
export const PRIVATE_FILE = 0o600;

/**
 * Replaces a small file in one step: whoever reads it sees the old or the new one. Flushed to the disk first, as is every
 * whole object: a manifest that outlives a power cut must not speak of an archive that does not. Parts are not flushed;
 * an upload that a power cut has damaged fails its checksum.
 */
export async function writeJson(
  path: string,
  value: unknown,
  { flush = true, aside = `${path}.new` } = {},
): Promise<void> {
  try {
    await writeFile(aside, JSON.stringify(value, null, 1), { flush, mode: PRIVATE_FILE });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined); // half a file on a full disk takes room from what comes next
    throw error;
  }
}

/** The parsed file, or undefined when there is none. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The kind of what is at a path; a file where a folder should be on the way counts as nothing. */
export async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** The same one after the other: those of 50,000 at once take 10 MB, which the process keeps. */
export async function* namesAsTheyCome(path: string): AsyncGenerator<string> {
  const folder = await opendir(path, { bufferSize: 1000 }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  for await (const { name } of folder ?? []) yield name;
}

export async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Removes the empty folders above `path`, up to and without `top`. */
export async function pruneFolders(path: string, top: string): Promise<void> {
  for (let folder = dirname(path); folder.length > top.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return; // not empty, or gone already: either way there is nothing to tidy above it
    }
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

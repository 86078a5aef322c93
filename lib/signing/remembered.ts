import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type * as z from 'zod';
import { InvalidConfiguration } from '../base/errors.ts';
import { makeFolders } from '../base/folders.ts';
import { sweepAside } from '../base/leftovers.ts';

/** What this machine remembers in a file; nothing when there is none. `damaged`: what the file is, and what to do. */
export async function readRemembered<T extends z.ZodType<object>>(
  file: string,
  schema: T,
  damaged: string,
): Promise<z.infer<T>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {} as z.infer<T>;
    throw new InvalidConfiguration(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new InvalidConfiguration(`${file}, ${damaged}`);
  }
}

export async function remember(file: string, known: object): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await makeFolders(dirname(file));
    await writeFile(aside, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
    await sweepAside(file, aside);
    await rename(aside, file);
  } catch {
    // A read-only home must not keep anybody from a restore.
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type * as z from 'zod';
import { InvalidConfiguration } from '../base/errors.ts';
import { sweepLeftovers } from '../base/leftovers.ts';

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

/** At the end of the name of what a killed run has not renamed. */
const UUID = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function remember(file: string, known: object): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(aside, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
    // By the clock of the file system, which wrote it just now.
    const isLeft = (name: string) => name.startsWith(`${basename(file)}.`) && UUID.test(name);
    await sweepLeftovers(dirname(file), isLeft, (await stat(aside)).mtime);
    await rename(aside, file);
  } catch {
    // A read-only home must not keep anybody from a restore.
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

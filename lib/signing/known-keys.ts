import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { InvalidConfiguration } from '../base/errors.ts';
import { Fingerprint } from '../base/schemas.ts';
import type { Trust } from './trust.ts';

/** By place (a folder or a bucket), the keys that lay beside its archives when this machine first read them. */
const KnownKeys = z.record(z.string(), z.array(Fingerprint));
type KnownKeys = z.infer<typeof KnownKeys>;

/**
 * As a client of SSH knows hosts: the keys beside the archives are believed when a place is read for the first time, and
 * remembered. One that comes later is not believed until a person has named it. A machine that can remember nothing
 * believes the keys beside the archives each time.
 */
export function knownKeysOf(file: string, place: string): Trust['admitsBeside'] {
  let admitted: Promise<readonly string[]> | undefined;
  return async (fingerprint, shelf) => {
    admitted ??= admittedAt(file, place, shelf).catch((error: unknown) => {
      admitted = undefined;
      throw error;
    });
    return (await admitted).includes(fingerprint);
  };
}

async function admittedAt(file: string, place: string, shelf: () => Promise<string[]>): Promise<readonly string[]> {
  const known = await read(file);
  if (known[place]) return known[place];
  const found = await shelf();
  // Archives from before records were signed have no key beside them: that is no meeting to be remembered.
  if (found.length > 0) await write(file, { ...known, [place]: found });
  return found;
}

async function read(file: string): Promise<KnownKeys> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {};
    throw new InvalidConfiguration(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
  try {
    return KnownKeys.parse(JSON.parse(text));
  } catch {
    throw new InvalidConfiguration(
      `${file}, which keys this machine knows, is damaged. Move it away; the keys are then met anew.`,
    );
  }
}

async function write(file: string, known: KnownKeys): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(aside, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
    await rename(aside, file);
  } catch {
    // A read-only home must not keep anybody from a restore.
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

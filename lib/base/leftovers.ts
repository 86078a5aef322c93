import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hours } from './durations.ts';

/** Whoever still works on one writes it now and then; a range of 64 MiB at 500 KB/s takes 2 minutes. */
const ABANDONED_MS = hours(1);

/**
 * Removes from a folder what killed runs have left there, by its name, if nobody has written it for an hour. What cannot be
 * removed keeps nobody from working.
 */
export async function sweepLeftovers(folder: string, isOurs: (name: string) => boolean, now: Date): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isOurs)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found && now.getTime() - found.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** At the end of the name of what a killed run has not renamed. */
const UUID = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The same of files that were to become `file`, by the clock of the file system, which wrote `aside` just now. */
export async function sweepAside(file: string, aside: string): Promise<void> {
  const isLeft = (name: string) => name.startsWith(`${basename(file)}.`) && UUID.test(name);
  await sweepLeftovers(dirname(file), isLeft, (await stat(aside)).mtime);
}

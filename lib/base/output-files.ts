import { randomBytes } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pathReason } from './disk-errors.ts';
import { OffsiteError, StorageRefused } from './errors.ts';
import { makeFolders, PUBLIC_FOLDER } from './folders.ts';
import { sweepLeftovers } from './leftovers.ts';

export interface Output {
  /** The option that names it: `--output`. */
  readonly option: string;
  /** What the option names. */
  readonly is: 'file' | 'folder';
}

/** At the end of the name of a file that is not whole yet. */
const BESIDE = /\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes a file that an option names: whoever reads it finds the old one or the new one, and a failure leaves nothing. What
 * is no file, as /dev/stdout, is written to. Throws `StorageRefused`.
 */
export async function writeOutput(file: string, text: string | Buffer, output: Output): Promise<void> {
  try {
    const found = await stat(file).catch(() => undefined);
    // A rename would put a file in the place of a device.
    if (found && !found.isFile()) await writeFile(file, text);
    else await replace(found ? await realpath(file) : file, text, found && found.mode & 0o777);
  } catch (error) {
    throw outputRefused(error, file, output);
  }
}

/** The same, with the folders above it where they are missing. */
export async function writeOutputBelow(file: string, text: string | Buffer, output: Output): Promise<void> {
  await makeFolders(dirname(file), PUBLIC_FOLDER).catch((error: unknown) => {
    throw outputRefused(error, file, output);
  });
  await writeOutput(file, text, output);
}

async function replace(file: string, text: string | Buffer, mode = 0o666): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(beside, text, { mode, flag: 'wx' });
    // By the clock of the file system.
    const { mtime } = await stat(beside);
    await sweepLeftovers(dirname(file), (name) => name.startsWith(`${basename(file)}.`) && BESIDE.test(name), mtime);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Names the failed system call of a file that an option names. What is no such error stays what it is. */
export function outputRefused(error: unknown, path: string, output: Output): unknown {
  const message = outputProblem(error, path, output);
  return message === undefined ? error : new StorageRefused(message, { cause: error });
}

export function outputProblem(error: unknown, path: string, { option, is }: Output): string | undefined {
  if (error instanceof OffsiteError) return undefined;
  const reason = pathReason(error, `${is} (${option})`);
  return reason && `${path} cannot be written: ${reason.what}. ${reason.advice}`;
}

import type { Stats } from 'node:fs';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { ChecksumMismatch, InvalidInput } from '../base/errors.ts';
import { outputRefused } from '../base/output-files.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { inRanges } from '../zip/in-ranges.ts';

const READ_BYTES = 1024 * 1024;

export interface Download {
  /** What the manifest says of the archive; the CRC-32 as a number. */
  readonly crc32: number;
  /** Names the archive in messages. */
  readonly label: string;
  /** Go on with what an earlier download has left. */
  readonly resume: boolean;
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onBytes?: (count: number) => void;
}

export interface Downloaded {
  readonly bytes: number;
  /** Taken over from an earlier download, and summed again. */
  readonly resumed: number;
}

/** Beside the target, so that a rename is enough. */
export const partialOf = (file: string): string => `${file}.part`;

/**
 * Writes the archive to `file`, which appears only when all of its bytes have the CRC-32 of the manifest. A download that
 * ends early leaves `file.part`; `resume` sums what is there, reads the rest, and proves the whole. Throws `InvalidInput`,
 * `ChecksumMismatch`, `StorageRefused` (the file cannot be written), and what the source throws.
 */
export async function download(source: ByteSource, file: string, wish: Download): Promise<Downloaded> {
  try {
    return await copied(source, file, wish);
  } catch (error) {
    throw outputRefused(error, file, { option: '--to', is: 'file' });
  }
}

async function copied(source: ByteSource, file: string, wish: Download): Promise<Downloaded> {
  const { force, resume, label } = wish;
  const [target, partial] = await Promise.all([found(file), found(partialOf(file))]);
  if (target?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (target !== undefined && !force) throw new InvalidInput(`${file} exists already. Add --force to replace it.`);
  if (partial !== undefined && !resume && !force) {
    throw new InvalidInput(`${partialOf(file)} is of an earlier download. Add --resume to continue it, or --force.`);
  }
  const isResumed = resume && partial !== undefined && partial.size <= source.size;
  const part = await open(partialOf(file), isResumed ? 'r+' : 'w+', 0o600);
  let resumed = 0;
  try {
    const before = isResumed ? await sumOf(part, partial.size) : 0;
    resumed = isResumed ? partial.size : 0;
    const sum = await copy(source, part, { ...wish, from: resumed, sum: before });
    if (sum !== wish.crc32) throw await mismatch(file, label, resumed > 0);
    await part.sync();
  } finally {
    await part.close();
  }
  await rename(partialOf(file), file);
  await syncFolder(dirname(file));
  return { bytes: source.size, resumed };
}

async function copy(
  source: ByteSource,
  part: FileHandle,
  { from, sum, signal, onBytes }: Download & { readonly from: number; readonly sum: number },
): Promise<number> {
  let [at, crc] = [from, sum];
  for await (const bytes of inRanges(source, { start: from, end: source.size }, signal)) {
    await writeAll(part, bytes, at);
    crc = crc32(bytes, crc);
    at += bytes.length;
    onBytes?.(bytes.length);
  }
  return crc;
}

/** A full disk may take a part of a piece and no more. */
async function writeAll(part: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await part.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

async function sumOf(part: FileHandle, length: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let crc = 0;
  for (let at = 0; at < length; ) {
    const { bytesRead } = await part.read(buffer, 0, Math.min(READ_BYTES, length - at), at);
    if (bytesRead === 0) break;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    at += bytesRead;
  }
  return crc;
}

async function mismatch(file: string, label: string, wasResumed: boolean): Promise<ChecksumMismatch> {
  await unlink(partialOf(file));
  const next = wasResumed
    ? 'The earlier part may be of another archive: run again.'
    : 'Verify the archive: offsite verify.';
  return new ChecksumMismatch(`${label} does not have the CRC-32 of its manifest. Nothing was kept. ${next}`);
}

async function found(file: string): Promise<Stats | undefined> {
  return await stat(file).catch(() => undefined);
}

/** A rename is safe from a loss of power once the folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

import { randomInt } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import {
  ArchiveEmpty,
  ManagerUnavailable,
  SnapshotLost,
  SourceChanged,
  TransferInterrupted,
  UploadMismatch,
} from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import { openDirectory } from '../zip/directory.ts';
import type { ArchiveFacts, ArchiveReader } from './archive-reader.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Of an archive that is not read back whole: its beginning, so many places, each of this size, and its directory up to its end. */
const PLACES = 16;
const PLACE = 64 * KiB;
/** A directory is read in pieces of this size, and the last 64 MiB of it at most. */
const PIECE = 4 * MiB;
const DIRECTORY = 64 * MiB;

/** The archive that a manager must have stored. */
export interface ExpectedArchive {
  readonly source: ByteSource;
  /** Base64, as S3 writes it. */
  readonly crc32: string;
  /** Of an archive that is too large to be read back whole; else undefined. */
  readonly places: readonly Place[] | undefined;
}

interface Place {
  readonly start: number;
  readonly length: number;
}

/** What of an upload was compared, and how many bytes that is. */
export interface ComparedUpload {
  readonly upload: 'all' | 'ranges' | 'size only';
  readonly uploadBytes: number;
}

/**
 * What is needed to compare uploads of this archive. `known`: its CRC-32, if there is a manifest; else an archive of up to
 * `wholeUpTo` bytes is read. Throws the errors of the source, and those of `openDirectory`.
 */
export async function expectedArchive(
  source: ByteSource,
  known: string | null,
  { label, wholeUpTo }: { readonly label: string; readonly wholeUpTo: number },
): Promise<ExpectedArchive> {
  const { size } = source;
  if (size <= wholeUpTo)
    return { source, crc32: known ?? (await sumOf(await source.read(0, size))), places: undefined };
  const { directoryOffset } = await openDirectory(source, label, {});
  const from = Math.max(directoryOffset, size - DIRECTORY);
  const places: Place[] = [0, ...Array.from({ length: PLACES }, () => randomInt(size))].map((start) => ({
    start,
    length: Math.min(PLACE, size - start),
  }));
  for (let start = from; start < size; start += PIECE) places.push({ start, length: Math.min(PIECE, size - start) });
  return { source, crc32: known ?? '', places };
}

/** Throws `UploadMismatch` and the rest as `compareUpload`, from the size alone. */
export async function compareSize(reader: ArchiveReader, size: number, where: string): Promise<void> {
  await withItsNames(where, size, async () => void (await factsOf(reader, size, where)));
}

/**
 * Compares what a node has stored with the archive: all of it, or places of a large one, or the size alone of a large one
 * that the node serves no ranges of. `where` begins the sentences. Throws `UploadMismatch`, `SnapshotLost` (no such
 * file on this node), `ManagerUnavailable` and what replies mean.
 */
export async function compareUpload(
  reader: ArchiveReader,
  archive: ExpectedArchive,
  where: string,
): Promise<ComparedUpload> {
  const { size } = archive.source;
  return await withItsNames(where, size, async () => {
    const facts = await factsOf(reader, size, where);
    if (!archive.places) return await compareAll(reader, facts, archive, where);
    if (!facts.ranges) return { upload: 'size only', uploadBytes: 0 };
    for (const place of archive.places) await comparePlace(reader, facts, archive.source, place, where);
    return { upload: 'ranges', uploadBytes: archive.places.reduce((sum, { length }) => sum + length, 0) };
  });
}

async function factsOf(reader: ArchiveReader, size: number, where: string): Promise<ArchiveFacts> {
  const facts = await reader.facts();
  if (facts.size !== size) throw otherSize(where, facts.size, size);
  return facts;
}

/** Other bytes are read once more, to say where they are: one that was changed on its way back condemns nothing. */
async function compareAll(
  reader: ArchiveReader,
  facts: ArchiveFacts,
  archive: ExpectedArchive,
  where: string,
): Promise<ComparedUpload> {
  const { size } = archive.source;
  const same = { upload: 'all', uploadBytes: size } as const;
  if ((await sumOfStored(reader, facts)) === archive.crc32) return same;
  if (facts.ranges) {
    for (let start = 0; start < size; start += PIECE) {
      await comparePlace(reader, facts, archive.source, { start, length: Math.min(PIECE, size - start) }, where);
    }
  }
  if ((await sumOfStored(reader, facts)) === archive.crc32) return same;
  throw otherBytes(where, `whose CRC-32 is ${archive.crc32}`);
}

async function sumOfStored(reader: ArchiveReader, facts: ArchiveFacts): Promise<string> {
  let crc = 0;
  await reader.pour(facts, 0, facts.size, (piece) => {
    crc = crc32(piece, crc);
    return undefined;
  });
  return crc32ToBase64(crc);
}

async function sumOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  let crc = 0;
  for await (const piece of bytes) crc = crc32(piece, crc);
  return crc32ToBase64(crc);
}

async function comparePlace(
  reader: ArchiveReader,
  facts: ArchiveFacts,
  source: ByteSource,
  { start, length }: Place,
  where: string,
): Promise<void> {
  const stored = await reader.bytes(facts, start, length);
  const at = firstDifference(stored, await buffer(await source.read(start, length)));
  if (at !== undefined) throw otherBytes(where, `from byte ${start + at} of ${source.size}`);
}

async function withItsNames<T>(where: string, size: number, compare: () => Promise<T>): Promise<T> {
  try {
    return await compare();
  } catch (error) {
    if (error instanceof ArchiveEmpty) throw otherSize(where, 0, size);
    // An archive that broke off, or was replaced in this moment, is looked at once more.
    if (error instanceof TransferInterrupted || error instanceof SourceChanged) {
      throw new ManagerUnavailable(error.message);
    }
    if (error instanceof SnapshotLost) {
      throw new SnapshotLost(`${where} has no file of the uploaded snapshot (yet): ${error.message}`);
    }
    throw error;
  }
}

const WHAT_NOW =
  'Nothing was restored, and the upload is removed. Run the restore again, with the method "stream" if it was "url"; look for a proxy that changes what passes through it.';

function otherSize(where: string, stored: number, size: number): UploadMismatch {
  return new UploadMismatch(`${where} has stored ${stored} bytes of an archive of ${size} bytes. ${WHAT_NOW}`);
}

function otherBytes(where: string, which: string): UploadMismatch {
  return new UploadMismatch(`${where} has stored other bytes than the archive's, ${which}. ${WHAT_NOW}`);
}

function firstDifference(one: Buffer, other: Buffer): number | undefined {
  if (one.equals(other)) return undefined;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at === -1 ? one.length : at;
}

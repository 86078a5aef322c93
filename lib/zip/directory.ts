import { ArchiveEmpty, ArchiveUnsupported } from '../base/errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { CentralHeader } from './central-header.ts';
import type { EndRecord } from './end-record.ts';
import { readEndRecord } from './end-record.ts';
import { entryBatches, type OpenedArchive } from './entry-batches.ts';
import { ExtractedPaths } from './extracted-paths.ts';
import type { Member } from './member.ts';
import { toMember, unsupported, whereIs } from './member.ts';
import { decodeName } from './member-name.ts';
import { assertBeginsLikeZip } from './signature.ts';
import { WindowReader } from './window-reader.ts';

export interface Directory extends EndRecord {
  /**
   * The members in the order of their bytes, read as they are asked for: memory stays flat at any count. May be walked
   * more than once. Throws `ArchiveUnsupported` for members that overlap.
   */
  members(): AsyncGenerator<Member, void, undefined>;
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Fixed part of a local header. */
const LOCAL_HEADER_BYTES = 30;

/** A directory in another order than the data is held in memory: some 300,000 members. */
const MAX_UNORDERED_BYTES = 32 * 1024 * 1024;

/**
 * Reads and checks the (ZIP64) directory with one or a few range reads. What a manager's Python (2.7, 3.6 and 3.11) cannot
 * open or extract is refused. `label` names the archive in messages. Throws `ArchiveEmpty`, `NotAnArchive`,
 * `ArchiveTruncated`, `ArchiveUnsupported`.
 */
export async function openDirectory(source: ByteSource, label: string, options: ArchiveOptions): Promise<Directory> {
  if (source.size === 0) throw new ArchiveEmpty(`${label} has no bytes at all.`);
  const reader = await WindowReader.open(source, options.signal);
  await assertBeginsLikeZip(source, reader, label, options);
  const end = await readEndRecord(reader, source.size, label);
  const archive = { reader, end, label, signal: options.signal };
  if (await isOrdered(archive)) return { ...end, members: () => walk(entryBatches(archive), archive) };
  const sorted = await inOrder(archive);
  return { ...end, members: () => walk([sorted], archive) };
}

/** Checks every entry. True when the directory lists the members in the order of their bytes, as managers write it. */
async function isOrdered(archive: OpenedArchive): Promise<boolean> {
  const paths = new ExtractedPaths();
  let ordered = true;
  let previous = -1;
  for await (const batch of entryBatches(archive)) {
    for (const entry of batch) {
      const problem = unsupported(entry) ?? paths.add(entry.nameBytes, entry.flags);
      if (problem) throw refusal(entry, archive.label, problem);
      ordered &&= entry.offset > previous;
      previous = entry.offset;
    }
  }
  return ordered;
}

function refusal(entry: CentralHeader, label: string, problem: string): ArchiveUnsupported {
  const name = decodeName(entry.flags, entry.nameBytes);
  return new ArchiveUnsupported(
    `${whereIs({ name, offset: entry.offset }, label)} ${problem}. No manager can restore it.`,
  );
}

/** All entries in the order of their bytes. The order of a directory is free (APPNOTE 4.3.12). */
async function inOrder(archive: OpenedArchive): Promise<CentralHeader[]> {
  const { directorySize } = archive.end;
  if (directorySize > MAX_UNORDERED_BYTES) {
    const limit = `of ${directorySize} bytes in another order than its data; ${MAX_UNORDERED_BYTES} is the most`;
    throw new ArchiveUnsupported(`${archive.label} has a directory ${limit}.`);
  }
  const entries: CentralHeader[] = [];
  for await (const batch of entryBatches(archive)) entries.push(...batch);
  return entries.sort((a, b) => a.offset - b.offset);
}

async function* walk(
  batches: Iterable<CentralHeader[]> | AsyncIterable<CentralHeader[]>,
  { end, label, signal }: OpenedArchive,
): AsyncGenerator<Member, void, undefined> {
  let previous: CentralHeader | undefined;
  for await (const batch of batches) {
    for (const entry of batch) {
      signal?.throwIfAborted();
      if (previous) yield upTo(previous, entry.offset, label);
      previous = entry;
    }
  }
  if (previous) yield upTo(previous, end.directoryOffset, label);
}

function upTo(entry: CentralHeader, end: number, label: string): Member {
  const least = entry.offset + LOCAL_HEADER_BYTES + entry.nameBytes.length + entry.compressedSize;
  if (least <= end) return toMember(entry, end);
  // The trick of zip bombs, or a directory with wrong numbers.
  const place = `${whereIs(toMember(entry, end), label)} takes the bytes up to ${least} at least`;
  throw new ArchiveUnsupported(`${place}, but what follows it begins at byte ${end}: files in it overlap.`);
}

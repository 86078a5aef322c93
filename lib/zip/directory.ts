import type { Entry } from 'yauzl';
import { fromRandomAccessReaderPromise, getFileNameLowLevel } from 'yauzl';
import { ArchiveEmpty, ArchiveTruncated, ArchiveUnsupported, NotAnArchive, OffsiteError } from '../base/errors.ts';
import { readExactly } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';
import type { EndRecord } from './end-record.ts';
import { readEndRecord } from './end-record.ts';
import type { Member } from './member.ts';
import { assertSupported } from './member.ts';
import { WindowReader } from './window-reader.ts';

export interface Directory extends EndRecord {
  /**
   * The members in the order of the archive, read as they are asked for: memory stays flat at any count. May be walked
   * more than once. Throws `ArchiveTruncated` or `ArchiveUnsupported`, also for members out of order or overlapping.
   */
  members(): AsyncGenerator<Member, void, undefined>;
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Fixed part of a directory entry and of a local header. */
const ENTRY_BYTES = 46;
const HEADER_BYTES = 30;

/**
 * Opens the (ZIP64) directory with one or two range reads. `label` names the archive in messages. Throws `ArchiveEmpty`,
 * `NotAnArchive`, `ArchiveTruncated`.
 */
export async function openDirectory(source: ByteSource, label: string, options: ArchiveOptions): Promise<Directory> {
  if (source.size === 0) throw new ArchiveEmpty(`${label} has no bytes at all.`);
  const reader = await WindowReader.open(source, options.signal);
  await assertBeginsLikeZip(source, reader, label, options);
  const end = await readEndRecord(reader, source.size, label);
  return { ...end, members: () => walk({ reader, end, size: source.size, label, signal: options.signal }) };
}

async function assertBeginsLikeZip(
  source: ByteSource,
  reader: WindowReader,
  label: string,
  options: ArchiveOptions,
): Promise<void> {
  const length = Math.min(40, source.size);
  const head =
    reader.tail.start === 0
      ? reader.tail.bytes.subarray(0, length)
      : await readExactly(source, 0, length, { signal: options.signal });
  const signature = head.subarray(0, 4).toString('latin1');
  // A local header or, in an archive without members, the end record. Fewer than 4 bytes may still be the beginning of one.
  if (['PK\x03\x04', 'PK\x05\x06'].some((known) => known.startsWith(signature))) return;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out of the message
  const shown = JSON.stringify(head.toString('latin1').replace(/[\x00-\x1f\x7f-\xff]+/g, ' '));
  const page = /^\s*</.test(head.toString('latin1')) ? ' It looks like a web page or an error in XML.' : '';
  throw new NotAnArchive(`${label} (${source.size} bytes) is no zip archive: it begins with ${shown}.${page}`);
}

interface Walk {
  readonly reader: WindowReader;
  readonly end: EndRecord;
  readonly size: number;
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}

async function* walk(archive: Walk): AsyncGenerator<Member, void, undefined> {
  const { end, label } = archive;
  let previous: Member | undefined;
  for await (const member of entries(archive)) {
    if (previous) yield upTo(previous, member.offset, label);
    previous = member;
  }
  if (previous) yield upTo(previous, end.directoryOffset, label);
}

/** Each entry with `end` still open, from yauzl, whose own errors (plain ones) become ours. */
async function* entries({ reader, end, size, label, signal }: Walk): AsyncGenerator<Member, void, undefined> {
  let bytes = 0;
  try {
    const raw = { decodeStrings: false, validateEntrySizes: false };
    const zip = await fromRandomAccessReaderPromise(reader, size, raw);
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      bytes += ENTRY_BYTES + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
      const member = toMember(entry);
      assertSupported(member, entry.versionNeededToExtract & 0xff, label);
      yield member;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OffsiteError || !(error instanceof Error)) throw error;
    // The one thing yauzl refuses before it hands out the entry.
    if (error.message.includes('encryption')) throw new ArchiveUnsupported(`${label}: ${error.message}.`);
    throw new ArchiveTruncated(`The directory of ${label} at byte ${end.directoryOffset} is broken: ${error.message}.`);
  }
  if (bytes !== end.directorySize) {
    const counted = `${end.memberCount} members take ${bytes} bytes of its directory`;
    throw new ArchiveTruncated(`${label}: ${counted}, but its end record says ${end.directorySize}.`);
  }
}

function toMember(entry: Entry): Member {
  return {
    // Strict: a backslash stays one, as on the manager.
    name: getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true),
    nameBytes: entry.fileNameRaw,
    offset: entry.relativeOffsetOfLocalHeader,
    end: 0,
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    crc32: entry.crc32,
    method: entry.compressionMethod,
    flags: entry.generalPurposeBitFlag,
  };
}

function upTo(member: Member, end: number, label: string): Member {
  const least = member.offset + HEADER_BYTES + member.nameBytes.length + member.compressedSize;
  if (least > end) {
    // Python's zipfile writes in order. Anything else is a zip bomb's trick, or a directory with wrong numbers.
    const place = `Member ${JSON.stringify(member.name)} of ${label} takes bytes ${member.offset} to ${least} at least`;
    throw new ArchiveUnsupported(
      `${place}, but what follows it begins at byte ${end}: members overlap or are unordered.`,
    );
  }
  return { ...member, end };
}

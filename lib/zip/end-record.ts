import { ArchiveTruncated, ArchiveUnsupported } from '../base/errors.ts';
import type { WindowReader } from './window-reader.ts';

/** Where the directory lies and how many members it lists, in bytes from the start of the archive. */
export interface EndRecord {
  readonly memberCount: number;
  readonly directoryOffset: number;
  readonly directorySize: number;
}

const END_SIGNATURE = 0x06054b50;
const END_MARK = Buffer.from('PK\x05\x06', 'latin1');
const END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;

/** How far from the end Python's zipfile (the managers' reader) looks for the end record. */
const SEARCHED_BYTES = 0x10000 + END_BYTES;

/**
 * Reads the end record of the last bytes of an archive, and its ZIP64 form when there is one. Stricter than most readers,
 * which look at the offset and the count alone: here every number must agree, and the directory must end where the end
 * record begins. Python's zipfile would shift every offset by a difference. Zeros may follow the end record: tools that
 * write into a pipe pad with them (`bsdtar --format zip`). Throws `ArchiveTruncated`, and `ArchiveUnsupported` for ZIP64
 * records that a manager's Python cannot read.
 */
export async function readEndRecord(reader: WindowReader, size: number, label: string): Promise<EndRecord> {
  const { bytes, start } = reader.tail;
  const at = findEnd(bytes);
  if (at === -1) {
    throw new ArchiveTruncated(
      `${label} begins like a zip archive but its ${size} bytes have no end record: it was cut off on its way.`,
    );
  }
  const record = bytes.subarray(at);
  const comment = record.length < END_BYTES ? 0 : record.readUInt16LE(20);
  if (record.length < END_BYTES + comment || record.subarray(END_BYTES + comment).some((byte) => byte !== 0)) {
    const found = `has ${record.length - END_BYTES} bytes after its end record where ${comment} belong`;
    throw new ArchiveTruncated(`${label} (${size} bytes) ${found}: it was cut off or something was appended.`);
  }
  const locator = at >= LOCATOR_BYTES ? bytes.subarray(at - LOCATOR_BYTES, at) : undefined;
  const isZip64 = locator?.readUInt32LE(0) === LOCATOR_SIGNATURE;
  const end = start + at;
  const plain = plainNumbers(record, label);
  if (!(locator && isZip64)) return checked(plain, end, size, label);
  return readZip64(reader, locator, { plain, locatorOffset: end - LOCATOR_BYTES, size, label });
}

/** Where Python's zipfile takes the end record from: the very end if that is one without a comment, else the last one. */
function findEnd(tail: Buffer): number {
  const last = tail.length - END_BYTES;
  if (last >= 0 && tail.readUInt32LE(last) === END_SIGNATURE && tail.readUInt16LE(last + 20) === 0) return last;
  const at = tail.lastIndexOf(END_MARK);
  return at < tail.length - SEARCHED_BYTES ? -1 : at;
}

function plainNumbers(record: Buffer, label: string): EndRecord {
  const disks = [record.readUInt16LE(4), record.readUInt16LE(6)];
  const [onDisk, memberCount] = [record.readUInt16LE(8), record.readUInt16LE(10)];
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff) || onDisk !== memberCount) {
    const numbers = `disks ${disks.join(', ')}; ${onDisk} of ${memberCount} files`;
    throw new ArchiveTruncated(`${label} has an end record that speaks of other volumes (${numbers}).`);
  }
  return { memberCount, directorySize: record.readUInt32LE(12), directoryOffset: record.readUInt32LE(16) };
}

interface Zip64Place {
  readonly plain: EndRecord;
  readonly locatorOffset: number;
  readonly size: number;
  readonly label: string;
}

async function readZip64(reader: WindowReader, locator: Buffer, place: Zip64Place): Promise<EndRecord> {
  const { plain, locatorOffset, size, label } = place;
  const offset = Number(locator.readBigUInt64LE(8));
  const broken = (what: string) => new ArchiveTruncated(`${label} (${size} bytes) has a ZIP64 end record ${what}.`);
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) throw broken('that speaks of other volumes');
  if (offset + END64_BYTES > locatorOffset) throw broken(`at byte ${offset}, outside of the archive`);
  const record = await reader.bytes(offset, END64_BYTES);
  const ends = offset + 12 + Number(record.readBigUInt64LE(4));
  if (record.readUInt32LE(0) !== END64_SIGNATURE || ends !== locatorOffset) {
    throw broken(`at byte ${offset} that is not valid, or ends at byte ${ends} instead of ${locatorOffset}`);
  }
  if (offset + END64_BYTES !== locatorOffset) {
    // APPNOTE 4.3.14.2 allows it; every Python looks for the record 56 bytes before the locator, and nowhere else.
    throw unreadable(label, 'has a ZIP64 end record with extensible data');
  }
  if (locator.readUInt32LE(16) === 0) throw unreadable(label, 'says in its ZIP64 locator that it has 0 volumes');
  const counts = [record.readBigUInt64LE(24), record.readBigUInt64LE(32)];
  if (record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0 || counts[0] !== counts[1]) {
    throw broken('that speaks of other volumes');
  }
  const large: EndRecord = {
    memberCount: Number(counts[1]),
    directorySize: Number(record.readBigUInt64LE(40)),
    directoryOffset: Number(record.readBigUInt64LE(48)),
  };
  const agrees =
    matches(plain.memberCount, large.memberCount, 0xffff) &&
    matches(plain.directorySize, large.directorySize, 0xffffffff) &&
    matches(plain.directoryOffset, large.directoryOffset, 0xffffffff);
  if (!agrees) throw broken('that disagrees with its plain one');
  return checked(large, offset, size, label);
}

function unreadable(label: string, what: string): ArchiveUnsupported {
  return new ArchiveUnsupported(`${label} ${what}. A manager's Python cannot open the archive.`);
}

/** A field of the plain record is either "see ZIP64" (all bits set) or the same number. */
function matches(plain: number, large: number, seeZip64: number): boolean {
  return plain === seeZip64 || plain === large;
}

function checked(end: EndRecord, recordOffset: number, size: number, label: string): EndRecord {
  const { directoryOffset, directorySize, memberCount } = end;
  if (directoryOffset + directorySize !== recordOffset || directorySize < memberCount * 46) {
    const place = `${memberCount} files in ${directorySize} bytes at byte ${directoryOffset}`;
    throw new ArchiveTruncated(
      `${label} (${size} bytes) names a directory of ${place}, but its end record is at byte ${recordOffset}.`,
    );
  }
  return end;
}

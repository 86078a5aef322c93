import { ArchiveTruncated, ArchiveUnsupported } from '../base/errors.ts';

/** One entry of the directory as it stands there, with the numbers of its ZIP64 field. Offsets and sizes in bytes. */
export interface CentralHeader {
  readonly nameBytes: Buffer;
  /** Of its local header. */
  readonly offset: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc32: number;
  readonly method: number;
  readonly flags: number;
  /** Ten times the version of the format. */
  readonly versionNeeded: number;
}

const SIGNATURE = 0x02014b50;
const SEE_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 0x0001;

/** Fixed part; the name, the extra fields and the comment follow. */
export const CENTRAL_HEADER_BYTES = 46;

/** Length of a whole entry, from its fixed part. Throws `ArchiveTruncated` when it is none. */
export function centralHeaderLength(fixed: Buffer, label: string): number {
  if (fixed.readUInt32LE(0) !== SIGNATURE) {
    throw new ArchiveTruncated(`The directory of ${label} is broken: an entry begins with other bytes than PK 01 02.`);
  }
  return CENTRAL_HEADER_BYTES + fixed.readUInt16LE(28) + fixed.readUInt16LE(30) + fixed.readUInt16LE(32);
}

/**
 * Parses a whole entry, as Python's zipfile (the managers' reader) does. `nameBytes` is a view of `bytes`. Throws
 * `ArchiveUnsupported` for extra fields that a Python from 2.7 to 3.11 refuses.
 */
export function parseCentralHeader(bytes: Buffer, label: string): CentralHeader {
  const nameEnd = CENTRAL_HEADER_BYTES + bytes.readUInt16LE(28);
  const sizes = {
    size: bytes.readUInt32LE(24),
    compressedSize: bytes.readUInt32LE(20),
    offset: bytes.readUInt32LE(42),
  };
  const extra = bytes.subarray(nameEnd, nameEnd + bytes.readUInt16LE(30));
  const nameBytes = bytes.subarray(CENTRAL_HEADER_BYTES, nameEnd);
  if (extra.length > 0) {
    const problem = applyZip64(extra, sizes);
    if (problem) {
      const name = JSON.stringify(nameBytes.toString('latin1').slice(0, 120));
      throw new ArchiveUnsupported(`File ${name} of ${label} ${problem}. A manager's Python cannot open the archive.`);
    }
  }
  return {
    ...sizes,
    nameBytes,
    crc32: bytes.readUInt32LE(16),
    method: bytes.readUInt16LE(10),
    flags: bytes.readUInt16LE(8),
    // The second byte names an operating system.
    versionNeeded: bytes.readUInt8(6),
  };
}

/** The extra fields of a header: number and data. Gives undefined at one that is longer than what is left. */
export function* extraFields(extra: Buffer): Generator<{ id: number; data: Buffer } | undefined> {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) return yield undefined;
    yield { id: extra.readUInt16LE(at), data: extra.subarray(at + 4, end) };
    at = end;
  }
}

/** Puts the numbers of ZIP64 fields where the fixed part points there. Returns what is wrong with the fields, if anything. */
function applyZip64(extra: Buffer, sizes: Record<'size' | 'compressedSize' | 'offset', number>): string | undefined {
  for (const field of extraFields(extra)) {
    if (!field) return 'has an extra field that is longer than its entry in the directory';
    if (field.id !== ZIP64_FIELD) continue;
    const { length } = field.data;
    // Python up to 3.6 takes 0 to 3 numbers, or more bytes than that; 3.7 and later any length.
    if (length < 24 && length % 8 !== 0) return `has a ZIP64 field of ${length} bytes`;
    let at = 0;
    // Always in this order, and only those that are needed.
    for (const key of ['size', 'compressedSize', 'offset'] as const) {
      if (sizes[key] !== SEE_ZIP64) continue;
      if (at + 8 > Math.min(length, 24)) return `has a ZIP64 field of ${length} bytes, in which its ${key} is missing`;
      sizes[key] = Number(field.data.readBigUInt64LE(at));
      at += 8;
    }
  }
  if (!Object.values(sizes).every(Number.isSafeInteger)) return 'has a size or an offset of more than 8 PiB';
  return undefined;
}

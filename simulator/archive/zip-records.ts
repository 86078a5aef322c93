/**
 * The records of a zip file, as Python's `zipfile` writes them: the manager's archives are made by it (contract §10).
 * It switches to ZIP64 at 2 GiB, not at 4 GiB, and puts the extra field only into records that need it.
 */

const ZIP64_FROM = 0x7fffffff;
const MAX_COUNT = 0xffff;
const SATURATED = 0xffffffff;

/** 2026-11-22 02:00:00 in MS-DOS form: archives of the same seed are the same bytes on any day. */
const DOS_TIME = 2 << 11;
const DOS_DATE = ((2026 - 1980) << 9) | (11 << 5) | 22;

export const STORED = 0;
export const DEFLATED = 8;
export const FLAG_ENCRYPTED = 0x1;
export const FLAG_DATA_DESCRIPTOR = 0x8;
const FLAG_UTF8 = 0x800;

export interface MemberRecord {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
}

const isBig = (member: MemberRecord): boolean => member.size > ZIP64_FROM || member.compressedSize > ZIP64_FROM;

function flagsOf(member: MemberRecord): number {
  const ascii = Buffer.byteLength(member.name) === member.name.length;
  return member.flags | (ascii ? 0 : FLAG_UTF8);
}

function zip64Extra(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

/** Version, flags, method, time, date, CRC-32 and sizes: the 26 bytes that both kinds of header share. */
function writeShared(target: Buffer, at: number, member: MemberRecord, isSizeLater: boolean, isZip64: boolean): void {
  target.writeUInt16LE(isZip64 ? 45 : 20, at);
  target.writeUInt16LE(flagsOf(member), at + 2);
  target.writeUInt16LE(member.method, at + 4);
  target.writeUInt16LE(DOS_TIME, at + 6);
  target.writeUInt16LE(DOS_DATE, at + 8);
  target.writeUInt32LE(isSizeLater ? 0 : member.crc32, at + 10);
  const saturated = isBig(member);
  target.writeUInt32LE(saturated ? SATURATED : isSizeLater ? 0 : member.compressedSize, at + 14);
  target.writeUInt32LE(saturated ? SATURATED : isSizeLater ? 0 : member.size, at + 18);
  target.writeUInt16LE(Buffer.byteLength(member.name), at + 22);
}

export function localHeader(member: MemberRecord): Buffer {
  const isSizeLater = (member.flags & FLAG_DATA_DESCRIPTOR) !== 0;
  const sizes = isSizeLater ? [0, 0] : [member.size, member.compressedSize];
  const extra = zip64Extra(isBig(member) ? sizes : []);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeShared(header, 4, member, isSizeLater, isBig(member));
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(member.name), extra]);
}

export function dataDescriptor(member: MemberRecord): Buffer {
  const big = isBig(member);
  const descriptor = Buffer.alloc(big ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(member.crc32, 4);
  if (big) {
    descriptor.writeBigUInt64LE(BigInt(member.compressedSize), 8);
    descriptor.writeBigUInt64LE(BigInt(member.size), 16);
  } else {
    descriptor.writeUInt32LE(member.compressedSize, 8);
    descriptor.writeUInt32LE(member.size, 12);
  }
  return descriptor;
}

export function directoryRecord(member: MemberRecord): Buffer {
  const far = member.offset > ZIP64_FROM;
  const extra = zip64Extra([
    ...(isBig(member) ? [member.size, member.compressedSize] : []),
    ...(far ? [member.offset] : []),
  ]);
  const isZip64 = extra.length > 0;
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE((3 << 8) | (isZip64 ? 45 : 20), 4);
  writeShared(record, 6, member, false, isZip64);
  record.writeUInt16LE(extra.length, 30);
  const isFolder = member.name.endsWith('/');
  record.writeUInt32LE((isFolder ? 0x41ed0010 : 0x81a40000) >>> 0, 38);
  record.writeUInt32LE(far ? SATURATED : member.offset, 42);
  return Buffer.concat([record, Buffer.from(member.name), extra]);
}

export interface DirectoryPlace {
  readonly count: number;
  readonly offset: number;
  readonly length: number;
}

/** The end of the file, with the two ZIP64 records in front when a number does not fit. */
export function endRecords({ count, offset, length }: DirectoryPlace): Buffer {
  const needsZip64 = count > MAX_COUNT || offset > ZIP64_FROM || length > ZIP64_FROM;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_COUNT), 8);
  end.writeUInt16LE(Math.min(count, MAX_COUNT), 10);
  end.writeUInt32LE(Math.min(length, SATURATED), 12);
  end.writeUInt32LE(Math.min(offset, SATURATED), 16);
  return needsZip64 ? Buffer.concat([zip64End({ count, offset, length }), end]) : end;
}

function zip64End({ count, offset, length }: DirectoryPlace): Buffer {
  const records = Buffer.alloc(56 + 20);
  records.writeUInt32LE(0x06064b50, 0);
  records.writeBigUInt64LE(44n, 4);
  records.writeUInt16LE(45, 12);
  records.writeUInt16LE(45, 14);
  records.writeBigUInt64LE(BigInt(count), 24);
  records.writeBigUInt64LE(BigInt(count), 32);
  records.writeBigUInt64LE(BigInt(length), 40);
  records.writeBigUInt64LE(BigInt(offset), 48);
  records.writeUInt32LE(0x07064b50, 56);
  records.writeBigUInt64LE(BigInt(offset + length), 64);
  records.writeUInt32LE(1, 72);
  return records;
}

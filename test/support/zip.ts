import { crc32, deflateRawSync } from 'node:zlib';

/** A member to be written, and every way in which a test wants it to be wrong or unusual. */
export interface TestMember {
  readonly name: string | Buffer;
  readonly data?: Buffer | string;
  readonly method?: number;
  readonly flags?: number;
  /** Sizes and offset in ZIP64 fields, although they would fit. */
  readonly zip64?: boolean;
  /** Zero sizes and CRC in the local header, and a descriptor after the data: with signature, without, or with 8-byte sizes. */
  readonly descriptor?: 'signed' | 'bare' | 'large';
  /** The stored bytes, in place of `data` deflated. */
  readonly compressed?: Buffer;
  /** What the headers claim, in place of the truth. */
  readonly claim?: Partial<{
    crc: number;
    size: number;
    compressedSize: number;
    offset: number;
    versionNeeded: number;
  }>;
  /** Of the local header only. */
  readonly local?: Partial<{ crc: number; size: number; compressedSize: number; method: number; name: string }>;
  /** Bytes between this member and the next. */
  readonly gap?: number;
}

export interface TestZip {
  readonly zip64?: boolean;
  readonly comment?: Buffer;
  readonly end?: Partial<{ memberCount: number; directorySize: number; directoryOffset: number }>;
}

interface Written {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly offset: number;
  readonly zip64: boolean;
  readonly versionNeeded: number;
}

/** Writes a zip archive in memory: local headers, data, directory, end record. */
export function writeZip(members: readonly TestMember[], options: TestZip = {}): Buffer {
  const pieces: Buffer[] = [];
  const written: Written[] = [];
  let offset = 0;
  for (const member of members) {
    const { entry, bytes } = writeMember(member, offset);
    written.push(entry);
    pieces.push(...bytes);
    offset += bytes.reduce((sum, piece) => sum + piece.length, 0);
  }
  const directory = Buffer.concat(written.map(directoryEntry));
  const end = { memberCount: members.length, directorySize: directory.length, directoryOffset: offset, ...options.end };
  const zip64 = options.zip64 || members.length >= 0xffff;
  const records = zip64
    ? [zip64End(end, offset + directory.length), plainEnd(SEE_ZIP64, options)]
    : [plainEnd(end, options)];
  return Buffer.concat([...pieces, directory, ...records]);
}

const SEE_ZIP64 = { memberCount: 0xffff, directorySize: 0xffffffff, directoryOffset: 0xffffffff };

function writeMember(member: TestMember, offset: number): { entry: Written; bytes: Buffer[] } {
  const data = Buffer.from(member.data ?? '');
  const method = member.method ?? 8;
  const compressed = member.compressed ?? (method === 8 ? deflateRawSync(data) : data);
  const name = Buffer.from(member.name);
  const flags = (member.flags ?? 0) | (member.descriptor ? 8 : 0);
  const truth = { crc: crc32(data), size: data.length, compressedSize: compressed.length, offset, versionNeeded: 20 };
  const entry: Written = { name, flags, method, zip64: member.zip64 ?? false, ...truth, ...member.claim };
  const zeros = member.descriptor ? { crc: 0, size: 0, compressedSize: 0 } : {};
  const { name: localName = name, ...local } = { ...member.local };
  const header = localHeader({ ...entry, ...zeros, ...local, name: Buffer.from(localName) });
  const descriptor = member.descriptor ? descriptorOf(entry, member.descriptor) : Buffer.alloc(0);
  return { entry, bytes: [header, compressed, descriptor, Buffer.alloc(member.gap ?? 0, 0x5a)] };
}

function localHeader(entry: Written): Buffer {
  const header = Buffer.alloc(30);
  const extra = entry.zip64 ? zip64Field(entry.size, entry.compressedSize) : Buffer.alloc(0);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(entry.versionNeeded, 4);
  header.writeUInt16LE(entry.flags, 6);
  header.writeUInt16LE(entry.method, 8);
  header.writeUInt32LE(entry.crc, 14);
  header.writeUInt32LE(entry.zip64 ? 0xffffffff : entry.compressedSize, 18);
  header.writeUInt32LE(entry.zip64 ? 0xffffffff : entry.size, 22);
  header.writeUInt16LE(entry.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, entry.name, extra]);
}

function directoryEntry(entry: Written): Buffer {
  const header = Buffer.alloc(46);
  const extra = entry.zip64 ? zip64Field(entry.size, entry.compressedSize, entry.offset) : Buffer.alloc(0);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(entry.versionNeeded, 6);
  header.writeUInt16LE(entry.flags, 8);
  header.writeUInt16LE(entry.method, 10);
  header.writeUInt32LE(entry.crc, 16);
  header.writeUInt32LE(entry.zip64 ? 0xffffffff : entry.compressedSize, 20);
  header.writeUInt32LE(entry.zip64 ? 0xffffffff : entry.size, 24);
  header.writeUInt16LE(entry.name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(entry.zip64 ? 0xffffffff : entry.offset, 42);
  return Buffer.concat([header, entry.name, extra]);
}

function zip64Field(...values: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}

function descriptorOf(entry: Written, kind: 'signed' | 'bare' | 'large'): Buffer {
  const large = kind === 'large';
  const body = Buffer.alloc(large ? 20 : 12);
  body.writeUInt32LE(entry.crc, 0);
  if (large) {
    body.writeBigUInt64LE(BigInt(entry.compressedSize), 4);
    body.writeBigUInt64LE(BigInt(entry.size), 12);
  } else {
    body.writeUInt32LE(entry.compressedSize, 4);
    body.writeUInt32LE(entry.size, 8);
  }
  return kind === 'bare' ? body : Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), body]);
}

type End = Required<NonNullable<TestZip['end']>>;

function plainEnd(end: End, { comment = Buffer.alloc(0) }: TestZip): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(end.memberCount, 8);
  record.writeUInt16LE(end.memberCount, 10);
  record.writeUInt32LE(end.directorySize, 12);
  record.writeUInt32LE(end.directoryOffset, 16);
  record.writeUInt16LE(comment.length, 20);
  return Buffer.concat([record, comment]);
}

function zip64End(end: End, offset: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(end.memberCount), 24);
  record.writeBigUInt64LE(BigInt(end.memberCount), 32);
  record.writeBigUInt64LE(BigInt(end.directorySize), 40);
  record.writeBigUInt64LE(BigInt(end.directoryOffset), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(offset), 64);
  record.writeUInt32LE(1, 72);
  return record;
}

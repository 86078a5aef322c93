import { MemberCorrupt } from '../base/errors.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { extraFields } from './central-header.ts';
import type { Member } from './member.ts';
import { HAS_DESCRIPTOR, whereIs } from './member.ts';

const SIGNATURE = 0x04034b50;
const HEADER_BYTES = 30;
const SEE_ZIP64 = 0xffffffff;
const ZIP64_EXTRA = 0x0001;
const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** With signature and two 8-byte sizes. */
const MAX_DESCRIPTOR_BYTES = 24;

/**
 * Reads the local header of `member`, which the cursor stands before, and leaves the cursor at the member's first byte of
 * data. Throws `MemberCorrupt` when it says something else than the directory. Not compared, because nothing depends on
 * them: the version needed and the time.
 */
export async function readLocalHeader(cursor: ByteCursor, member: Member, label: string): Promise<void> {
  const header = Buffer.from(await cursor.take(HEADER_BYTES));
  const nameLength = header.readUInt16LE(26);
  const extraLength = header.readUInt16LE(28);
  expectEqual('signature', SIGNATURE, header.readUInt32LE(0), member, label);
  expectEqual('flags', member.flags, header.readUInt16LE(6), member, label);
  expectEqual('compression method', member.method, header.readUInt16LE(8), member, label);
  expectEqual('name length', member.nameBytes.length, nameLength, member, label);
  const dataEnd = member.offset + HEADER_BYTES + nameLength + extraLength + member.compressedSize;
  if (dataEnd > member.end) {
    throw new MemberCorrupt(
      `${whereIs(member, label)} ends at byte ${dataEnd}, but what follows it begins at byte ${member.end}.`,
    );
  }
  const tail = await cursor.take(nameLength + extraLength);
  const name = tail.subarray(0, nameLength);
  if (!name.equals(member.nameBytes)) {
    const found = JSON.stringify(name.toString('latin1').slice(0, 120));
    throw new MemberCorrupt(`${whereIs(member, label)} has another name in its local header: ${found}.`);
  }
  compareSizes(header, tail.subarray(nameLength), member, label);
}

function compareSizes(header: Buffer, extra: Buffer, member: Member, label: string): void {
  const crc = header.readUInt32LE(14);
  const [compressed, size] = localSizes(header, extra, member, label);
  const postponed = (member.flags & HAS_DESCRIPTOR) !== 0;
  // With a descriptor after the data these may be left open; when they are not, they must be right all the same. Old
  // Info-ZIP leaves sizes open with all bits set and no ZIP64 field.
  const isOpen = (value: number) => postponed && (value === 0 || value === SEE_ZIP64);
  if (!(postponed && crc === 0)) expectEqual('CRC-32', member.crc32, crc, member, label);
  if (!isOpen(compressed)) expectEqual('compressed size', member.compressedSize, compressed, member, label);
  if (!isOpen(size)) expectEqual('size', member.size, size, member, label);
}

/** Compressed size and size, from the ZIP64 field (which holds them in the other order) where the header points there. */
function localSizes(header: Buffer, extra: Buffer, member: Member, label: string): [number, number] {
  const compressed = header.readUInt32LE(18);
  const size = header.readUInt32LE(22);
  if (compressed !== SEE_ZIP64 && size !== SEE_ZIP64) return [compressed, size];
  const fields = [...extraFields(extra)];
  const large = fields.find((field) => field?.id === ZIP64_EXTRA)?.data;
  // A size of exactly 4 GiB - 1 needs no ZIP64 field.
  if (!large && !fields.includes(undefined)) return [compressed, size];
  const needed = [size, compressed].filter((value) => value === SEE_ZIP64).length * 8;
  if (!large || large.length < needed) {
    throw new MemberCorrupt(`${whereIs(member, label)} has a broken ZIP64 field in its local header.`);
  }
  let at = 0;
  const next = () => {
    at += 8;
    return Number(large.readBigUInt64LE(at - 8));
  };
  const sizeLarge = size === SEE_ZIP64 ? next() : size;
  return [compressed === SEE_ZIP64 ? next() : compressed, sizeLarge];
}

/**
 * Checks the descriptor after the data of a member that has one (flag bit 3): CRC-32 and sizes, of 4 or 8 bytes, with or
 * without a signature; the format leaves that to the reader to find out. The cursor stands after the data.
 */
export async function checkDescriptor(cursor: ByteCursor, member: Member, label: string): Promise<void> {
  if ((member.flags & HAS_DESCRIPTOR) === 0) return;
  const room = Math.min(MAX_DESCRIPTOR_BYTES, member.end - cursor.position);
  const bytes = await cursor.take(room);
  const signed = room >= 4 && bytes.readUInt32LE(0) === DESCRIPTOR_SIGNATURE;
  const fits = (signed && agrees(bytes.subarray(4), member)) || agrees(bytes, member);
  if (!fits) {
    throw new MemberCorrupt(
      `${whereIs(member, label)} has no data descriptor after its data that agrees with the directory.`,
    );
  }
}

function agrees(bytes: Buffer, { crc32, compressedSize, size }: Member): boolean {
  if (bytes.length < 12 || bytes.readUInt32LE(0) !== crc32) return false;
  if (bytes.readUInt32LE(4) === compressedSize && bytes.readUInt32LE(8) === size) return true;
  if (bytes.length < 20) return false;
  return bytes.readBigUInt64LE(4) === BigInt(compressedSize) && bytes.readBigUInt64LE(12) === BigInt(size);
}

function expectEqual(what: string, expected: number, found: number, member: Member, label: string): void {
  if (expected === found) return;
  const numbers = `expected ${hex(what, expected)} as in the directory, found ${hex(what, found)}`;
  throw new MemberCorrupt(`${whereIs(member, label)} has a wrong ${what} in its local header: ${numbers}.`);
}

function hex(what: string, value: number): string {
  return /CRC|signature|flags/.test(what) ? `0x${value.toString(16).padStart(8, '0')}` : String(value);
}

import { constants, crc32, deflateRawSync } from 'node:zlib';
import { crc32Combine } from '../../lib/zip/crc32.ts';
import { crcOfRepeated } from './crc.ts';
import { type Segment, type SegmentedBytes, SegmentList } from './segments.ts';
import {
  DEFLATED,
  dataDescriptor,
  directoryRecord,
  endRecords,
  FLAG_DATA_DESCRIPTOR,
  FLAG_ENCRYPTED,
  localHeader,
  type MemberRecord,
  STORED,
} from './zip-records.ts';

/** What one member holds, compressed and measured, before it has a place in a file. */
interface MemberContent {
  readonly method: number;
  readonly crc32: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly segments: readonly Segment[];
}

/** A member and its content; content is worked out once and may be written many times. */
export interface Member {
  readonly name: string;
  readonly content: MemberContent;
}

/** A member as it stands in the finished archive. */
export interface PlacedMember extends MemberRecord {
  /** Of the first compressed byte. */
  readonly dataOffset: number;
}

/** What is wrong with an archive on purpose: one fault each, all of them seen by a reader of the directory. */
export interface ZipFaults {
  /** Members whose CRC-32 in the directory is not that of their bytes. */
  readonly wrongCrc?: readonly string[];
  /** Members that carry the encryption flag. */
  readonly encrypted?: readonly string[];
  /** Sizes and CRC-32 follow the data instead of preceding it: legal, but unlike a manager. */
  readonly dataDescriptors?: boolean;
}

const wholeOf = (block: Buffer): readonly Segment[] => [{ block, times: 1 }];

/** An entry for a folder. Up to 6.4 managers deflate the nothing in it (two bytes), later ones store it. */
export function folder(name: string, isDeflated: boolean): Member {
  const block = isDeflated ? Buffer.from([3, 0]) : Buffer.alloc(0);
  const method = isDeflated ? DEFLATED : STORED;
  return {
    name: `${name}/`,
    content: { method, crc32: 0, size: 0, compressedSize: block.length, segments: wholeOf(block) },
  };
}

export function deflated(name: string, plain: Buffer): Member {
  const block = deflateRawSync(plain);
  return {
    name,
    content: {
      method: DEFLATED,
      crc32: crc32(plain),
      size: plain.length,
      compressedSize: block.length,
      segments: wholeOf(block),
    },
  };
}

export function stored(name: string, plain: Buffer): Member {
  const size = plain.length;
  return {
    name,
    content: { method: STORED, crc32: crc32(plain), size, compressedSize: size, segments: wholeOf(plain) },
  };
}

/** A plain block together with its deflated form, which stands alone and may be repeated. */
export interface RepeatableBlock {
  readonly plain: Buffer;
  readonly compressed: Buffer;
  /** Of the plain bytes: worked out once, used by hundreds of members. */
  readonly crc32: number;
  readonly level: number;
}

/**
 * A full flush ends on a byte and forgets the window, so the block may follow itself any number of times.
 * Level 0 for bytes that do not compress: deflate would come to the same stored blocks, only 100 times slower.
 */
export function repeatable(plain: Buffer, level: number = constants.Z_DEFAULT_COMPRESSION): RepeatableBlock {
  return {
    plain,
    compressed: deflateRawSync(plain, { level, finishFlush: constants.Z_FULL_FLUSH }),
    crc32: crc32(plain),
    level,
  };
}

/** A member whose plain bytes are `head`, then the block `times` times, then `tail`, at the price of one block. */
export function repeated(
  name: string,
  block: RepeatableBlock,
  times: number,
  tail: Buffer,
  head = Buffer.alloc(0),
): Member {
  const before = head.length === 0 ? head : deflateRawSync(head, { finishFlush: constants.Z_FULL_FLUSH });
  const after = deflateRawSync(tail, { level: block.level });
  const middle = crcOfRepeated(block.crc32, block.plain.length, times);
  const withHead = crc32Combine(crc32(head), middle, block.plain.length * times);
  return {
    name,
    content: {
      method: DEFLATED,
      crc32: crc32Combine(withHead, crc32(tail), tail.length),
      size: head.length + block.plain.length * times + tail.length,
      compressedSize: before.length + block.compressed.length * times + after.length,
      segments: [
        { block: before, times: 1 },
        { block: block.compressed, times },
        { block: after, times: 1 },
      ],
    },
  };
}

/** Writes members one after the other, then the directory. */
export function writeZip(
  members: readonly Member[],
  faults: ZipFaults,
): { bytes: SegmentedBytes; placed: PlacedMember[] } {
  const out = new SegmentList();
  const wrongCrc = new Set(faults.wrongCrc);
  const encrypted = new Set(faults.encrypted);
  const placed = members.map(({ name, content }): PlacedMember => {
    const flags =
      (encrypted.has(name) ? FLAG_ENCRYPTED : 0) | (faults.dataDescriptors === true ? FLAG_DATA_DESCRIPTOR : 0);
    const crc = wrongCrc.has(name) ? (content.crc32 ^ 1) >>> 0 : content.crc32;
    const record: MemberRecord = { ...content, name, flags, crc32: crc, offset: out.length };
    const header = localHeader(record);
    out.add(header);
    const dataOffset = out.length;
    for (const { block, times } of content.segments) {
      if (times === 1) out.add(block);
      else out.addRepeated(block, times);
    }
    if (faults.dataDescriptors === true) out.add(dataDescriptor(record));
    return { ...record, dataOffset };
  });
  const offset = out.length;
  for (const record of placed) out.add(directoryRecord(record));
  out.add(endRecords({ count: placed.length, offset, length: out.length - offset }));
  return { bytes: out.finish(), placed };
}

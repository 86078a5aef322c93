import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { crc32Combine } from '../../lib/zip/crc32.ts';
import type { ByteSource } from './byte-source.ts';
import { crcOfRepeated } from './crc.ts';

/** A run of bytes that costs the memory of one block, however long it is. */
export interface Segment {
  readonly block: Buffer;
  readonly times: number;
}

/** Small buffers are glued together up to this size: 100,000 members must not become 200,000 segments. */
const GLUE_UP_TO = 1024 * 1024;

/** Collects bytes in order; adjacent small ones share a buffer. */
export class SegmentList {
  readonly #segments: Segment[] = [];
  #loose: Buffer[] = [];
  #looseLength = 0;
  length = 0;

  add(bytes: Buffer): void {
    this.length += bytes.length;
    this.#loose.push(bytes);
    this.#looseLength += bytes.length;
    if (this.#looseLength >= GLUE_UP_TO) this.#glue();
  }

  addRepeated(block: Buffer, times: number): void {
    if (times <= 0 || block.length === 0) return;
    this.#glue();
    this.#segments.push({ block, times });
    this.length += block.length * times;
  }

  #glue(): void {
    if (this.#looseLength > 0) this.#segments.push({ block: Buffer.concat(this.#loose), times: 1 });
    this.#loose = [];
    this.#looseLength = 0;
  }

  finish(): SegmentedBytes {
    this.#glue();
    return new SegmentedBytes(this.#segments);
  }
}

/** Random access to segments. Chunks are views of shared blocks: whoever reads them must not write into them. */
export class SegmentedBytes implements ByteSource {
  readonly size: number;
  readonly #segments: readonly Segment[];
  readonly #starts: readonly number[];

  constructor(segments: readonly Segment[]) {
    const starts: number[] = [];
    let at = 0;
    for (const { block, times } of segments) {
      starts.push(at);
      at += block.length * times;
    }
    this.#segments = segments;
    this.#starts = starts;
    this.size = at;
  }

  /** CRC-32 of all bytes, without reading them. */
  get crc32(): number {
    const known = new Map<Buffer, number>();
    return this.#segments.reduce((crc, { block, times }) => {
      const once = known.get(block) ?? crc32(block);
      known.set(block, once);
      const own = crcOfRepeated(once, block.length, times);
      return crc32Combine(crc, own, block.length * times);
    }, 0);
  }

  read(start: number, length: number): Promise<Readable> {
    return Promise.resolve(Readable.from(this.chunks(start, length), { objectMode: false }));
  }

  *chunks(start: number, length: number): Generator<Buffer> {
    let left = Math.min(length, this.size - start);
    let at = start;
    for (let index = this.#indexAt(start); left > 0 && index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined) return;
      const end = (this.#starts[index] ?? 0) + segment.block.length * segment.times;
      while (left > 0 && at < end) {
        const offset = (at - (this.#starts[index] ?? 0)) % segment.block.length;
        const chunk = segment.block.subarray(offset, Math.min(segment.block.length, offset + left));
        at += chunk.length;
        left -= chunk.length;
        yield chunk;
      }
    }
  }

  /** The segment that holds byte `at`, by bisection. */
  #indexAt(at: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
}

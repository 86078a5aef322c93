import { Readable } from 'node:stream';
import type { ByteSource } from '../../lib/zip/byte-source.ts';

export interface Segment {
  readonly bytes: Buffer;
  readonly times: number;
}

/** Segments repeated again and again, made as they are read: an archive of any size in the memory of its patterns. */
export class PatternSource implements ByteSource {
  readonly size: number;
  readonly #segments: readonly Segment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    this.size = segments.reduce((sum, { bytes, times }) => sum + bytes.length * times, 0);
  }

  async read(start: number, length: number): Promise<Readable> {
    return Readable.from(this.#chunks(start, start + length));
  }

  *#chunks(start: number, end: number): Generator<Buffer> {
    let base = 0;
    for (const { bytes, times } of this.#segments) {
      const next = base + bytes.length * times;
      for (let at = Math.max(start, base); at < Math.min(end, next); ) {
        const from = (at - base) % bytes.length;
        const to = Math.min(bytes.length, from + 64 * 1024, from + Math.min(end, next) - at);
        yield bytes.subarray(from, to);
        at += to - from;
      }
      base = next;
    }
  }
}

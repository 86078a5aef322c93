import { Readable } from 'node:stream';
import type { ByteSource } from '../../lib/zip/byte-source.ts';

/** Bytes in memory as a source that remembers what was read of it, in chunks like those of a network. */
export class MemorySource implements ByteSource {
  readonly size: number;
  readonly reads: { readonly start: number; readonly length: number }[] = [];
  readonly #bytes: Buffer;
  readonly #chunkBytes: number;

  constructor(bytes: Buffer, chunkBytes = 64 * 1024) {
    this.#bytes = bytes;
    this.#chunkBytes = chunkBytes;
    this.size = bytes.length;
  }

  async read(start: number, length: number): Promise<Readable> {
    if (length < 1 || start < 0 || start + length > this.size) throw new RangeError(`read(${start}, ${length})`);
    this.reads.push({ start, length });
    return Readable.from(this.#chunks(start, start + length));
  }

  *#chunks(start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end; at += this.#chunkBytes) {
      yield this.#bytes.subarray(at, Math.min(end, at + this.#chunkBytes));
    }
  }
}

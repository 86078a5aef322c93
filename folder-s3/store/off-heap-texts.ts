/** A text begins in the first so many bytes of its block; a longer one has a block of its own. */
const BLOCK = 1024 ** 2;
const LENGTH = 4;
const MOST_BYTES = 2 ** 31 - 1;

/** Texts outside of V8's heap, of which a process of ours may have 96 MB: 150,000 keys of 300 managers need half of it. */
export class OffHeapTexts {
  readonly #blocks: Buffer[] = [];
  #free = 0;
  #bytes = 0;

  /** Of all texts that were ever added. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the place to ask for it at. */
  add(text: string): number {
    const length = Buffer.byteLength(text) + LENGTH;
    if (length > this.#free) {
      const size = Math.max(length, BLOCK);
      this.#blocks.push(Buffer.allocUnsafeSlow(size));
      this.#free = size;
    }
    const block = this.#blocks.at(-1) as Buffer;
    const start = block.length - this.#free;
    const place = (this.#blocks.length - 1) * BLOCK + start;
    // Whoever holds places holds them in 32 bits: 2 GiB are 15 million keys.
    if (place > MOST_BYTES) throw new RangeError(`More than ${MOST_BYTES} bytes of keys: too many for one process.`);
    block.writeUInt32LE(length - LENGTH, start);
    block.write(text, start + LENGTH);
    this.#free -= length;
    this.#bytes += length;
    return place;
  }

  at(place: number): string {
    const block = this.#blockOf(place);
    const start = (place % BLOCK) + LENGTH;
    return block.toString('utf8', start, endOf(block, start));
  }

  /** As `Buffer.compare`, without a copy. A sort of 50,000 asks 800,000 times: nothing is made for an answer. */
  compare(place: number, other: number): number {
    const a = this.#blockOf(place);
    const b = this.#blockOf(other);
    const start = (place % BLOCK) + LENGTH;
    const from = (other % BLOCK) + LENGTH;
    return a.compare(b, from, endOf(b, from), start, endOf(a, start));
  }

  compareTo(place: number, bytes: Buffer): number {
    const block = this.#blockOf(place);
    const start = (place % BLOCK) + LENGTH;
    return block.compare(bytes, 0, bytes.length, start, endOf(block, start));
  }

  #blockOf(place: number): Buffer {
    return this.#blocks[Math.floor(place / BLOCK)] as Buffer;
  }

  /** What one takes, to tell how much of all is still of use. */
  static sizeOf(text: string): number {
    return Buffer.byteLength(text) + LENGTH;
  }
}

const endOf = (block: Buffer, start: number) => start + block.readUInt32LE(start - LENGTH);

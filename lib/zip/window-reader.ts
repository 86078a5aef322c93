import { readExactly } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';

const MiB = 1024 * 1024;

/**
 * The first read takes this much of the end. End records with the longest comment take 65,633 bytes; 1 MiB holds the whole directory of an archive of up to some 10,000 members as well, which is then one read in all.
 */
const TAIL_BYTES = MiB;

/** A directory entry is about 100 bytes: 8 MiB is 80,000 members a read, and all the memory that this takes. */
const WINDOW_BYTES = 8 * MiB;

interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Serves the small reads of a directory from a few large ones, kept in memory one at a time. */
export class WindowReader {
  readonly #source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly tail: Piece;
  #window: Piece;

  private constructor(source: ByteSource, signal: AbortSignal | undefined, tail: Piece) {
    this.#source = source;
    this.#signal = signal;
    this.tail = tail;
    this.#window = tail;
  }

  static async open(source: ByteSource, signal: AbortSignal | undefined): Promise<WindowReader> {
    const start = Math.max(0, source.size - TAIL_BYTES);
    const bytes = await readExactly(source, start, source.size - start, { signal });
    return new WindowReader(source, signal, { start, bytes });
  }

  /** A view of these bytes when they are in memory. */
  held(position: number, length: number): Buffer | undefined {
    return within(this.#window, position, length) ?? within(this.tail, position, length);
  }

  /** `length` (up to 8 MiB) bytes at `position`, which lie within the source. */
  async bytes(position: number, length: number): Promise<Buffer> {
    const held = this.held(position, length);
    if (held) return held;
    const ahead = Math.min(WINDOW_BYTES, this.#source.size - position);
    this.#window = {
      start: position,
      bytes: await readExactly(this.#source, position, ahead, { signal: this.#signal }),
    };
    return this.#window.bytes.subarray(0, length);
  }
}

function within(piece: Piece, position: number, length: number): Buffer | undefined {
  const from = position - piece.start;
  return from >= 0 && from + length <= piece.bytes.length ? piece.bytes.subarray(from, from + length) : undefined;
}

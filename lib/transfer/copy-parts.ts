import { crc32 } from '../base/crc32.ts';
import { TransferInterrupted } from '../base/errors.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import type { PartBuffers } from './part-buffers.ts';

export interface PartToCopy {
  readonly number: number;
  readonly length: number;
}

export interface FullPart {
  readonly number: number;
  readonly body: Buffer;
  /** Base64, as S3 wants it. */
  readonly crc32: string;
}

type Put = (part: FullPart) => Promise<void>;

/** Takes a piece of the body, valid during the call only; a promise stands for "no more before this is settled". */
type OnPiece = (piece: Buffer) => Promise<void> | undefined;

/**
 * Cuts one body into parts and puts them while it is still being read. `pour` reads it and hands it over in pieces;
 * `partSize`: of every part but the archive's last. Throws the first error of either side, after every put has ended;
 * parts that were put stay put.
 */
export async function copyParts(
  pour: (take: OnPiece) => Promise<void>,
  parts: readonly PartToCopy[],
  put: Put,
  { buffers, partSize }: { buffers: PartBuffers; partSize: number },
): Promise<void> {
  // The first buffer before the first byte: a body that is opened and then waits for memory would be cut off.
  const cutter = new Cutter(parts, put, { buffers, partSize, first: await buffers.take(partSize) });
  try {
    await pour((piece) => cutter.take(piece));
  } finally {
    await cutter.settled();
  }
  cutter.assertAllPut();
}

interface Memory {
  readonly buffers: PartBuffers;
  readonly partSize: number;
  readonly first: Buffer;
}

/** Of one sum: long enough to be fast, short enough to lie in the CPU's second cache still since it was copied. */
const SUM_BYTES = 128 * 1024;

/** Gathers parts. */
class Cutter {
  readonly #parts: readonly PartToCopy[];
  readonly #put: Put;
  readonly #memory: Memory;
  readonly #puts = new Puts();
  #index = 0;
  #filled = 0;
  /** Of what is filled. */
  #summed = 0;
  #crc = 0;
  #buffer: Buffer | undefined;
  #waiting: Promise<void> | undefined;

  constructor(parts: readonly PartToCopy[], put: Put, memory: Memory) {
    this.#parts = parts;
    this.#put = put;
    this.#memory = memory;
    this.#buffer = memory.first;
  }

  take(piece: Buffer): Promise<void> | undefined {
    const { buffers, partSize } = this.#memory;
    for (let offset = 0; offset < piece.length; ) {
      const part = this.#parts[this.#index];
      if (!part) throw new TransferInterrupted('The body is longer than its parts.');
      this.#buffer ??= buffers.takeNow(partSize);
      if (!this.#buffer) return this.#wait(Buffer.from(piece.subarray(offset)));
      offset += this.#add(piece.subarray(offset, offset + part.length - this.#filled), this.#buffer);
      if (this.#filled === part.length) this.#finish(part.number, this.#buffer);
    }
    return undefined;
  }

  /** When nothing of this is under way any more. */
  async settled(): Promise<void> {
    // A wait that failed has told whoever pours.
    await this.#waiting?.catch(() => undefined);
    if (this.#buffer) this.#memory.buffers.giveBack(this.#buffer);
    this.#buffer = undefined;
    await this.#puts.settled();
  }

  assertAllPut(): void {
    this.#puts.throwIfFailed();
    const missing = this.#parts[this.#index];
    if (missing) throw new TransferInterrupted(`The body ended in part ${missing.number}.`);
  }

  /** `rest` is ours: the piece it comes from is read into again. */
  #wait(rest: Buffer): Promise<void> {
    this.#waiting = this.#memory.buffers.take(this.#memory.partSize).then(async (buffer) => {
      this.#buffer = buffer;
      this.#puts.throwIfFailed();
      await this.take(rest);
    });
    return this.#waiting;
  }

  #add(piece: Buffer, buffer: Buffer): number {
    piece.copy(buffer, this.#filled);
    this.#filled += piece.length;
    if (this.#filled - this.#summed >= SUM_BYTES) this.#sum(buffer);
    return piece.length;
  }

  #sum(buffer: Buffer): void {
    this.#crc = crc32(buffer.subarray(this.#summed, this.#filled), this.#crc);
    this.#summed = this.#filled;
  }

  /** Puts the full part, and begins the next one. */
  #finish(number: number, buffer: Buffer): void {
    this.#sum(buffer);
    const full = { number, body: buffer.subarray(0, this.#filled), crc32: crc32ToBase64(this.#crc) };
    this.#index += 1;
    this.#filled = 0;
    this.#summed = 0;
    this.#crc = 0;
    this.#buffer = undefined;
    this.#puts.start(this.#put(full).finally(() => this.#memory.buffers.giveBack(buffer)));
    this.#puts.throwIfFailed();
  }
}

/** Puts under way. The first failure is kept and thrown where somebody can hear it, never as an unhandled rejection. */
class Puts {
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  start(put: Promise<void>): void {
    const watched: Promise<void> = put
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(watched));
    this.#running.add(watched);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

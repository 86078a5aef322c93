import { crc32 } from 'node:zlib';
import { TransferInterrupted } from '../errors.ts';
import { crc32ToBase64 } from './crc32.ts';

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

/**
 * Cuts one body into parts and puts them while it is still being read, at most `inFlight` at a time. Memory: inFlight + 1
 * buffers of one part, used again and again. When no buffer is free the body is not read: that is the back-pressure.
 * Throws the first error of either side, after every put has ended; parts that were put stay put.
 */
export async function copyParts(
  body: AsyncIterable<Buffer>,
  parts: readonly PartToCopy[],
  put: (part: FullPart) => Promise<void>,
  inFlight: number,
): Promise<void> {
  const buffers = new Buffers(inFlight + 1, parts[0]?.length ?? 0);
  const puts = new Puts();
  try {
    await fill(body, parts, buffers, (part, buffer) => {
      puts.start(put(part).finally(() => buffers.giveBack(buffer)));
      puts.throwIfFailed();
    });
  } finally {
    await puts.settled();
  }
  puts.throwIfFailed();
}

type OnFull = (part: FullPart, buffer: Buffer) => void;

/** Copies chunks into buffers; every chunk is looked at once, for copy and checksum. */
async function fill(body: AsyncIterable<Buffer>, parts: readonly PartToCopy[], buffers: Buffers, onFull: OnFull) {
  let index = 0;
  let buffer: Buffer | undefined;
  let filled = 0;
  let crc = 0;
  for await (const chunk of body) {
    for (let offset = 0; offset < chunk.length; ) {
      const part = parts[index];
      if (!part) throw new TransferInterrupted('The body is longer than its parts.');
      buffer ??= await buffers.take();
      const piece = chunk.subarray(offset, offset + part.length - filled);
      piece.copy(buffer, filled);
      crc = crc32(piece, crc);
      filled += piece.length;
      offset += piece.length;
      if (filled < part.length) continue;
      onFull({ number: part.number, body: buffer.subarray(0, filled), crc32: crc32ToBase64(crc) }, buffer);
      index += 1;
      buffer = undefined;
      filled = 0;
      crc = 0;
    }
  }
  if (index < parts.length) throw new TransferInterrupted(`The body ended in part ${parts[index]?.number}.`);
}

/** Buffers of one size, made when first needed. */
class Buffers {
  readonly #size: number;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #unmade: number;

  constructor(count: number, size: number) {
    this.#unmade = count;
    this.#size = size;
  }

  async take(): Promise<Buffer> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return Buffer.allocUnsafeSlow(this.#size);
    }
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(buffer: Buffer): void {
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
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

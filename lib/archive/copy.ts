import { crc32 } from 'node:zlib';
import { TransferInterrupted } from '../errors.ts';
import { crc32ToBase64 } from './crc32.ts';
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

/**
 * Cuts one body into parts and puts them while it is still being read. `partSize`: of every part but the archive's last.
 * Throws the first error of either side, after every put has ended; parts that were put stay put.
 */
export async function copyParts(
  body: AsyncIterable<Buffer>,
  parts: readonly PartToCopy[],
  put: (part: FullPart) => Promise<void>,
  { buffers, partSize }: { buffers: PartBuffers; partSize: number },
): Promise<void> {
  const puts = new Puts();
  // The first buffer before the first byte: a body that is opened and then waits for memory would be cut off.
  const filling = new Filling(await buffers.take(partSize));
  try {
    for await (const chunk of body) {
      for (let offset = 0; offset < chunk.length; ) {
        const part = parts[filling.index];
        if (!part) throw new TransferInterrupted('The body is longer than its parts.');
        if (!filling.buffer) filling.buffer = await buffers.take(partSize);
        offset += filling.add(chunk.subarray(offset, offset + part.length - filling.filled));
        if (filling.filled < part.length) continue;
        const { buffer, full } = filling.finish(part.number);
        puts.start(put(full).finally(() => buffers.giveBack(buffer)));
        puts.throwIfFailed();
      }
    }
    const missing = parts[filling.index];
    if (missing) throw new TransferInterrupted(`The body ended in part ${missing.number}.`);
  } finally {
    if (filling.buffer) buffers.giveBack(filling.buffer);
    await puts.settled();
  }
  puts.throwIfFailed();
}

/** The part that is being gathered. Every chunk is looked at once, for copy and checksum. */
class Filling {
  index = 0;
  filled = 0;
  buffer: Buffer | undefined;
  #crc = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  add(piece: Buffer): number {
    if (this.buffer) piece.copy(this.buffer, this.filled);
    this.#crc = crc32(piece, this.#crc);
    this.filled += piece.length;
    return piece.length;
  }

  /** Hands the full part over and begins the next one. */
  finish(number: number): { buffer: Buffer; full: FullPart } {
    const buffer = this.buffer ?? Buffer.alloc(0);
    const full = { number, body: buffer.subarray(0, this.filled), crc32: crc32ToBase64(this.#crc) };
    this.index += 1;
    this.filled = 0;
    this.#crc = 0;
    this.buffer = undefined;
    return { buffer, full };
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

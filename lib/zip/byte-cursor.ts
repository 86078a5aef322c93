import { Readable } from 'node:stream';
import { TransferInterrupted } from '../base/errors.ts';
import type { ByteSource, Pieces } from './byte-source.ts';

export interface CursorOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes received so far, once per chunk of the source. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Called with each chunk of the range, in order, once. */
  readonly onChunk?: ((chunk: Buffer) => void) | undefined;
}

const EMPTY = Buffer.alloc(0);

/** Walks one range of a source from its first byte to its last, in takes of any size. Throws `TransferInterrupted`. */
export class ByteCursor {
  readonly #bytes: Pieces;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #start: number;
  readonly #end: number;
  readonly #options: CursorOptions;
  #chunk: Buffer = EMPTY;
  #received = 0;
  /** Gives up the chunk that is being waited for. */
  #abandon: ((reason: unknown) => void) | undefined;

  private constructor(bytes: Pieces, start: number, length: number, options: CursorOptions) {
    this.#bytes = bytes;
    // A stream that is closed early may still report an error; nobody is left to hear it, and it must not end the process.
    if (bytes instanceof Readable) bytes.on('error', () => {});
    this.#chunks = bytes[Symbol.asyncIterator]();
    this.#start = start;
    this.#end = start + length;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort);
  }

  /** Opens `length` (at least 1) bytes from `start`. Rejects at once when the signal is aborted, even if the source hangs. */
  static async open(source: ByteSource, start: number, length: number, options: CursorOptions): Promise<ByteCursor> {
    options.signal?.throwIfAborted();
    const opening: Promise<Pieces> = source.pieces?.(start, length) ?? source.read(start, length);
    return new ByteCursor(await unlessAborted(opening, options.signal), start, length, options);
  }

  /** The offset in the source of the next byte. */
  get position(): number {
    return this.#start + this.#received - this.#chunk.length;
  }

  /** The next `length` bytes in one piece, valid until more are read: often a view of what the socket reads into. */
  async take(length: number): Promise<Buffer> {
    if (this.#chunk.length >= length) return this.#cut(length);
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    for await (const piece of this.stream(length)) filled += piece.copy(bytes, filled);
    return bytes;
  }

  /** The next `length` bytes in pieces as they come, each valid until the next one is asked for. */
  async *stream(length: number): AsyncGenerator<Buffer, void, undefined> {
    let left = length;
    while (left > 0) {
      if (this.#chunk.length === 0) await this.#pull();
      const piece = this.#cut(left);
      left -= piece.length;
      yield piece;
    }
  }

  async skip(length: number): Promise<void> {
    if (length === 0) return;
    for await (const _ of this.stream(length));
  }

  /** Reads what is left of the range and checks that nothing follows it. */
  async finish(): Promise<void> {
    await this.skip(this.#end - this.position);
    const { done } = await this.#next();
    if (!done) throw new TransferInterrupted(`The source sent more than the bytes up to ${this.#end}.`);
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#bytes.destroy();
  }

  readonly #abort = (): void => {
    this.#abandon?.(this.#options.signal?.reason);
    this.#bytes.destroy();
  };

  /** The next chunk, or the abort: a source that hangs in the middle may not react to being destroyed. */
  #next(): Promise<IteratorResult<Buffer>> {
    this.#options.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      this.#chunks.next().then(resolve, reject);
    });
  }

  /** Up to `length` bytes of the chunk at hand. */
  #cut(length: number): Buffer {
    const piece = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(piece.length);
    return piece;
  }

  async #pull(): Promise<void> {
    const { done, value } = await this.#next();
    if (done) {
      const missing = this.#end - this.#start - this.#received;
      throw new TransferInterrupted(`The source ended ${missing} bytes before byte ${this.#end} of the range.`);
    }
    this.#chunk = value;
    this.#received += value.length;
    this.#options.onChunk?.(value);
    this.#options.onProgress?.(this.#received);
  }
}

/** All `length` bytes from `start` in memory; for tails, directories and single headers. */
export async function readExactly(
  source: ByteSource,
  start: number,
  length: number,
  options: CursorOptions,
): Promise<Buffer> {
  if (length === 0) return EMPTY;
  const cursor = await ByteCursor.open(source, start, length, options);
  try {
    const bytes = Buffer.from(await cursor.take(length));
    await cursor.finish();
    return bytes;
  } finally {
    cursor.close();
  }
}

function unlessAborted(opening: Promise<Pieces>, signal: AbortSignal | undefined): Promise<Pieces> {
  if (!signal) return opening;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      // The stream may still arrive: it is closed then, so that its connection is free.
      opening.then(
        (bytes) => (bytes instanceof Readable ? bytes.on('error', () => {}) : bytes).destroy(),
        () => {},
      );
    };
    signal.addEventListener('abort', abort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

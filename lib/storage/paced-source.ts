import { Readable } from 'node:stream';
import type { ByteSource, Pieces } from '../zip/byte-source.ts';

/** Waits until so many bytes may have been read. */
export interface Pace {
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** Waits for each of so many bytes at once: 64 KB at 20 MB/s would be a timer of 3 ms each. */
const STEP_BYTES = 1024 * 1024;

/** A source that is read no faster than the pace says. What is read waits, so that the store has to wait as well. */
export function pacedSource(source: ByteSource, pace: Pace, signal: AbortSignal): ByteSource {
  const open = async (start: number, length: number): Promise<Pieces> =>
    (await source.pieces?.(start, length)) ?? (await source.read(start, length));
  return {
    size: source.size,
    read: async (start, length) =>
      Readable.from(paced(await source.read(start, length), pace, signal), { objectMode: false }),
    pieces: async (start, length) => {
      const pieces = await open(start, length);
      const slowly = paced(pieces, pace, signal);
      return { [Symbol.asyncIterator]: () => slowly, destroy: () => pieces.destroy() };
    },
  };
}

async function* paced(pieces: AsyncIterable<Buffer>, pace: Pace, signal: AbortSignal): AsyncGenerator<Buffer> {
  let waiting = 0;
  for await (const piece of pieces) {
    waiting += piece.length;
    if (waiting >= STEP_BYTES) {
      await pace.take(waiting, signal);
      waiting = 0;
    }
    yield piece;
  }
  if (waiting > 0) await pace.take(waiting, signal);
}

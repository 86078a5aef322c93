import { summable } from '../base/crc32.ts';
import type { ByteSource, Pieces } from '../zip/byte-source.ts';

/** A file that is open: a `FileHandle` of Node, or less. */
export interface OpenFile {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** Of one buffer: in the CPU's second cache while it is summed and inflated. */
const READ_BYTES = 256 * 1024;

/** Pairs of buffers, as many as were in use at the same time. */
const idle: Buffer[] = [];

/**
 * Reads the file itself where this process serves the store: a request for a GiB takes 0.8 s of CPU at its two ends. What
 * the file does not give is asked for by `requests`, which say what is the matter.
 */
export function nearSource(requests: ByteSource, open: () => Promise<OpenFile | undefined>): ByteSource {
  return {
    size: requests.size,
    read: async (start, length) => await requests.read(start, length),
    pieces: async (start, length) => {
      const pieces = fromFile(requests, open, start, length);
      const destroy = () => void pieces.return(undefined).catch(() => undefined);
      return { [Symbol.asyncIterator]: () => pieces, destroy };
    },
  };
}

async function* fromFile(
  requests: ByteSource,
  open: () => Promise<OpenFile | undefined>,
  start: number,
  length: number,
): AsyncGenerator<Buffer, void, undefined> {
  let at = start;
  const file = await open();
  if (file) {
    try {
      for await (const piece of readAhead(file, start, length)) {
        at += piece.length;
        yield piece;
      }
    } finally {
      await file.close();
    }
  }
  const left = start + length - at;
  if (left > 0) yield* await asked(requests, at, left);
}

/** The next piece is read while one is used. Ends early, without a word, where the file cannot be read. */
async function* readAhead(file: OpenFile, start: number, length: number): AsyncGenerator<Buffer, void, undefined> {
  const both = idle.pop() ?? summable(2 * READ_BYTES);
  const halves = [both.subarray(0, READ_BYTES), both.subarray(READ_BYTES)] as const;
  const end = start + length;
  const read = async (buffer: Buffer, at: number): Promise<Buffer> => {
    const { bytesRead } = await file
      .read(buffer, 0, Math.min(READ_BYTES, end - at), at)
      .catch(() => ({ bytesRead: 0 }));
    return buffer.subarray(0, bytesRead);
  };
  let [filling, spare] = halves;
  let reading = read(filling, start);
  try {
    for (let at = start; at < end; ) {
      const piece = await reading;
      if (piece.length === 0) return;
      at += piece.length;
      [filling, spare] = [spare, filling];
      if (at < end) reading = read(filling, at);
      yield piece;
    }
  } finally {
    await reading;
    idle.push(both);
  }
}

async function asked(source: ByteSource, start: number, length: number): Promise<Pieces> {
  return (await source.pieces?.(start, length)) ?? (await source.read(start, length));
}

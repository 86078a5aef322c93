import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ByteSource } from './byte-source.ts';

/** The same bytes with one bit turned: what a bad disk or cable does. */
export function withFlippedByte(source: ByteSource, at: number): ByteSource {
  return {
    size: source.size,
    async read(start, length) {
      const original = await source.read(start, length);
      return Readable.from(flip(original, start, at), { objectMode: false });
    },
  };
}

async function* flip(original: Readable, start: number, at: number): AsyncGenerator<Buffer> {
  let position = start;
  for await (const chunk of original as AsyncIterable<Buffer>) {
    if (at < position || at >= position + chunk.length) yield chunk;
    else {
      // A copy: generated chunks are views of a shared block.
      const changed = Buffer.from(chunk);
      changed.writeUInt8(changed.readUInt8(at - position) ^ 1, at - position);
      yield changed;
    }
    position += chunk.length;
  }
}

/** Only the first bytes of it, and it says so: a copy that stopped half way and nobody noticed. */
export function truncated(source: ByteSource, size: number): ByteSource {
  return { size: Math.min(size, source.size), read: (start, length) => source.read(start, length) };
}

export function bytesOf(content: Buffer): ByteSource {
  return {
    size: content.length,
    read: (start, length) =>
      Promise.resolve(Readable.from([content.subarray(start, start + length)], { objectMode: false })),
  };
}

/** A zip file from the disk; opened for each read, so nothing needs closing. */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    size,
    async read(start, length) {
      return length === 0 ? Readable.from([]) : createReadStream(path, { start, end: start + length - 1 });
    },
  };
}

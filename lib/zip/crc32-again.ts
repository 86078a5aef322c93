import { crc32 } from 'node:zlib';
import { ByteCursor } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';
import { crc32ToBase64 } from './crc32.ts';

/** What a function reads again within its time: 110 s at 75 MB/s. */
const MOST_BYTES = 8 * 1024 ** 3;

interface Reading {
  readonly size: number;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** The CRC-32 of all stored bytes, read once more; undefined: they are too many to be read in one go. */
export async function crc32Again(source: ByteSource, { size, signal, onBytes }: Reading): Promise<string | undefined> {
  if (size > MOST_BYTES) return undefined;
  const cursor = await ByteCursor.open(source, 0, size, { signal });
  try {
    let crc = 0;
    for await (const piece of cursor.stream(size)) {
      crc = crc32(piece, crc);
      onBytes(piece.length);
    }
    await cursor.finish();
    return crc32ToBase64(crc);
  } finally {
    cursor.close();
  }
}

import { crc32 } from 'node:zlib';
import type { Deps } from '../deps.ts';
import { ByteCursor } from '../zip/byte-cursor.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';

/** What a function reads again within its time: 110 s at 75 MB/s. */
const MOST_BYTES = 8 * 1024 ** 3;

interface Where {
  readonly key: string;
  readonly versionId: string | null;
  readonly size: number;
}

/** The CRC-32 of all stored bytes, read once more; undefined: they are too many to be read in one go. */
export async function crc32Again(
  { key, versionId, size }: Where,
  { archive, signal, progress }: Pick<Deps, 'archive' | 'signal' | 'progress'>,
): Promise<string | undefined> {
  if (size > MOST_BYTES) return undefined;
  const cursor = await ByteCursor.open(archive.source(key, versionId, size), 0, size, { signal });
  try {
    let crc = 0;
    for await (const piece of cursor.stream(size)) {
      crc = crc32(piece, crc);
      progress.bytes('verified', piece.length);
    }
    await cursor.finish();
    return crc32ToBase64(crc);
  } finally {
    cursor.close();
  }
}

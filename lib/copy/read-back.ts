import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../zip/byte-source.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import { inRanges } from '../zip/in-ranges.ts';

export interface ReadBack {
  /** Base64. */
  readonly crc32: string;
  /** SHA-256 of each range, in base64, as manifests have them. */
  readonly ranges: readonly { readonly end: number; readonly sha256: string }[];
}

/** Reads every byte, once and in order. `ends`: where the ranges with a SHA-256 end, the last one at the end. */
export async function readBack(
  source: ByteSource,
  ends: readonly number[],
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (count: number) => void },
): Promise<ReadBack> {
  const ranges: { end: number; sha256: string }[] = [];
  let crc = 0;
  let start = 0;
  for (const end of ends) {
    const hash = createHash('sha256');
    for await (const piece of inRanges(source, { start, end }, signal)) {
      crc = crc32(piece, crc);
      hash.update(piece);
      onBytes(piece.length);
    }
    ranges.push({ end, sha256: hash.digest('base64') });
    start = end;
  }
  return { crc32: crc32ToBase64(crc), ranges };
}

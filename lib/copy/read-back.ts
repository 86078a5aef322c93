import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../zip/byte-source.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';

/** One request each: what is read again when a connection breaks. */
const RANGE_BYTES = 64 * 1024 * 1024;

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
    for (let at = start; at < end; at += RANGE_BYTES) {
      signal.throwIfAborted();
      const length = Math.min(RANGE_BYTES, end - at);
      crc = await readRange(source, { at, length, crc, hash, onBytes });
    }
    ranges.push({ end, sha256: hash.digest('base64') });
    start = end;
  }
  return { crc32: crc32ToBase64(crc), ranges };
}

interface Range {
  readonly at: number;
  readonly length: number;
  readonly crc: number;
  readonly hash: Hash;
  readonly onBytes: (count: number) => void;
}

async function readRange(source: ByteSource, { at, length, crc, hash, onBytes }: Range): Promise<number> {
  let sum = crc;
  for await (const piece of await source.read(at, length)) {
    sum = crc32(piece as Buffer, sum);
    hash.update(piece as Buffer);
    onBytes((piece as Buffer).length);
  }
  return sum;
}

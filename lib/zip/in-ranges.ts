import type { ByteSource } from './byte-source.ts';

/** One request each: what is read again when a connection breaks. */
const RANGE_BYTES = 64 * 1024 * 1024;

/** Every byte from `start` to before `end`, once and in order. */
export async function* inRanges(
  source: ByteSource,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += RANGE_BYTES) {
    signal.throwIfAborted();
    for await (const piece of await source.read(at, Math.min(RANGE_BYTES, end - at))) yield piece as Buffer;
  }
}

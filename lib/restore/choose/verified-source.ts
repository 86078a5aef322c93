import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { DigestedRange } from '../../catalogue/range-digests.ts';
import type { ByteSource } from '../../zip/byte-source.ts';
import { crc32ToBase64 } from '../../zip/crc32.ts';
import type { Selection } from '../state.ts';
import { withAdvice } from './next-good.ts';
import { damaged, damagedRange } from './stored-spans.ts';

/**
 * The archive as it is streamed to a manager: its last bytes are held back until all of them have the manifest's CRC-32,
 * so a manager never has a whole upload of other bytes; nor of a range whose SHA-256 is not that of its manifest, where
 * that has one. Reads throw `ArchiveDamaged`. An archive from a URL has no manifest, and is given as it comes.
 */
export function verifiedSource(
  source: ByteSource,
  selection: Selection,
  ranges: readonly DigestedRange[],
  now: Date,
): ByteSource {
  if (selection.crc32 === null) return source;
  const advise = (error: unknown): never => {
    throw withAdvice(error, selection, now);
  };
  return {
    size: source.size,
    read: async (start, length) => {
      const bytes = advised(await source.read(start, length).catch(advise), advise);
      return Readable.from(heldBack(withDigests(bytes, ranges, selection, now), selection, now), { objectMode: false });
    },
  };
}

async function* heldBack(bytes: AsyncIterable<Buffer>, selection: Selection, now: Date): AsyncGenerator<Buffer> {
  let crc = 0;
  let held: Buffer | undefined;
  for await (const piece of bytes) {
    crc = crc32(piece, crc);
    if (held) yield held;
    held = piece;
  }
  if (crc32ToBase64(crc) !== selection.crc32) throw damaged(selection, crc32ToBase64(crc), now);
  if (held) yield held;
}

/** As they come, up to the end of a range; its last bytes are given once all of it has its SHA-256. */
async function* withDigests(
  bytes: AsyncIterable<Buffer>,
  ranges: readonly DigestedRange[],
  selection: Selection,
  now: Date,
): AsyncGenerator<Buffer> {
  const left = [...ranges];
  let hash = createHash('sha256');
  let at = 0;
  for await (const chunk of bytes) {
    let rest = chunk;
    for (let end = left[0]?.end; end !== undefined && end <= at + rest.length; end = left[0]?.end) {
      const piece = rest.subarray(0, end - at);
      const found = hash.update(piece).digest('base64');
      if (left[0] && found !== left[0].sha256) throw damagedRange(selection, left[0], found, now);
      yield piece;
      [hash, at, rest] = [createHash('sha256'), end, rest.subarray(piece.length)];
      left.shift();
    }
    hash.update(rest);
    at += rest.length;
    if (rest.length > 0) yield rest;
  }
}

async function* advised(bytes: Readable, advise: (error: unknown) => never): AsyncGenerator<Buffer> {
  try {
    yield* bytes as AsyncIterable<Buffer>;
  } catch (error) {
    advise(error);
  }
}

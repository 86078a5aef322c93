import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../../zip/byte-source.ts';
import { crc32ToBase64 } from '../../zip/crc32.ts';
import type { Selection } from '../state.ts';
import { withAdvice } from './next-good.ts';
import { damaged } from './stored-spans.ts';

/**
 * The archive as it is streamed to a manager: its last bytes are held back until all of them have the manifest's CRC-32,
 * so a manager never has a whole upload of other bytes. Reads throw `ArchiveDamaged`. An archive from a URL has no
 * manifest, and is given as it comes.
 */
export function verifiedSource(source: ByteSource, selection: Selection, now: Date): ByteSource {
  if (selection.crc32 === null) return source;
  const advise = (error: unknown): never => {
    throw withAdvice(error, selection, now);
  };
  return {
    size: source.size,
    read: async (start, length) => {
      const bytes = advised(await source.read(start, length).catch(advise), advise);
      return Readable.from(heldBack(bytes, selection, now), { objectMode: false });
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

async function* advised(bytes: Readable, advise: (error: unknown) => never): AsyncGenerator<Buffer> {
  try {
    yield* bytes as AsyncIterable<Buffer>;
  } catch (error) {
    advise(error);
  }
}

import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../../zip/byte-source.ts';
import { crc32ToBase64 } from '../../zip/crc32.ts';
import type { Selection } from '../state.ts';
import { damaged } from './stored-spans.ts';

/**
 * The archive as it is streamed to a manager: its last bytes are held back until all of them have the manifest's CRC-32,
 * so a manager never has a whole upload of other bytes. Reads throw `ArchiveDamaged`. An archive from a URL has no
 * manifest, and is given as it comes.
 */
export function verifiedSource(source: ByteSource, selection: Selection): ByteSource {
  if (selection.crc32 === null) return source;
  return {
    size: source.size,
    read: async (start, length) =>
      Readable.from(heldBack(await source.read(start, length), selection), { objectMode: false }),
  };
}

async function* heldBack(bytes: Readable, { key, versionId, crc32: manifest }: Selection): AsyncGenerator<Buffer> {
  let crc = 0;
  let held: Buffer | undefined;
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    crc = crc32(piece, crc);
    if (held) yield held;
    held = piece;
  }
  if (crc32ToBase64(crc) !== manifest) throw damaged(`${key} (version ${versionId})`, crc32ToBase64(crc), manifest);
  if (held) yield held;
}

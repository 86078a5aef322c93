import { crc32 } from 'node:zlib';
import { crc32Combine, crc32ToBase64 } from '../../lib/zip/crc32.ts';

/** The CRC-32 of pieces in order. */
export function crc32OfPieces(pieces: readonly { readonly crc32: number; readonly size: number }[]): number {
  return pieces.reduce((whole, piece) => crc32Combine(whole, piece.crc32, piece.size), 0);
}

/** S3's composite checksum: the CRC-32 of the parts' CRC-32s, and how many there were: `R/nORQ==-2`. */
export function compositeCrc32(pieces: readonly { readonly crc32: number }[]): string {
  const all = Buffer.concat(pieces.map((piece) => Buffer.from(crc32ToBase64(piece.crc32), 'base64')));
  return `${crc32ToBase64(crc32(all))}-${pieces.length}`;
}

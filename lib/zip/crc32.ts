/** CRC-32 as S3 writes it: base64 of four bytes, big-endian. */
export function crc32ToBase64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString('base64');
}

export function crc32FromBase64(text: string): number {
  return Buffer.from(text, 'base64').readUInt32BE(0);
}

/** Reversed polynomial of the CRC-32 that zip, gzip and S3 use. */
const POLYNOMIAL = 0xedb88320;

/**
 * CRC-32 of A followed by B, from the CRC of each and the length of B: the parts of an upload give the checksum of the
 * whole without reading a byte again. Appending n zero bytes multiplies by x^(8n) modulo the polynomial; squaring gives
 * that in log2(n) steps (M. Adler, zlib `crc32_combine`).
 */
export function crc32Combine(a: number, b: number, lengthOfB: number): number {
  let shift = 0x80000000; // x^0, bits reversed
  let power = 0x00800000; // x^8: one byte
  for (let n = lengthOfB; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) shift = multiply(power, shift);
    power = multiply(power, power);
  }
  return (multiply(shift, a) ^ b) >>> 0;
}

/** CRC-32 of consecutive pieces, as S3 writes it, from those of the pieces and their lengths in bytes. */
export function crc32Joined(pieces: readonly { readonly crc32: string; readonly size: number }[]): string {
  return crc32ToBase64(pieces.reduce((sum, { crc32, size }) => crc32Combine(sum, crc32FromBase64(crc32), size), 0));
}

/**
 * What a piece of a whole gives to the CRC-32 of the whole: its own, moved over the bytes that follow it. The shares of all
 * pieces, in any order, give the whole (`crc32OfShares`), so that nobody has to know where each of them was.
 */
export const crc32Share = (crc: number, bytesAfter: number): number => crc32Combine(crc, 0, bytesAfter);

/** The CRC-32 of the whole, of shares as S3 writes checksums. */
export const crc32OfShares = (shares: readonly string[]): string =>
  crc32ToBase64(shares.reduce((sum, share) => sum ^ crc32FromBase64(share), 0));

/** Product of two polynomials modulo the CRC's, bits reversed. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b >>> 0;
  for (let bit = 0x80000000; bit > 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product >>> 0;
}

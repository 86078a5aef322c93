import { crc32Combine } from '../../lib/zip/crc32.ts';

/**
 * CRC-32 of a block written `times` times in a row, by doubling: the checksum of 20,000 blocks takes microseconds where
 * reading the bytes would take seconds.
 */
export function crcOfRepeated(crcOfBlock: number, blockLength: number, times: number): number {
  let result = 0;
  let power = crcOfBlock;
  let powerLength = blockLength;
  for (let n = times; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = crc32Combine(result, power, powerLength);
    power = crc32Combine(power, power, powerLength);
    powerLength *= 2;
  }
  return result;
}

import { ChecksumMismatch } from '../base/errors.ts';
import type { Stored, Verified } from '../base/schemas.ts';
import { crc32OfShares } from './crc32.ts';

/**
 * Throws `ChecksumMismatch` unless the bytes that were read are those whose CRC-32 was made when they were copied: also
 * those that no member covers, such as dates and modes of files.
 */
export function requireWhole(key: string, { crc32 }: Pick<Stored, 'crc32'>, shares: readonly string[]): void {
  const found = crc32OfShares(shares);
  if (found === crc32) return;
  throw new ChecksumMismatch(changedText(key, { crc32 }, found));
}

export function changedText(key: string, { crc32 }: Pick<Stored, 'crc32'>, found: string): string {
  return `${key} reads back with the CRC-32 ${found}; ${crc32} was stored. The files in it are intact, so headers or the directory were changed: dates, modes or attributes of files.`;
}

/** The shares of all spans; undefined when an earlier version has verified some of them. */
export function sharesOf(verified: readonly Verified[]): string[] | undefined {
  const shares = verified.flatMap(({ share }) => share ?? []);
  return shares.length === verified.length ? shares : undefined;
}

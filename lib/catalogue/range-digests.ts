import { ChecksumMismatch } from '../base/errors.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import type { Accepts } from '../storage/record-text.ts';
import type { VersionId } from '../storage/version-id.ts';
import { readRecord } from './read-record.ts';
import type { Manifest } from './records.ts';

/** From the end of the range before up to `end`; the last one ends where the archive does. */
export interface DigestedRange {
  readonly start: number;
  readonly end: number;
  /** SHA-256 in base64. */
  readonly sha256: string;
}

/** The ranges that a manifest has digests of; undefined where the id of a version pins the bytes, and in older manifests. */
export function digestedRanges({ archive }: Pick<Manifest, 'archive'>): DigestedRange[] | undefined {
  return archive.ranges?.map(({ end, sha256 }, at) => ({ start: archive.ranges?.[at - 1]?.end ?? 0, end, sha256 }));
}

interface Stored {
  readonly versionId: VersionId;
  readonly size: number;
  readonly crc32: string | null;
}

/**
 * The digests in the manifest of a snapshot, if it speaks of these very bytes. Throws `UnreadableRecord`, `RecordForged`,
 * `StorageRefused` when the manifest cannot be believed.
 */
export async function recordedRanges(
  of: { readonly manager: string; readonly snapshot: string },
  stored: Stored,
  records: Pick<JsonRecords, 'read'>,
  accepts: Accepts = 'genuine',
): Promise<DigestedRange[] | undefined> {
  const manifest = (await readRecord('manifest', of, records, accepts))?.value;
  if (!manifest) return undefined;
  const { versionId, size, crc32 } = manifest.archive;
  const isOfThese = versionId === stored.versionId && size === stored.size && crc32 === stored.crc32;
  return isOfThese ? digestedRanges(manifest) : undefined;
}

/** Throws `ChecksumMismatch` when a range has other bytes than those that were verified, whatever their CRC-32. */
export function requireDigest(key: string, range: DigestedRange | undefined, found: string): void {
  if (range === undefined || range.sha256 === found) return;
  throw new ChecksumMismatch(
    `Bytes ${range.start} to ${range.end - 1} of ${key} are not those that were verified: their SHA-256 is ${found}, and the signed manifest says ${range.sha256}.`,
  );
}

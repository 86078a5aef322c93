import { RecordConflict } from '../base/errors.ts';
import { digestOf } from '../catalogue/index-records.ts';
import type { Manifest } from '../catalogue/records.ts';
import type { StoredObject } from '../storage/archive-bucket.ts';
import type { Standing } from '../storage/seal.ts';

/** The manifest of the archive that is copied, where it is copied from. */
export interface SourceManifest {
  readonly value: Manifest;
  readonly standing: Standing | undefined;
  /** Where a person finds it: a folder, or the bucket. */
  readonly place: string;
}

interface Copy {
  readonly bucket: string;
  readonly stored: StoredObject;
  readonly parts: Pick<Manifest['archive'], 'partSize' | 'parts'>;
  /** Where no version pins the bytes. */
  readonly ranges: Manifest['archive']['ranges'];
  readonly now: string;
}

/**
 * The manifest of the copy. It names the version in the other store, so the signature of the source cannot stand: it is signed
 * anew there, and says whose signature the source had.
 */
export function copiedManifest({ value, standing, place }: SourceManifest, copy: Copy): Manifest {
  const { signature: _, ...manifest } = value;
  const { ranges: _ranges, ...archive } = value.archive;
  return {
    ...manifest,
    archive: {
      ...archive,
      bucket: copy.bucket,
      versionId: copy.stored.versionId,
      ...copy.parts,
      ...(copy.ranges ? { ranges: copy.ranges } : {}),
    },
    verification: { ...value.verification, verifiedAt: copy.now },
    times: { ...value.times, stored: copy.stored.storedAt.toISOString(), recorded: copy.now },
    copiedFrom: {
      place,
      versionId: value.archive.versionId,
      manifest: digestOf(value),
      signedBy: standing?.state === 'signed' ? standing.key : null,
    },
  };
}

/** Throws `RecordConflict` when the manifest that stands in the target is of other bytes. */
export function requireSameArchive(key: string, standing: Manifest, { value }: SourceManifest): void {
  const [a, b] = [standing.archive, value.archive];
  const isSame = a.size === b.size && a.crc32 === b.crc32 && standing.times.snapshotReady === value.times.snapshotReady;
  if (isSame) return;
  throw new RecordConflict(
    `${key} exists already in the target and speaks of another archive (${a.size} bytes, CRC-32 ${a.crc32}; here ${b.size} bytes, CRC-32 ${b.crc32}). Nothing was overwritten. If both are of one manager, copy into an empty store.`,
  );
}

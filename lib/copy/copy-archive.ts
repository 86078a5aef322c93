import { ArchiveDamaged, ArchiveGone, ArchiveNotFound, ChecksumMismatch, RecordConflict } from '../base/errors.ts';
import { localDefaults } from '../base/settings.ts';
import { digestOf } from '../catalogue/index-records.ts';
import { lockRecorded } from '../catalogue/object-lock.ts';
import { readRecord } from '../catalogue/read-record.ts';
import type { InspectionRecord, Manifest } from '../catalogue/records.ts';
import { isMarkedDamaged, recordedArchive, requireListed } from '../catalogue/verified-archive.ts';
import type { RetainDeps } from '../retention/retain.ts';
import type { ArchiveBucket, StoredObject } from '../storage/archive-bucket.ts';
import { keysOf } from '../storage/layout.ts';
import type { Bandwidth } from '../transfer/bandwidth.ts';
import { planParts } from '../transfer/part-plan.ts';
import { copiedManifest, requireSameArchive, type SourceManifest } from './copied-manifest.ts';
import { copyAfter, copyBefore, type Snapshot, sourceInspection } from './copied-records.ts';
import { readBack } from './read-back.ts';
import { MADE_FROM, uploadCopy } from './upload-copy.ts';

export interface CopyDeps {
  readonly source: ArchiveBucket;
  /** Of the source, for the record. */
  readonly place: string;
  readonly target: RetainDeps & { readonly archive: ArchiveBucket };
  readonly bandwidth: Bandwidth;
  readonly onBytes: (kind: 'copied' | 'verified', count: number) => void;
  /** What begins now, for all bytes of the archive. */
  readonly onPhase: (kind: 'copied' | 'verified') => void;
}

export interface Copied {
  /** `present`: it was there already, recorded and with these very bytes. */
  readonly outcome: 'copied' | 'present';
  readonly size: number;
  readonly versionId: string | null;
}

/**
 * Copies one archive: the bytes, which are read back; then its records; the manifest after them, signed by the target's
 * key. Done again it finds what is there and does the rest. Throws `RecordConflict` when the target has another archive
 * of this name, `ChecksumMismatch`, and what both stores throw.
 */
export async function copyArchive(of: Snapshot, deps: CopyDeps): Promise<Copied> {
  const { target } = deps;
  const manifest = await readSource(of, deps);
  const { key, size } = manifest.value.archive;
  const standing = (await readRecord('manifest', of, target.archive.records))?.value;
  if (standing) {
    requireSameArchive(keysOf(of.manager, of.snapshot).manifest, standing, manifest);
    await requireUsable(standing, deps);
    await finish(of, standing, deps);
    return { outcome: 'present', size, versionId: standing.archive.versionId };
  }
  const inspection = await sourceInspection(of, deps.source);
  const { stored, parts } = await storeBytes(manifest, deps);
  const ranges = await proveBytes(manifest, stored, inspection, deps);
  await copyBefore(of, inspection, stored.versionId, { source: deps.source, target: target.archive });
  const now = target.clock.now().toISOString();
  const { bucketName } = target.archive;
  const copy = copiedManifest(manifest, { bucket: bucketName, stored, parts, ranges, now });
  const manifestKey = keysOf(of.manager, of.snapshot).manifest;
  if (!(await target.archive.records.write(manifestKey, copy, 'absent'))) {
    const other = (await readRecord('manifest', of, target.archive.records))?.value;
    if (!other) throw new RecordConflict(`${manifestKey} changed while ${key} was copied. Run the copy again.`);
    requireSameArchive(manifestKey, other, manifest);
  }
  await finish(of, copy, deps);
  return { outcome: 'copied', size, versionId: stored.versionId };
}

async function readSource(of: Snapshot, { source, place }: CopyDeps): Promise<SourceManifest> {
  const found = await readRecord('manifest', of, source.records);
  if (found) return { value: found.value, standing: found.standing, place };
  throw new ArchiveNotFound(`${place} has no manifest of ${of.snapshot} of manager ${of.manager}.`);
}

async function requireUsable(standing: Manifest, { target }: CopyDeps): Promise<void> {
  const { key, versionId } = standing.archive;
  if (!(await recordedArchive({ manager: standing.manager.id, snapshot: standing.snapshot.id }, target)))
    throw new ArchiveGone(
      `The target has a manifest of ${key}, and version ${versionId} of the archive is not there any more. It expired or was removed: remove the manifest there, then copy again.`,
    );
  if (await isMarkedDamaged(standing, target))
    throw new ArchiveDamaged(
      `${key} is in the target already, and its verification there found it damaged. Nothing was overwritten: remove it there with its manifest, then copy again.`,
    );
}

/** Locks, the list of versions, run record and hold: each may have been missing when an earlier run was killed. */
async function finish(of: Snapshot, manifest: Manifest, { source, target }: CopyDeps): Promise<void> {
  await lockRecorded(manifest, target);
  await requireListed(manifest, target);
  await copyAfter(of, { source, target: target.archive }, target);
}

async function storeBytes({ value }: SourceManifest, { source, target, bandwidth, onBytes, onPhase }: CopyDeps) {
  const { key, versionId, size, crc32 } = value.archive;
  const { archive, clock, signal } = target;
  const label = digestOf(value);
  const before = await archive.head(key);
  const isLeft = before?.metadata[MADE_FROM] === label || (before?.size === size && before.crc32 === crc32);
  if (before && !isLeft) {
    throw new RecordConflict(
      `${key} exists already in the target and is another archive, without a manifest (${before.size} bytes). Nothing was overwritten; find out who wrote it.`,
    );
  }
  const { partSize, parts } = planParts(size, true, localDefaults, key);
  if (before) return { stored: before, parts: { partSize, parts } };
  onPhase('copied');
  const bytes = source.source(key, versionId, size);
  await uploadCopy(
    { source: bytes, key, crc32, manifest: label },
    { archive, clock, signal, bandwidth, onBytes: (count) => onBytes('copied', count) },
  );
  const stored = await archive.head(key);
  if (!stored) throw new ArchiveGone(`${key} is not in the target after its upload was completed. Run the copy again.`);
  return { stored, parts: { partSize, parts } };
}

/** Gives the SHA-256 of ranges where no version pins the bytes. Throws `ChecksumMismatch`. */
async function proveBytes(
  { value }: SourceManifest,
  stored: StoredObject,
  inspection: InspectionRecord | undefined,
  { target, onBytes, onPhase }: CopyDeps,
): Promise<Manifest['archive']['ranges']> {
  const { key, size, crc32, ranges } = value.archive;
  const spans = inspection?.spans.slice(0, -1).map(({ end }) => end) ?? [];
  const ends = ranges?.map(({ end }) => end) ?? [...spans, size];
  onPhase('verified');
  const found = await readBack(target.archive.source(key, stored.versionId, stored.size), ends, {
    signal: target.signal,
    onBytes: (count) => onBytes('verified', count),
  });
  const isDifferent = stored.size !== size || found.crc32 !== crc32;
  const odd = ranges?.find(({ sha256 }, at) => sha256 !== found.ranges[at]?.sha256);
  if (!isDifferent && !odd) return ranges || !target.archive.pins(stored.versionId) ? [...found.ranges] : undefined;
  // No manifest speaks of it: the next run begins anew.
  if (stored.metadata[MADE_FROM] !== undefined) await target.archive.removeUnrecorded(key, stored.versionId);
  const what = isDifferent ? `CRC-32 ${crc32}` : `SHA-256 up to byte ${odd?.end}`;
  throw new ChecksumMismatch(
    `The copy of ${key}, read back, does not have the ${what} of the manifest. It was not recorded. Verify the archive where it is copied from (offsite verify), then copy again.`,
  );
}

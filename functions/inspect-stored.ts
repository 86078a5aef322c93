import { isDeepStrictEqual } from 'node:util';
import { capitalized } from '../lib/base/capitalized.ts';
import { ArchiveGone, ChecksumMismatch, RecordConflict } from '../lib/base/errors.ts';
import type { Stored } from '../lib/base/schemas.ts';
import { digestedRanges } from '../lib/catalogue/range-digests.ts';
import { isUnread, readOrError, readRecord } from '../lib/catalogue/read-record.ts';
import { InspectionRecord, type Manifest } from '../lib/catalogue/records.ts';
import type { Deps } from '../lib/deps.ts';
import { inspect } from '../lib/export/inspect-stored.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { archiveOf } from '../lib/verification/state.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Compares what is stored with the manifest, then reads the directory again as at export. The inspection of the export
 * may be gone, or be cut by another version or for another size of function: what VerifySpan goes by is written anew.
 */
export const inspectStored = defineStep('InspectStored', async ({ archive }, deps) => {
  const { manager, snapshot } = archiveOf(archive);
  const keys = keysOf(manager, snapshot);
  const manifest = (await readRecord('manifest', { manager, snapshot }, deps.archive.records))?.value;
  if (!manifest) throw new ArchiveGone(`There is no manifest ${keys.manifest} in ${deps.archive.place}.`);
  const stored = await storedAs(manifest, keys.archive, deps);
  const ranges = digestedRanges(manifest);
  const record = await inspect({ manager, snapshot, stored, cuts: ranges?.map(({ end }) => end) }, deps);
  assertSameArchive(manifest, record);
  if (ranges && ranges.length !== record.spans.length) {
    throw new ChecksumMismatch(`The files in ${keys.archive} do not end where its manifest says that they do.`);
  }
  await keep(keys.inspection, record, deps);
  const { memberCount, spans } = record;
  return { manager, snapshot, stored, memberCount, spans: spans.map((_, index) => index + 1) };
});

/** The version that the manifest vouches for, if storage has it and says of it what the manifest says. */
async function storedAs(manifest: Manifest, key: string, deps: Deps): Promise<Stored> {
  const { versionId, size, crc32 } = manifest.archive;
  if (manifest.archive.key !== key) {
    throw new RecordConflict(
      `The manifest of ${key} speaks of ${manifest.archive.key}. Find out which program copied it, and move it away.`,
    );
  }
  const head = await deps.archive.head(key, versionId);
  if (!head) {
    throw new ArchiveGone(
      `${capitalized(deps.archive.place)} has no version ${versionId} of ${key}, which its manifest names.`,
    );
  }
  // Some stores keep no checksum of the whole; the members have theirs.
  const found = { size: head.size, crc32: head.crc32 ?? crc32 };
  if (found.size !== size || found.crc32 !== crc32) {
    throw new ChecksumMismatch(
      `${key} has ${found.size} bytes and CRC-32 ${found.crc32} in storage; its manifest says ${size} and ${crc32}.`,
    );
  }
  return { size, crc32, versionId, storedAt: manifest.times.stored };
}

function assertSameArchive({ snapshot, archive }: Manifest, record: InspectionRecord): void {
  const differs = (['memberCount', 'compressedBytes', 'uncompressedBytes'] as const).find(
    (field) => record[field] !== snapshot[field],
  );
  if (differs === undefined) return;
  throw new ChecksumMismatch(
    `The directory of ${archive.key} has ${differs} ${record[differs]}; its manifest says ${snapshot[differs]}.`,
  );
}

/** Written only if it says something else: a new version would be without the retention tag of the old one. */
async function keep(key: string, record: InspectionRecord, deps: Deps): Promise<void> {
  const before = await readOr(key, deps);
  if (isDeepStrictEqual(before, record)) return;
  await deps.archive.records.write(key, record, 'any');
}

async function readOr(key: string, deps: Deps): Promise<InspectionRecord | undefined> {
  const record = await readOrError(() => deps.archive.records.read(key, InspectionRecord));
  // Of another version of this software, or damaged: it is written anew.
  return isUnread(record) ? undefined : record?.value;
}

export const handler = toHandler(inspectStored, runtime);

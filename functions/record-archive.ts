import { RecordConflict, VerificationIncomplete } from '../lib/base/errors.ts';
import { SOFTWARE } from '../lib/base/software.ts';
import { lockRecorded } from '../lib/catalogue/object-lock.ts';
import { readRecord } from '../lib/catalogue/read-record.ts';
import { type Flag, InspectionRecord, type Manifest } from '../lib/catalogue/records.ts';
import { recordedArchive, requireListed } from '../lib/catalogue/verified-archive.ts';
import type { Deps } from '../lib/deps.ts';
import { flagsOf } from '../lib/export/drift.ts';
import { ownsRun } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { retain } from '../lib/retention/retain.ts';
import { keysOf } from '../lib/storage/layout.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { requireWhole, sharesOf } from '../lib/zip/whole-archive.ts';

/**
 * Writes the manifest, the last thing and the only word that an archive is whole. Then the index and retention: the new archive is held,
 * and only then older ones are let go. Repeated, it finds its own manifest and applies retention again.
 */
export const recordArchive = defineStep('RecordArchive', async (input, deps) => {
  const { run, stored, verified } = input;
  const keys = keysOf(run.manager, run.snapshot);
  const inspection = (await deps.archive.records.read(keys.inspection, InspectionRecord))?.value;
  if (inspection?.versionId !== stored.versionId) {
    throw new VerificationIncomplete(
      `${keys.archive} has no inspection of the version that is stored. Run the export again.`,
    );
  }
  const members = verified.reduce((sum, span) => sum + span.members, 0);
  if (members !== inspection.memberCount || verified.length !== inspection.spans.length) {
    throw new VerificationIncomplete(`${keys.archive}: ${members} of ${inspection.memberCount} files were verified.`);
  }
  const shares = sharesOf(verified);
  if (shares) requireWhole(keys.archive, stored, shares);
  const flags = await flagsOf(run, inspection, stored.size, deps);
  const manifest = describe(input, inspection, flags, deps);
  if (!(await ownsRun(run, run.owner, deps))) {
    throw new RecordConflict(
      `Another execution owns ${run.snapshot} of manager ${run.manager} by now. Nothing was recorded.`,
    );
  }
  const recordedAt = await write(run, manifest, deps);
  if (!(await recordedArchive(run, deps))) {
    // Removed while we wrote, by an execution that took the run over: our word about it must not stand.
    await deps.archive.records.remove(keys.manifest);
    throw new RecordConflict(`${keys.archive} was removed while it was recorded. Run the export again.`);
  }
  await lockRecorded(manifest, deps);
  await requireListed(manifest, deps);
  await retain(run.manager, deps, run.snapshot);
  deps.metrics.put('ArchiveBytes', 'Bytes', stored.size, run.manager);
  return { manifest: keys.manifest, recordedAt };
});

/** Gives the time of the manifest that stands. Throws `RecordConflict` when it is of another version of the archive. */
async function write(
  run: { readonly manager: string; readonly snapshot: string },
  manifest: Manifest,
  deps: Deps,
): Promise<string> {
  const key = keysOf(run.manager, run.snapshot).manifest;
  if (await deps.archive.records.write(key, manifest, 'absent')) return manifest.times.recorded;
  const standing = (await readRecord('manifest', run, deps.archive.records))?.value;
  if (standing && standing.execution === manifest.execution && isSameArchive(standing, manifest)) {
    return standing.times.recorded;
  }
  throw new RecordConflict(`${key} exists and speaks of another version of the archive. Nothing was overwritten.`);
}

/** Size and checksum too: in a bucket without versions every version has the id "null". */
function isSameArchive({ archive: a }: Manifest, { archive: b }: Manifest): boolean {
  return a.versionId === b.versionId && a.size === b.size && a.crc32 === b.crc32;
}

/** What VerifySpan has summed; nothing where the version pins the bytes. */
function rangesOf(
  verified: InputOf<'RecordArchive'>['verified'],
  { spans }: InspectionRecord,
  size: number,
): Pick<Manifest['archive'], 'ranges'> {
  const ends = [...spans.slice(0, -1).map(({ end }) => end), size];
  const ranges = verified.flatMap(({ sha256 }, at) =>
    sha256 === undefined ? [] : [{ end: ends[at] ?? size, sha256 }],
  );
  return ranges.length === spans.length ? { ranges } : {};
}

function describe(input: InputOf<'RecordArchive'>, inspection: InspectionRecord, flags: Flag[], deps: Deps): Manifest {
  const { run, creation, transfer, stored, verified } = input;
  const { node, version, edition } = run;
  const now = deps.clock.now().toISOString();
  const { requiredMembers, memberCount, compressedBytes, uncompressedBytes } = inspection;
  return {
    schema: 'cloudify-offsite/manifest/1',
    manager: { id: run.manager, version, edition, node },
    snapshot: {
      id: run.snapshot,
      format: inspection.format,
      version: inspection.snapshotVersion,
      requiredMembers,
      memberCount,
      compressedBytes,
      uncompressedBytes,
    },
    archive: {
      bucket: deps.archive.bucketName,
      key: keysOf(run.manager, run.snapshot).archive,
      versionId: stored.versionId,
      size: stored.size,
      crc32: stored.crc32,
      sourceEtag: transfer.etag,
      partSize: transfer.partSize,
      parts: transfer.parts,
      ...rangesOf(verified, inspection, stored.size),
    },
    verification: { members: memberCount, bytes: verified.reduce((sum, span) => sum + span.bytes, 0), verifiedAt: now },
    inventory: inspection.inventory,
    ...(flags.length > 0 ? { flags } : {}),
    times: {
      scheduled: run.scheduledTime,
      started: run.startedAt,
      snapshotRequested: creation.requestedAt,
      snapshotReady: creation.readyAt ?? creation.requestedAt,
      stored: stored.storedAt,
      recorded: now,
    },
    execution: input.run.owner,
    software: SOFTWARE,
  };
}

export const handler = toHandler(recordArchive, runtime);

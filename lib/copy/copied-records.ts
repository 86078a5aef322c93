import { readRecord } from '../catalogue/read-record.ts';
import { InspectionRecord, type KeepRecord } from '../catalogue/records.ts';
import { keepArchive } from '../retention/keep.ts';
import type { RetainDeps } from '../retention/retain.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { keysOf } from '../storage/layout.ts';
import type { VersionId } from '../storage/version-id.ts';

export interface Snapshot {
  readonly manager: string;
  readonly snapshot: string;
}

export interface Stores {
  readonly source: ArchiveBucket;
  readonly target: ArchiveBucket;
}

/** What the export found inside, which a verification in the target goes by. Undefined: the source has none. */
export async function sourceInspection({ manager, snapshot }: Snapshot, source: ArchiveBucket) {
  return (await source.records.read(keysOf(manager, snapshot).inspection, InspectionRecord))?.value;
}

/** Before the manifest: the inspection, under the version of the copy, and what a person has said of the content. */
export async function copyBefore(
  of: Snapshot,
  inspection: InspectionRecord | undefined,
  versionId: VersionId,
  { source, target }: Stores,
): Promise<void> {
  const keys = keysOf(of.manager, of.snapshot);
  if (inspection) {
    const standing = (await target.records.read(keys.inspection, InspectionRecord))?.value;
    if (standing?.versionId !== versionId)
      await target.records.write(keys.inspection, { ...inspection, versionId }, 'any');
  }
  const accept = (await readRecord('accept', of, source.records))?.value;
  if (accept && !accept.missing) await target.records.write(keys.accept, accept, 'absent');
}

/**
 * After the manifest: the record of the run, so that nobody makes the archive again, and the wish to keep it, with tags
 * and holds of the target. The number of the source's index means nothing there.
 */
export async function copyAfter(
  of: Snapshot,
  { source, target }: Stores,
  deps: RetainDeps & Parameters<typeof keepArchive>[3],
): Promise<void> {
  const run = (await readRecord('run', of, source.records))?.value;
  if (run?.state === 'succeeded') {
    const { indexSequence: _, undelivered: _undelivered, ...rest } = run;
    await target.records.write(keysOf(of.manager, of.snapshot).run, rest, 'absent');
  }
  const keep = (await readRecord('keep', of, source.records))?.value;
  const until = keep?.until ? new Date(keep.until) : null;
  if (!keep || (until && until <= deps.clock.now())) return;
  const standing = (await readRecord('keep', of, target.records))?.value;
  if (isAsLong(standing, keep)) return;
  const reason = keep.reason === undefined ? {} : { reason: keep.reason };
  await keepArchive(of.manager, of.snapshot, { until, ...reason }, deps);
}

/** A wish of the target is never shortened by one of the source. */
function isAsLong(standing: KeepRecord | undefined, { until, at }: KeepRecord): boolean {
  if (!standing) return false;
  // Somebody has ended it, or changed it, in the target since.
  if (standing.at > at) return true;
  return standing.until === null || (until !== null && standing.until >= until);
}

import { days } from '../../base/durations.ts';
import type { Entry } from '../../catalogue/entry.ts';
import type { ManagerRules } from '../../config/manager-rules.ts';
import { type PlannedArchive, planOf } from '../../retention/plan.ts';
import { keysOf } from '../../storage/layout.ts';
import type { Input } from '../facts/witness.ts';

/** One stored archive: what it is, what protects it, and when it was last read in full. */
export interface ArchiveFact extends PlannedArchive {
  readonly key: string;
  readonly versionId: string | null;
  readonly crc32: string;
  readonly storedAt: string;
  readonly verifiedAt: string;
  /** Verified again after its export. */
  readonly isScrubbed: boolean;
  readonly flags: number;
  /** Nobody can delete it before; null: the configuration or the place has no Object Lock. */
  readonly lockedUntil: string | null;
  readonly keptUntil: string | null;
  readonly isKept: boolean;
  readonly signature: Input['signature'];
}

/** All archives of a manager that are recorded, as `offsite retention plan` tells them, the oldest first. */
export function archivesOf(
  manager: string,
  entries: readonly Entry[],
  rules: ManagerRules,
  now: Date,
): { readonly archives: readonly ArchiveFact[]; readonly bytes: number; readonly monthlyCost: number } {
  const plan = planOf(manager, entries, rules, { now, at: now, nightly: false });
  const byId = new Map(entries.map((entry) => [entry.manifest.snapshot.id, entry]));
  const archives = plan.archives.flatMap((planned) => {
    const entry = byId.get(planned.snapshot);
    return entry ? [factOf(planned, entry, rules)] : [];
  });
  return { archives, ...plan.totals };
}

function factOf(planned: PlannedArchive, entry: Entry, { lock }: ManagerRules): ArchiveFact {
  const { manifest, mark, keep, stored, standing } = entry;
  const storedAt = stored?.storedAt ?? new Date(manifest.times.stored);
  const isScrubbed = mark?.result === 'sound';
  return {
    ...planned,
    key: keysOf(manifest.manager.id, planned.snapshot).archive,
    versionId: manifest.archive.versionId,
    crc32: manifest.archive.crc32,
    storedAt: storedAt.toISOString(),
    verifiedAt: isScrubbed ? mark.checkedAt : manifest.verification.verifiedAt,
    isScrubbed,
    flags: manifest.flags?.length ?? 0,
    lockedUntil: lock ? new Date(Date.parse(manifest.times.stored) + days(lock.days)).toISOString() : null,
    keptUntil: keep?.until ?? null,
    isKept: planned.expire === 'kept',
    signature: standing?.state ?? null,
  };
}

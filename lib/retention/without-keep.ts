import { ArchiveNotFound } from '../base/errors.ts';
import { readCatalogue } from '../catalogue/catalogue.ts';
import { type Entry, isKept } from '../catalogue/entry.ts';
import type { RetentionUse } from './apply.ts';
import { type PlannedArchive, planOf } from './plan.ts';

/** Whether an archive is kept now, and what its class makes of it without that. Throws `ArchiveNotFound`. */
export async function withoutKeep(
  manager: string,
  snapshot: string,
  { archive, clock, rulesOf }: RetentionUse,
): Promise<{ readonly isKept: boolean; readonly becomes: PlannedArchive }> {
  const { entries } = await readCatalogue(manager, { archive }, { byIndex: true });
  const own = entries.find(({ manifest }) => manifest.snapshot.id === snapshot);
  const now = clock.now();
  const released = entries.map((entry) => (entry === own ? unkept(entry) : entry));
  const plan = planOf(manager, released, rulesOf(manager), { now, at: now, nightly: false });
  const becomes = plan.archives.find((one) => one.snapshot === snapshot);
  if (own && becomes) return { isKept: isKept(own, now), becomes };
  throw new ArchiveNotFound(`Manager ${manager} has no archive ${snapshot}. See: offsite list`);
}

/** A keep that cannot be read counts as one; it is replaced by one that is over. */
function unkept(entry: Entry): Entry {
  const { manifest, stored, missing, mark, accept } = entry;
  const unreadable = entry.unreadable.filter(({ kind }) => kind !== 'keep');
  return { manifest, stored, missing, mark, accept, keep: null, unreadable };
}

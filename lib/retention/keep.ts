import { defined } from '../base/defined.ts';
import { ArchiveNotFound, InvalidInput, StorageRefused } from '../base/errors.ts';
import { readCatalogue } from '../catalogue/catalogue.ts';
import { type Entry, isStored } from '../catalogue/entry.ts';
import { KeepRecord } from '../catalogue/records.ts';
import { defaultRules } from '../config/manager-rules.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';
import type { RetentionUse } from './apply.ts';
import { applyChanges, changesFor } from './changes.ts';
import { decide } from './decide.ts';

type KeepDeps = Pick<RetentionUse, 'clock'> & {
  readonly archive: RetentionUse['archive'] & { readonly records: Pick<Deps['archive']['records'], 'write'> };
};

export interface Wish {
  /** Null: for ever. */
  readonly until: Date | null;
  readonly reason?: string;
}

/**
 * Keeps an archive whatever its class says: the record first, which is what counts, then the tags of its three objects and
 * a legal hold on each where the bucket has Object Lock. Killed in between, the next run of retention does the rest; but
 * then S3 may have been faster, so whoever keeps one looks at the end of it. Throws `StorageRefused` when not all three
 * objects are protected in the end.
 */
export async function keepArchive(manager: string, snapshot: string, { until, reason }: Wish, deps: KeepDeps) {
  const now = deps.clock.now();
  if (until !== null && until <= now) {
    throw new InvalidInput(`until: must be in the future, and ${until.toISOString()} is not.`);
  }
  await findEntry(manager, snapshot, deps);
  await writeWish(manager, snapshot, { until, ...defined({ reason }) }, deps);
  const entry = await findEntry(manager, snapshot, deps);
  // What it is beside that needs the rules of the manager; kept it is under any.
  const decisions = decide([entry], defaultRules, now);
  const look = () => changesFor(decisions, defaultRules.retention, deps.archive.protection);
  const refused = await applyChanges(await look(), deps.archive.protection);
  const after = await look();
  const left = [...after.tags, ...after.holds].map(({ key }) => `${key} is not protected`);
  const [why] = [...refused, ...after.refused, ...left];
  if (why !== undefined) {
    throw new StorageRefused(
      `The wish to keep ${snapshot} of manager ${manager} is recorded, and retention obeys it. But storage does not protect all of it: ${why.replace(/\.$/, '')}. An archive without its manifest cannot be restored, so do not rely on it; run this again.`,
    );
  }
  const { key, versionId } = entry.manifest.archive;
  return { entry, legalHold: await deps.archive.protection.legalHold({ key, versionId }) };
}

/**
 * Ends the wish, now. The record stays, as a word about the past; the tags and legal holds are those of the next run of
 * retention. Nothing is removed here, and nothing expires before that run.
 */
export async function endKeep(manager: string, snapshot: string, deps: KeepDeps): Promise<Entry> {
  const entry = await findEntry(manager, snapshot, deps);
  const reason = entry.keep?.reason;
  const wish = { until: deps.clock.now(), ...defined({ reason }) };
  await writeWish(manager, snapshot, wish, deps);
  return entry;
}

async function writeWish(manager: string, snapshot: string, { until, reason }: Wish, deps: KeepDeps): Promise<void> {
  const record: KeepRecord = {
    schema: 'cloudify-offsite/keep/1',
    manager,
    snapshot,
    until: until?.toISOString() ?? null,
    ...defined({ reason }),
    at: deps.clock.now().toISOString(),
  };
  await deps.archive.records.write(keysOf(manager, snapshot).keep, KeepRecord.parse(record), 'any');
}

async function findEntry(manager: string, snapshot: string, deps: KeepDeps): Promise<Entry> {
  const { entries } = await readCatalogue(manager, deps, { byIndex: true });
  const entry = entries.find(({ manifest }) => manifest.snapshot.id === snapshot);
  if (entry && isStored(entry)) return entry;
  const ids = entries.map(({ manifest }) => manifest.snapshot.id);
  const known = ids.length === 0 ? 'It has none at all.' : `It has ${ids.length}, from ${ids[0]} to ${ids.at(-1)}.`;
  throw new ArchiveNotFound(`Manager ${manager} has no archive ${snapshot} that could be kept. ${known}`);
}

import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { days } from '../base/durations.ts';
import { ChecksumMismatch, type OffsiteError, StorageRefused } from '../base/errors.ts';
import { timeOfSnapshotId } from '../base/ids.ts';
import { limitGarbage } from '../base/memory.ts';
import type { Entry } from '../catalogue/entry.ts';
import { isUnread, readOrError, readRecord } from '../catalogue/read-record.ts';
import type { RunRecord } from '../catalogue/records.ts';
import { turnsOf } from '../catalogue/turns.ts';
import type { Deps } from '../deps.ts';
import { openUploads } from '../export/abandoned-runs.ts';
import { isAtWork, type LifeDeps } from '../export/scheduled-run.ts';
import { type RetentionView, readRetention } from '../retention/apply.ts';
import type { Decision } from '../retention/decide.ts';
import type { StoredObject } from '../storage/archive-bucket.ts';
import { isArchiveKey, isKeyOf, placesOf, snapshotOfArchiveKey, snapshotOfRunKey } from '../storage/layout.ts';
import type { StoredVersion } from '../storage/versions.ts';
import type { SeenSnapshots } from './contract.ts';
import { mayBeGone } from './expiry-times.ts';

/** How far back scheduled runs are looked at: a missing one is told of for a week, then nobody can do anything about it. */
export const SLOT_DAYS = 7;

interface RunSeen {
  /** Undefined: the record cannot be read, and `why`. */
  readonly record: RunRecord | undefined;
  readonly why?: string;
  readonly isAtWork: boolean;
}

/** All that can be seen of a manager, at about the same moment. */
export interface Observed {
  readonly manager: string;
  readonly place: string;
  readonly now: Date;
  readonly retention: RetentionView;
  /** Of recorded archives whose version is listed, those whose turn it is and those that should be gone: what storage says. An error says why it says nothing. */
  readonly heads: ReadonlyMap<Entry, StoredObject | OffsiteError | undefined>;
  /** Versions below the manager's folders: archives without a manifest, runs of the last days, what is hidden, and what is not ours. */
  readonly objects: readonly StoredVersion[];
  /** The others, which are recorded archives and records in their places: of 10,000 archives 50,000, too many to be held. */
  readonly inPlace: { readonly count: number; readonly bytes: number };
  /** First parts of all keys of the bucket. */
  readonly roots: readonly string[];
  /** By snapshot: all whose name is of the last days, and those that something open belongs to. */
  readonly runs: ReadonlyMap<string, RunSeen>;
  readonly uploads: readonly { readonly key: string; readonly uploadId: string }[];
  /** Ours on the manager. */
  readonly snapshots: SeenSnapshots;
}

type ObserveDeps = LifeDeps & Pick<Deps, 'archive' | 'rulesOf'>;

/**
 * Looks at everything. `snapshots` were seen before: what the manager makes meanwhile has a run by then, and what is
 * recorded meanwhile was listed there before.
 */
export async function observe(manager: string, snapshots: SeenSnapshots, deps: ObserveDeps): Promise<Observed> {
  const uploads = await openUploads(manager, deps);
  const before = await listObjects(manager, deps);
  const retention = await readRetention(manager, deps);
  const { objects, inPlace } = unrecorded(before, retention);
  limitGarbage();
  const entries = retention.decisions.map(({ entry }) => entry);
  const now = deps.clock.now();
  const open = [...snapshots.whole, ...uploads.flatMap(({ key }) => snapshotOfArchiveKey(key) ?? [])];
  return {
    place: deps.archive.place,
    manager,
    now,
    retention,
    objects,
    inPlace,
    uploads,
    snapshots,
    heads: await headsOf(manager, retention, now, deps),
    roots: await deps.archive.roots(),
    runs: await seenRuns(manager, [...recent(objects, now), ...open, ...unrecordedIn(objects, entries)], deps),
  };
}

interface Listed {
  readonly objects: readonly StoredVersion[];
  /** Versions of archives that a plain read gives, by `nameOf`: most are recorded, and not looked at again. */
  readonly archives: ReadonlySet<string>;
  readonly inPlace: { readonly count: number; readonly bytes: number };
}

/** A version's id is like no other; where a store makes none, there is one version of a key. */
const nameOf = ({ key, versionId }: StoredVersion) => (versionId === 'null' ? key : (versionId ?? key));

async function listObjects(manager: string, { archive, clock }: ObserveDeps): Promise<Listed> {
  const inPlace = { count: 0, bytes: 0 };
  const archives = new Set<string>();
  const from = clock.now().getTime() - days(SLOT_DAYS + 2);
  const matters = ({ key, hiddenAt }: StoredVersion) => {
    if (hiddenAt !== null || !isKeyOf(manager, key)) return true;
    return (timeOfSnapshotId(snapshotOfRunKey(key) ?? '')?.getTime() ?? 0) >= from;
  };
  // Two at once: a place of 10,000 objects takes 5 MB until it is sorted out.
  const lists = await mapAtMost(2, placesOf(manager), async (place) => {
    const { true: kept = [], false: others = [] } = Object.groupBy(await archive.versions(place), (one) =>
      matters(one) ? 'true' : 'false',
    );
    for (const one of others) if (isArchiveKey(one.key)) archives.add(nameOf(one));
    inPlace.count += others.length;
    inPlace.bytes += others.reduce((sum, { size }) => sum + size, 0);
    return kept;
  });
  return { objects: lists.flat(), archives, inPlace };
}

/** With the archives for which no manifest vouches, of those that were there before the manifests were listed. */
function unrecorded({ objects, archives, inPlace }: Listed, { catalogue }: RetentionView): Omit<Listed, 'archives'> {
  const alone = catalogue.unvouched.filter((one) => one.hiddenAt === null && archives.has(nameOf(one)));
  const bytes = alone.reduce((sum, { size }) => sum + size, 0);
  return {
    objects: [...objects, ...alone],
    inPlace: { count: inPlace.count - alone.length, bytes: inPlace.bytes - bytes },
  };
}

/** So many of the newest are looked at each time, of the others each in its turn. */
const NEWEST = 100;

async function headsOf(
  manager: string,
  { decisions }: RetentionView,
  now: Date,
  deps: ObserveDeps,
): Promise<Observed['heads']> {
  const there = decisions.filter(({ entry }) => entry.stored !== null);
  const idOf = ({ entry }: Decision) => entry.manifest.snapshot.id;
  const turns = turnsOf(there.map(idOf), { newest: NEWEST, today: now });
  const heads = await readHeads(
    there.filter((one) => turns.has(idOf(one))).map(({ entry }) => entry),
    deps,
  );
  const { retention, isReplicated } = deps.rulesOf(manager);
  const isCopied =
    isReplicated || [...heads.values()].some((head) => head && 'replication' in head && head.replication);
  // What waits for its copy is not overdue.
  const late = there.filter((one) => isCopied && !turns.has(idOf(one)) && mayBeGone(one, retention, now));
  return new Map([
    ...heads,
    ...(await readHeads(
      late.map(({ entry }) => entry),
      deps,
    )),
  ]);
}

async function readHeads(there: readonly Entry[], deps: ObserveDeps): Promise<Observed['heads']> {
  const heads = await mapAtMost(REQUESTS_AT_ONCE, there, async (entry) => {
    const { key, versionId } = entry.manifest.archive;
    try {
      return await deps.archive.head(key, versionId);
    } catch (error) {
      // A file in a folder was changed, or storage refuses this one: a finding, and no reason to find nothing else.
      if (error instanceof ChecksumMismatch || error instanceof StorageRefused) return error;
      throw error;
    }
  });
  return new Map(there.map((entry, i) => [entry, heads[i]]));
}

/** Runs of the days that are looked at, with a day more for what began before. */
function recent(objects: readonly StoredVersion[], now: Date): string[] {
  const from = now.getTime() - days(SLOT_DAYS + 1);
  const ids = objects.filter(({ hiddenAt }) => hiddenAt === null).flatMap(({ key }) => snapshotOfRunKey(key) ?? []);
  return ids.filter((id) => (timeOfSnapshotId(id)?.getTime() ?? 0) >= from);
}

/** Runs with an archive and no manifest: somebody may be at work on them. */
function unrecordedIn(objects: readonly StoredVersion[], entries: readonly Entry[]): string[] {
  const recorded = new Set(entries.map(({ manifest }) => manifest.snapshot.id));
  const ids = objects.flatMap(({ key }) => snapshotOfArchiveKey(key) ?? []);
  return ids.filter((id) => !recorded.has(id) && timeOfSnapshotId(id) !== undefined);
}

async function seenRuns(manager: string, snapshots: readonly string[], deps: ObserveDeps): Promise<Observed['runs']> {
  const wanted = [...new Set(snapshots)].filter((id) => timeOfSnapshotId(id) !== undefined);
  const seen = await mapAtMost(REQUESTS_AT_ONCE, wanted, async (snapshot): Promise<RunSeen | undefined> => {
    const entry = await readOrError(() => readRecord('run', { manager, snapshot }, deps.archive.records));
    if (isUnread(entry)) return { record: undefined, why: entry.message, isAtWork: false };
    return entry && { record: entry.value, isAtWork: await isAtWork(entry.value, deps) };
  });
  return new Map(wanted.flatMap((id, i) => (seen[i] ? [[id, seen[i]] as const] : [])));
}

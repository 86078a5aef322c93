import { mapAtMost } from '../base/concurrency.ts';
import { defined } from '../base/defined.ts';
import { hours, seconds } from '../base/durations.ts';
import { timeOfSnapshotId } from '../base/ids.ts';
import type { IndexDoubt } from '../catalogue/archive-index.ts';
import { type Catalogue, missingAt, readCatalogue, unreadableOf } from '../catalogue/catalogue.ts';
import {
  type Entry,
  isDamaged,
  isFlagged,
  isRestorable,
  isStored,
  newestRestorable,
  readyAt,
  type Unreadable,
} from '../catalogue/entry.ts';
import { faultWords } from '../catalogue/faults.ts';
import { newestOnly } from '../catalogue/newest.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { type Drill, lastDrills } from './drills.ts';
import type { Expected } from './expected.ts';
import { type LastRun, lastRunOf } from './last-run.ts';
import { indexedIn } from './managers.ts';
import { replicationOf } from './replication.ts';

/** What somebody wants to know of a manager in the morning. */
export interface ManagerStatus {
  readonly manager: string;
  /** The newest archive that may be restored, by the time of its content. */
  readonly archive: {
    readonly snapshot: string;
    readonly takenAt: string;
    /** By the latest scrub, else at its export. */
    readonly verifiedAt: string;
    /** Since `takenAt`. */
    readonly ageSeconds: number;
    readonly size: number;
    /** Of S3's replication: `COMPLETED`, `PENDING`, `FAILED`; null: none, or it may not be seen. */
    readonly replication: string | null;
  } | null;
  /** Older than the configuration allows; null: it does not say, or there is no configuration at hand. */
  readonly stale: boolean | null;
  readonly lastRun: LastRun | null;
  /** ISO time; `none`: by hand only; `unknown`: there is no configuration at hand. */
  readonly nextRun: string;
  /** Whose word that is: that of the scheduler, or that of a configuration file. */
  readonly nextRunBy: Expected['nextRunBy'];
  /** As it is deployed; null: none, undefined: the scheduler was not asked. */
  readonly schedule?: Expected['schedule'];
  readonly lastDrill: Drill | null;
  /** What a person should look at, in a few words each. */
  readonly marks: readonly string[];
  /** There is no archive to be restored, or a stale one; the newest one is gone or damaged; or its schedule does not run. */
  readonly needsAttention: boolean;
}

interface StatusRequest {
  readonly managers: readonly string[];
  readonly archive: ArchiveBucket;
  readonly now: Date;
  readonly expected: (manager: string) => Expected;
}

/** Managers that are looked at at once: each takes about ten requests, some of them side by side. */
const MANAGERS_AT_ONCE = 8;
/** Manifests that are read of each, by name and by time. */
const NEWEST = 2;

/** About eleven requests for each manager, however many archives it has. */
export async function statusOf({ managers, archive, now, expected }: StatusRequest): Promise<ManagerStatus[]> {
  const drills = await lastDrills(managers, archive.records);
  const indexed = await indexedIn(archive.records);
  return await mapAtMost(MANAGERS_AT_ONCE, managers, async (manager) => {
    const [catalogue, lastRun] = await Promise.all([
      newestCatalogue(manager, { archive, indexed }),
      lastRunOf(manager, archive.records, now),
    ]);
    const good = newestRestorable(catalogue.entries);
    const replication = good ? await replicationOf(good, archive) : null;
    const lost = [...unreadableOf(catalogue), ...missingAt(manager, catalogue, now)];
    const found = { catalogue, lost, doubts: catalogue.index.doubts, good, replication };
    const facts = { ...found, lastRun: lastRun ?? null, lastDrill: drills.get(manager) ?? null };
    return concernsOf(manager, facts, expected(manager), now);
  });
}

/** All of it only when none of the newest can be restored. */
async function newestCatalogue(
  manager: string,
  deps: { readonly archive: ArchiveBucket; readonly indexed: ReadonlySet<string> },
): Promise<Catalogue> {
  const newest = await readCatalogue(manager, deps, { choose: newestOnly(NEWEST) });
  const isEmpty = newest.entries.length + newest.unreadable.length === 0 && !deps.indexed.has(manager);
  const isEnough = isEmpty || newest.entries.some(isRestorable);
  return isEnough ? newest : await readCatalogue(manager, deps, { byIndex: true });
}

export interface StatusFacts {
  readonly catalogue: Pick<Catalogue, 'entries'>;
  /** Records that cannot be read or relied on, and manifests that are gone before their time. */
  readonly lost: readonly Unreadable[];
  /** Why the index of archives cannot be relied on. */
  readonly doubts: readonly IndexDoubt[];
  /** The newest archive that may be restored, and what is known of its copy elsewhere. */
  readonly good: Entry | undefined;
  readonly replication: string | null;
  readonly lastRun: LastRun | null;
  readonly lastDrill: Drill | null;
}

/** From all that is known, however much of the catalogue was read. */
export function concernsOf(
  manager: string,
  { catalogue, lost, doubts, good, replication, lastRun, lastDrill }: StatusFacts,
  { nextRun, nextRunBy, schedule, alarmAfterHours, byHand, oddities: ofSchedule, isBroken }: Expected,
  now: Date,
): ManagerStatus {
  const archive = good ? { ...archiveOf(good, now), replication } : null;
  const isOver = archive === null || seconds(archive.ageSeconds) > hours(alarmAfterHours ?? 0);
  const stale = alarmAfterHours === undefined ? null : isOver;
  const neverRan = lastRun === null && catalogue.entries.length === 0;
  const expectsNone = byHand && neverRan;
  const marks = [
    ...(archive === null && !expectsNone ? ['no archive'] : []),
    ...(stale && archive !== null ? [`stale: older than ${alarmAfterHours} h`] : []),
    ...(lastRun?.state === 'failed' ? [`last run failed: ${lastRun.error ?? 'no reason is recorded'}`] : []),
    ...(lastRun?.state === 'unreadable' ? [`last run unknown: ${lastRun.message}`] : []),
    ...(lastRun?.state === 'lost' ? ['last run died and was never closed'] : []),
    ...(replication === 'FAILED' ? ['its copy failed (replication)'] : []),
    ...ofSchedule,
    ...(lastRun?.undelivered ?? []).map(({ target, error }) => `notification target ${target} failed: ${error}`),
    ...(lastDrill && lastDrill.state !== 'succeeded' ? [`last drill ${lastDrill.state}`] : []),
    ...oddities(catalogue.entries, lost, good),
    ...doubts.slice(0, 1).map(({ fault, key }) => `INDEX ${fault}: ${key}`),
  ];
  const newest = catalogue.entries.at(-1);
  const isLost = (newest !== undefined && !isRestorable(newest)) || lost.some((one) => isNewestLost(one, good));
  const needsAttention = isLost || isBroken || (stale ?? (archive === null && !expectsNone));
  const next = { nextRun, nextRunBy, ...defined({ schedule }) };
  return { manager, archive, stale, lastRun, ...next, lastDrill, marks, needsAttention };
}

function archiveOf(entry: Entry, now: Date): Omit<NonNullable<ManagerStatus['archive']>, 'replication'> {
  const { manifest, mark } = entry;
  return {
    snapshot: manifest.snapshot.id,
    takenAt: manifest.times.snapshotReady,
    verifiedAt: mark?.result === 'sound' ? mark.checkedAt : manifest.verification.verifiedAt,
    ageSeconds: Math.max(0, Math.round((now.getTime() - readyAt(entry)) / 1000)),
    size: manifest.archive.size,
  };
}

/** Of what was looked at: archives that are newer than the good one, and records that nobody can read. */
function oddities(entries: readonly Entry[], lost: readonly Unreadable[], good: Entry | undefined): string[] {
  const [forged, torn] = [true, false].map((is) => lost.filter((one) => one.isForged === is && !isOfOwnName(one)));
  const newer = entries.filter((entry) => !good || readyAt(entry) > readyAt(good));
  const ids = (some: readonly Entry[]) =>
    some
      .map(({ manifest }) => manifest.snapshot.id)
      .slice(-3)
      .join(', ');
  const otherSize = newer.filter(({ missing }) => missing === 'other size');
  const gone = newer.filter((entry) => !isStored(entry) && !otherSize.includes(entry));
  const damaged = newer.filter((entry) => isStored(entry) && isDamaged(entry));
  return [
    ...(damaged.length > 0 ? [`damaged: ${ids(damaged)}`] : []),
    ...(otherSize.length > 0 ? [`damaged, has another size: ${ids(otherSize)}`] : []),
    ...(gone.length > 0 ? [`missing from the bucket: ${ids(gone)}`] : []),
    ...(good && isFlagged(good) ? ['holds much less than those before it'] : []),
    ...sentence('FORGED', forged ?? []),
    ...lost.filter(isOfOwnName).map(({ key, fault }) => `${fault.toUpperCase()}: ${key} ${faultWords(fault)}`),
    ...sentence('cannot be read', torn ?? []),
  ];
}

/** Those of which the index tells what was done to them. */
const isOfOwnName = ({ fault }: Unreadable) => ['missing', 'replayed', 'swapped', 'unsigned'].includes(fault);

/** Somebody has removed or forged what was made after the newest good one: a restore of the newest refuses. */
function isNewestLost({ kind, isForged, fault, takenAt, snapshot }: Unreadable, good: Entry | undefined): boolean {
  if (kind !== 'manifest' || !(isForged || fault === 'missing')) return false;
  const time = takenAt ?? timeOfSnapshotId(snapshot)?.toISOString();
  if (!good || time === undefined) return true;
  return Date.parse(time) > (takenAt === undefined ? Date.parse(good.manifest.times.scheduled) : readyAt(good));
}

function sentence(what: string, records: readonly Unreadable[]): string[] {
  return records.length === 0 ? [] : [`${what}: ${records.map(({ key }) => key).join(', ')}`];
}

import { mapAtMost, REQUESTS_AT_ONCE } from '../../base/concurrency.ts';
import { timeOfSnapshotId } from '../../base/ids.ts';
import type { IndexDoubt } from '../../catalogue/archive-index.ts';
import { mayBeGone, missingAt, readCatalogue, unreadableOf } from '../../catalogue/catalogue.ts';
import { type Entry, newestRestorable, type Unreadable } from '../../catalogue/entry.ts';
import type { IndexRow } from '../../catalogue/index-records.ts';
import { isUnread, readOrError, readRecord } from '../../catalogue/read-record.ts';
import type { Manifest, RunRecord } from '../../catalogue/records.ts';
import { type LastRun, lastRunOf } from '../../status/last-run.ts';
import { replicationOf } from '../../status/replication.ts';
import type { ArchiveBucket } from '../../storage/archive-bucket.ts';
import { keysOf, runsOf, snapshotOfRunKey } from '../../storage/layout.ts';
import type { Period } from '../model/period.ts';
import { type Reconciled, reconciledOf } from './reconciled.ts';
import { type Input, type SigningKey, Witness } from './witness.ts';

/** What of a manifest the catalogue does not hold. */
export interface ManifestDetail {
  readonly version: string;
  readonly startedAt: string;
  readonly execution: string;
}

/** A run that has no manifest: it failed, is at work, or its archive has expired since. */
export interface RunSeen {
  readonly snapshot: string;
  /** Undefined: its record cannot be read, and `why`. */
  readonly record: RunRecord | undefined;
  readonly why: string | undefined;
}

/** An archive whose manifest is gone, as the signed index still has it: for 90 days. Its run record says less. */
export interface GoneArchive {
  readonly row: IndexRow;
  /** Retention has let it go; false: it is missing before its time, or a person has accepted that it is missing. */
  readonly isExpired: boolean;
}

/** All that is read of one manager for a report. */
export interface ManagerFacts {
  readonly manager: string;
  readonly entries: readonly Entry[];
  /** Records that cannot be read or relied on, and manifests that are gone before their time. */
  readonly unreadable: readonly Unreadable[];
  /** Why the index of archives cannot be relied on. */
  readonly doubts: readonly IndexDoubt[];
  /** By snapshot. */
  readonly details: ReadonlyMap<string, ManifestDetail>;
  readonly runs: readonly RunSeen[];
  readonly gone: readonly GoneArchive[];
  /** Of the newest archive that may be restored: how its copy elsewhere stands; null: nobody knows of one. */
  readonly replication: string | null;
  /** How the latest reconciliation ended; null: none is recorded. */
  readonly reconciliation: Reconciled | null;
  readonly lastRun: LastRun | null;
  /** When the first run was scheduled of which anything is known. */
  readonly firstRunAt: string | null;
  readonly inputs: readonly Input[];
  readonly keys: readonly SigningKey[];
}

interface FactsDeps {
  readonly archive: ArchiveBucket;
  /** Managers that have an index of archives: of the others nothing is asked for. */
  readonly indexed: ReadonlySet<string>;
}

/**
 * Reads what is recorded of a manager: its catalogue whole, since archives of any age are kept; of the runs only those of
 * the period that have no manifest and are not in the index of archives, which say more than their record.
 */
export async function readManager(
  manager: string,
  { archive, indexed }: FactsDeps,
  { since, until, now }: Period,
): Promise<ManagerFacts> {
  const witness = new Witness(archive.records, detailOf);
  const store = { records: witness, versions: async (prefix: string) => await archive.versions(prefix) };
  const catalogue = await readCatalogue(manager, { archive: store, indexed });
  const { entries } = catalogue;
  const good = newestRestorable(entries);
  const recorded = new Set(entries.map(({ manifest }) => manifest.snapshot.id));
  const lastRun = await lastRunOf(manager, witness, now);
  const ids = (await witness.names(runsOf(manager))).flatMap(({ key }) => snapshotOfRunKey(key) ?? []);
  const times = [...ids, ...recorded].flatMap((id) => timeOfSnapshotId(id)?.getTime() ?? []).sort((a, b) => a - b);
  const isWanted = (id: string) => {
    const time = timeOfSnapshotId(id);
    return time !== undefined && time >= since && time < until && !recorded.has(id);
  };
  const { rows } = catalogue.index;
  const wanted = ids.filter((id) => isWanted(id) && !rows.has(id));
  const runs = await mapAtMost(REQUESTS_AT_ONCE, wanted, async (snapshot): Promise<RunSeen> => {
    const found = await readOrError(() => readRecord('run', { manager, snapshot }, witness));
    if (isUnread(found)) return { snapshot, record: undefined, why: found.message };
    return { snapshot, record: found?.value, why: undefined };
  });
  return {
    manager,
    entries,
    unreadable: [...unreadableOf(catalogue), ...missingAt(manager, catalogue, now)],
    doubts: catalogue.index.doubts,
    details: detailsOf(manager, entries, witness),
    runs,
    gone: [...rows.values()].filter(({ snapshot }) => isWanted(snapshot)).map((row) => goneOf(row, now)),
    replication: good ? await replicationOf(good, archive) : null,
    reconciliation: await reconciledOf(manager, witness),
    lastRun: lastRun ?? null,
    firstRunAt: times[0] === undefined ? null : new Date(times[0]).toISOString(),
    inputs: witness.inputs(),
    keys: witness.keys(),
  };
}

function goneOf(row: IndexRow, now: Date): GoneArchive {
  return { row, isExpired: row.fate === 'expired' || (row.fate === 'recorded' && mayBeGone(row, now)) };
}

function detailOf(value: unknown): ManifestDetail | undefined {
  const { schema, manager, times, execution } = value as Manifest;
  if (schema !== 'cloudify-offsite/manifest/1') return undefined;
  return { version: manager.version, startedAt: times.started, execution };
}

function detailsOf(manager: string, entries: readonly Entry[], witness: Witness): ManagerFacts['details'] {
  return new Map(
    entries.flatMap(({ manifest: { snapshot } }) => {
      const detail = witness.digestOf<ManifestDetail>(keysOf(manager, snapshot.id).manifest);
      return detail ? [[snapshot.id, detail] as const] : [];
    }),
  );
}

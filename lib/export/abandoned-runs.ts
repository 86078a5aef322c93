import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { OUR_PREFIX, timeOfSnapshotId } from '../base/ids.ts';
import { isUnread, readOrError, readRecord } from '../catalogue/read-record.ts';
import type { Deps } from '../deps.ts';
import { hasEnded, type ManagerClient, type SnapshotRow } from '../manager/client.ts';
import { archivesOf, keysOf, recordsOf, runsOf, snapshotOfArchiveKey, snapshotOfRunKey } from '../storage/layout.ts';
import { isAtWork, type LifeDeps, type ScheduledRun } from './scheduled-run.ts';

type RunDeps = LifeDeps & Pick<Deps, 'archive'>;
type OneRun = Pick<ScheduledRun, 'manager' | 'snapshot'>;
type SnapshotDeps = RunDeps & Pick<Deps, 'log' | 'signal'>;

/** Uploads that other runs' executions left open when they were killed: nobody else will end them soon. */
export async function abortAbandonedUploads(run: OneRun, deps: RunDeps): Promise<void> {
  for (const { key, uploadId } of await openUploads(run.manager, deps)) {
    const snapshot = snapshotOfArchiveKey(key);
    if (snapshot && (await isAbandoned(run, snapshot, deps))) await deps.archive.multipart.abort(key, uploadId);
  }
}

/** Runs whose uploads are looked for by their keys: a dead one of last week is found by the next run of any night since. */
const MOST_RUNS = 14;

/**
 * Open uploads of a manager's archives. Not every store lists them by the beginning of their keys (MinIO shows those of a
 * whole key only), so the latest runs that made no archive are asked for one by one. Two lists, and one more for each.
 */
export async function openUploads(manager: string, { archive }: Pick<Deps, 'archive'>) {
  const { records, multipart } = archive;
  const byPrefix = await multipart.list(archivesOf(manager));
  const recorded = new Set((await records.list(recordsOf('manifest', manager))).map(({ key }) => key));
  const runs = (await records.list(runsOf(manager))).flatMap(({ key }) => snapshotOfRunKey(key) ?? []);
  const unrecorded = runs.filter((id) => timeOfSnapshotId(id) && !recorded.has(keysOf(manager, id).manifest));
  const byKey = await mapAtMost(REQUESTS_AT_ONCE, unrecorded.slice(-MOST_RUNS), async (id) => {
    const { archive: key } = keysOf(manager, id);
    return (await multipart.list(key)).filter((one) => one.key === key);
  });
  return [...new Map([...byPrefix, ...byKey.flat()].map((one) => [one.uploadId, one])).values()];
}

/** Not a snapshot yet, or never going to be one. */
export const isHalfMade = ({ status }: Pick<SnapshotRow, 'status'>) => ['creating', 'failed'].includes(status);

/** A dead worker is given half a minute each, and the function has five in all. */
const MOST_SNAPSHOTS = 5;

/**
 * Half-made snapshots of other runs, whose own clean-up could not reach the manager or its broker (hazard K26). They
 * fill its disk, and on managers up to 7.0.3 their executions block every later snapshot. Not being able to is no reason
 * to go without a backup: it is logged, and the next run tries again.
 */
export async function removeAbandonedSnapshots(run: OneRun, client: ManagerClient, deps: SnapshotDeps): Promise<void> {
  const halfMade = (await client.snapshots(OUR_PREFIX)).filter((row) => isHalfMade(row) && timeOfSnapshotId(row.id));
  for (const row of halfMade.slice(0, MOST_SNAPSHOTS)) {
    if (!(await isAbandoned(run, row.id, deps))) continue;
    try {
      const result = await removeHalfMade(client, row, deps);
      deps.log.info(`Half-made snapshot of an earlier run: ${result}.`, { manager: run.manager, snapshot: row.id });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      deps.log.warn(`A half-made snapshot of an earlier run stays: ${why}`, { snapshot: row.id });
    }
  }
}

async function isAbandoned(run: OneRun, snapshot: string, deps: RunDeps): Promise<boolean> {
  return snapshot !== run.snapshot && (await lifeOfRun(run.manager, snapshot, deps)) === 'dead';
}

/** `dead`: ours, by the record of its run, and nobody works on it. `unknown`: no record that can be read. */
export async function lifeOfRun(
  manager: string,
  snapshot: string,
  deps: RunDeps,
): Promise<'at work' | 'dead' | 'unknown'> {
  const record = await readOrError(() => readRecord('run', { manager, snapshot }, deps.archive.records));
  if (record === undefined || isUnread(record)) return 'unknown';
  return (await isAtWork(record.value, deps)) ? 'at work' : 'dead';
}

/** Deletes a snapshot that is no whole one, after its creation has been stopped. */
export async function removeHalfMade(client: ManagerClient, row: SnapshotRow, deps: Pick<Deps, 'clock' | 'signal'>) {
  if (row.status === 'creating') await stopCreation(client, row, deps);
  return await client.deleteSnapshot(row.id);
}

/** How long a worker gets to stop by itself: one that lives reacts within seconds, one that is dead never does. */
const GRACE_LOOKS = [1, 2, 4, 8, 15];

async function stopCreation(
  client: ManagerClient,
  row: SnapshotRow,
  deps: Pick<Deps, 'clock' | 'signal'>,
): Promise<void> {
  const execution = await client.creationOf(row);
  if (!execution || hasEnded(execution)) return;
  await client.cancel(execution.id);
  for (const seconds of GRACE_LOOKS) {
    await deps.clock.sleep(seconds * 1000, deps.signal);
    const now = await client.execution(execution.id);
    if (!now || hasEnded(now)) return;
  }
  await client.markCancelled(execution.id);
}

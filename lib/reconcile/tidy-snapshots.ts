import { days } from '../base/durations.ts';
import { ManagerUnavailable, OffsiteError } from '../base/errors.ts';
import { OUR_PREFIX, timeOfSnapshotId } from '../base/ids.ts';
import type { Deps } from '../deps.ts';
import { isHalfMade, lifeOfRun, removeHalfMade } from '../export/abandoned-runs.ts';
import type { LifeDeps } from '../export/scheduled-run.ts';
import type { ManagerClient, SnapshotRow } from '../manager/client.ts';
import { findNode } from '../manager/healthy-node.ts';
import { type FoundFinding, nothingAsked, type SeenSnapshots } from './contract.ts';
import { attempt, outcome } from './repair-outcome.ts';

/** A worker that is dead is given half a minute each; the function has fifteen in all. */
const MOST_REMOVED = 10;
/** What is handed on stays under 32 KB. */
const MOST_SHOWN = 100;
/** Younger ones may be of a run that has just ended. */
const OLD_MS = days(1);

type TidyDeps = LifeDeps & Pick<Deps, 'managers' | 'archive' | 'log' | 'signal'>;

/** Ours on the manager: half-made ones of dead runs are removed, unless nothing is to be changed. Or why it was not seen. */
export async function tidySnapshots(manager: string, dryRun: boolean, deps: TidyDeps): Promise<SeenSnapshots> {
  const found = await askPatiently(manager, deps);
  if (found instanceof OffsiteError) return { ...nothingAsked, notSeen: found.message };
  const { client, rows } = found;
  const stale: FoundFinding[] = [];
  for (const row of await staleOf(manager, client, rows, deps)) {
    if (stale.length === MOST_SHOWN) break;
    stale.push(await dealWith(manager, row, { client, dryRun, removed: stale.length }, deps));
  }
  const old = rows.filter(({ status, createdAt }) => {
    const age = deps.clock.now().getTime() - (createdAt?.getTime() ?? 0);
    return status === 'created' && age >= OLD_MS;
  });
  const whole = old.map(({ id }) => id).sort();
  return { notSeen: null, total: rows.length, whole: whole.slice(0, MOST_SHOWN), stale };
}

/** A manager may be restarting just now: what is missed here is told of, so it is asked three times. */
async function askPatiently(
  manager: string,
  deps: TidyDeps,
  waits = [10, 30],
): Promise<{ client: ManagerClient; rows: SnapshotRow[] } | OffsiteError> {
  try {
    const { node } = await findNode(manager, deps);
    const client = await deps.managers.open(manager, node);
    return { client, rows: await oursOn(client) };
  } catch (error) {
    const [seconds, ...rest] = waits;
    if (!(error instanceof OffsiteError) || deps.signal.aborted) throw error;
    if (!(error instanceof ManagerUnavailable) || seconds === undefined) return error;
    await deps.clock.sleep(seconds * 1000, deps.signal);
    return await askPatiently(manager, deps, rest);
  }
}

async function oursOn(client: ManagerClient): Promise<SnapshotRow[]> {
  return (await client.snapshots(OUR_PREFIX)).filter((row) => timeOfSnapshotId(row.id) !== undefined);
}

/** Looked at again after their runs: one that ended in between has made its snapshot whole by then. */
async function staleOf(manager: string, client: ManagerClient, rows: readonly SnapshotRow[], deps: TidyDeps) {
  const dead = new Set<string>();
  for (const { id } of rows.filter(isHalfMade)) if ((await lifeOfRun(manager, id, deps)) === 'dead') dead.add(id);
  if (dead.size === 0) return [];
  return (await oursOn(client)).filter((row) => isHalfMade(row) && dead.has(row.id));
}

interface How {
  readonly client: ManagerClient;
  readonly dryRun: boolean;
  readonly removed: number;
}

async function dealWith(manager: string, row: SnapshotRow, how: How, deps: TidyDeps): Promise<FoundFinding> {
  const { id, status } = row;
  const message = `Snapshot ${id} on manager ${manager} is "${status}", and the run that asked for it is over.`;
  const finding = { kind: 'StaleSnapshot', about: id, message } as const;
  if (how.dryRun) return { ...finding, repair: 'could be' };
  const why =
    how.removed >= MOST_REMOVED
      ? `${MOST_REMOVED} others came first; the next time it is removed.`
      : await attempt(() => remove(manager, id, how.client, deps), deps);
  return outcome(finding, why);
}

/** What stands in the way, as a sentence; empty: done. Looked at again right before. */
async function remove(manager: string, id: string, client: ManagerClient, deps: TidyDeps): Promise<string> {
  const row = await client.snapshot(id);
  if (!row) return '';
  if (!isHalfMade(row)) return `it is "${row.status}" by now.`;
  if ((await lifeOfRun(manager, id, deps)) !== 'dead') return 'another run has begun to work on it.';
  const result = await removeHalfMade(client, row, deps);
  return result === 'refused' ? 'the manager refuses to delete it. Delete it by hand.' : '';
}

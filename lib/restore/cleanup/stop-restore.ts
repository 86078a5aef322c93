import { seconds } from '../../base/durations.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import {
  isActive,
  isListed,
  isPending,
  isTaken,
  isWorkersEnd,
  type ListedExecution,
} from '../../manager/restore-executions.ts';
import { restoreFlags } from '../../manager/restoring.ts';
import type { RestoreInput, RestoreRef } from '../input.ts';
import type { Gathered } from '../prove/phases.ts';
import { cancelIfUntaken, findOurRestores, type OurRequest, type OurRestores } from '../watch/our-restores.ts';

/** One restore whose traces on its manager are to go. `gathered` only helps: all may be null. */
export interface Tidying {
  readonly ref: RestoreRef;
  readonly input: RestoreInput;
  readonly gathered: Pick<Gathered, 'run' | 'selection' | 'plan' | 'upload' | 'restoring'>;
  /** Asked first. */
  readonly node: string;
  /** When all of it must be over, in milliseconds of the clock. */
  readonly latest: number;
}

export function wantedOf({ ref, gathered }: Tidying): OurRequest {
  return { ...ref, executionId: gathered.restoring?.executionId ?? null };
}

export interface Settled {
  readonly notes: string[];
  /** Nothing of it may be touched: nobody can stop a restore (contract.md §7.5). */
  readonly isAtWork: boolean;
}

/** A worker that lives picks a restore up within seconds: what was asked for a moment ago gets them. */
const SETTLE_MS = seconds(20);

/**
 * Ends restores of ours that nobody has started: those that no worker takes, and what a refused call leaves behind since
 * 6.0 (contract.md §7.2). Says whether one is, or may be, at work.
 */
export async function stopRestore(
  client: ManagerClient,
  first: OurRestores,
  work: Tidying,
  deps: Pick<Deps, 'clock' | 'signal'>,
): Promise<Settled> {
  let { own } = first;
  if (own.some(isPending)) {
    await deps.clock.sleep(SETTLE_MS, deps.signal);
    own = (await findOurRestores(client, wantedOf(work), deps.clock.now())).own;
  }
  const notes: string[] = [];
  let isLate = false;
  for (const row of own.filter(isPending)) {
    if (await cancelIfUntaken(client, row)) {
      notes.push(`Restore ${row.id} on manager ${work.ref.manager} was never started; it is set to cancelled.`);
    } else {
      isLate = true;
    }
  }
  const taken = own.filter(isTaken);
  if (isLate || taken.some(isActive)) return { notes, isAtWork: true };
  // A node whose services are stopped for the restore says nothing, and its fellows know of no flag (hazard K21).
  const mayRun = (await restoreFlags(client)).some(({ flag }) => flag !== 'not-running');
  return { notes, isAtWork: mayRun && !(await isDone(client, own, taken, work)) };
}

/**
 * Whether our restore is over, for when a node's flag says that one is running. The flag outlives a crash (hazard K8), and
 * while the database is exchanged the executions of a restore at work are gone for a while (contract.md §7.4), and so are
 * the snapshots. One that was cancelled by a person goes on.
 */
async function isDone(
  client: ManagerClient,
  own: readonly ListedExecution[],
  taken: readonly ListedExecution[],
  { ref, gathered: { upload, restoring } }: Tidying,
): Promise<boolean> {
  if (taken.length > 0) return taken.every(isWorkersEnd);
  if (own.length > 0) return true;
  if (restoring) return false;
  // Whether it was asked for is not known: its answer may have been lost, and the function that waited for it.
  return upload === null || (await isListed(client, ref.snapshot));
}

import { ManagerBusy, ManagerUnavailable } from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import {
  activeExecutions,
  isGhost,
  isPending,
  type ListedExecution,
  listRestores,
  unstopped,
} from '../../manager/restore-executions.ts';
import { restoreFlags } from '../../manager/restoring.ts';
import type { RestoreRun } from '../state.ts';
import { cancelIfUntaken, findOurRestores, theOne } from '../watch/our-restores.ts';
import { whyUnstopped } from './suitability.ts';

/** Nothing may run; what never will is cleared. */
export async function clearGhosts(client: ManagerClient, run: RestoreRun, { log }: Pick<Deps, 'log'>): Promise<void> {
  const [active, flags] = [await activeExecutions(client), await restoreFlags(client)];
  const busy: ListedExecution[] = [];
  for (const row of active) {
    if (!isGhost(row, flags) || !(await cancelIfUntaken(client, row))) busy.push(row);
    else log.warn('Cleared a restore that was refused long ago and blocked the manager.', { execution: row.id });
  }
  if (busy.length > 0) throw busyError(run.manager, busy);
  const unstoppedOne = unstopped(await listRestores(client), flags);
  if (unstoppedOne) throw new ManagerBusy(`Manager ${run.manager} ${whyUnstopped(run, unstoppedOne, flags)}`);
}

/** Tried some times, seconds before each: while its ghost is there, nobody can tell it from a restore of ours. */
const REFUSAL_TRIES = [0, 2, 10];

/**
 * The manager refuses while anything runs, and since 6.0 leaves a ghost of the refused call (hazard K25): the newest of
 * our rows, which is ended. An older one is of a call that was on its way still, and is ours: its id. Throws `ManagerBusy`.
 */
export async function afterRefusal(
  client: ManagerClient,
  run: RestoreRun,
  deps: Pick<Deps, 'clock' | 'signal'>,
): Promise<string> {
  const own = async () => (await findOurRestores(client, { ...run, executionId: null }, deps.clock.now())).own;
  let isGhostGone = !leavesGhosts(run.version);
  for (const [attempt, seconds] of REFUSAL_TRIES.entries()) {
    await deps.clock.sleep(seconds * 1000, deps.signal);
    try {
      const ghost = isGhostGone ? undefined : (await own()).filter(isPending).at(-1);
      if (ghost) await cancelIfUntaken(client, ghost);
      isGhostGone = true;
      const one = theOne(await own());
      if (one) return one.id;
      break;
    } catch (error) {
      if (!(error instanceof ManagerUnavailable) || attempt === REFUSAL_TRIES.length - 1) throw error;
    }
  }
  throw busyError(run.manager, await activeExecutions(client));
}

/** Up to 5.2 the check comes before the insert (contract.md §7.2). */
const leavesGhosts = (version: string) => !version.startsWith('5.');

function busyError(manager: string, rows: readonly ListedExecution[]): ManagerBusy {
  const shown = rows.slice(0, 3).map((row) => `${row.workflowId} ${row.id} (${row.status})`);
  const what = shown.length > 0 ? shown.join(', ') : 'something that has ended since';
  return new ManagerBusy(
    `Manager ${manager} accepts no restore while executions run: ${what}. Run the restore again when they have ended.`,
  );
}

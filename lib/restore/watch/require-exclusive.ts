import { ManagerUnavailable, RestoreUnknown } from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import { isTaken, type ListedExecution } from '../../manager/restore-executions.ts';
import { lookAtRestore, restoreFlags } from '../../manager/restoring.ts';
import type { Restoring } from '../course.ts';
import type { RestoreRun } from '../state.ts';
import { cancelIfUntaken, findOurRestores, strays } from './our-restores.ts';

type Mine = Pick<ListedExecution, 'status' | 'createdAt'>;

/**
 * Throws `RestoreUnknown` unless our restore is over still, and the last one on its manager: nothing may be proven of what
 * another one has brought, or is bringing.
 */
export async function requireExclusive(
  client: ManagerClient,
  { run, restoring }: { readonly run: RestoreRun; readonly restoring: Restoring },
  { clock }: Pick<Deps, 'clock'>,
): Promise<void> {
  const { executionId } = restoring;
  const found = await findOurRestores(client, { ...run, executionId }, clock.now());
  const { own, others } = found;
  const flagged = (await restoreFlags(client)).filter(({ flag }) => flag === 'running').map(({ node }) => node);
  const mine = own.find(({ id }) => id === executionId) ?? (await missing(client, executionId));
  // Those that no worker has taken yet are ended, so that none will.
  const late: ListedExecution[] = [];
  for (const row of strays(found, executionId)) if (!(await cancelIfUntaken(client, row))) late.push(row);
  const taken = own.filter((row) => isTaken(row) && row.id !== executionId && isAfter(row, mine));
  const second = [...taken, ...others, ...late].at(-1);
  const why = second
    ? `another restore has begun since (execution ${second.id}, ${second.status})`
    : flagged.length > 0
      ? `${flagged.join(', ')} says again that a restore is running`
      : mine?.status !== 'terminated'
        ? `its execution is ${mine?.status ?? 'gone'} now`
        : undefined;
  if (why === undefined) return;
  throw new RestoreUnknown(
    `The restore on manager ${run.manager} (execution ${executionId}) had ended as completed, but ${why}: what the manager holds was not proven to be the archive's.`,
  );
}

/** The list has the newest ones. */
async function missing(client: ManagerClient, executionId: string | null): Promise<Mine | undefined> {
  const look = executionId === null ? undefined : await lookAtRestore(client, executionId);
  if (look?.seen === 'away') throw new ManagerUnavailable(`${client.name} (execution of the restore): ${look.why}.`);
  return look?.seen === 'row' ? { status: look.status, createdAt: undefined } : undefined;
}

/** The manager's own clock, and so comparable; what cannot be compared counts. */
function isAfter({ createdAt }: ListedExecution, mine: Mine | undefined): boolean {
  return !createdAt || !mine?.createdAt || createdAt > mine.createdAt;
}

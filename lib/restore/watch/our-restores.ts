import { minutes } from '../../base/durations.ts';
import type { ManagerClient } from '../../manager/client.ts';
import {
  isActive,
  isListed,
  isPending,
  isTaken,
  type ListedExecution,
  listRestores,
} from '../../manager/restore-executions.ts';
import { restoreFlags } from '../../manager/restoring.ts';

/** Which executions of a manager are our restore. */
export interface OurRequest {
  /** Of our upload. */
  readonly snapshot: string;
  /** Of the whole run, by our clock. */
  readonly startedAt: string;
  /** Null: the answer with it was lost. */
  readonly executionId: string | null;
}

export interface OurRestores {
  /** Restores of our upload, the oldest first, whatever became of them. */
  readonly own: readonly ListedExecution[];
  /** Of something else, that a worker took after the last of ours. */
  readonly others: readonly ListedExecution[];
  /** Of something else, asked for since, that a worker may take at any moment. */
  readonly waiting: readonly ListedExecution[];
}

/** Two clocks, ours and the manager's, measure the same span; a clock that is set meanwhile may be off by so much. */
const SLACK_MS = minutes(1);

/**
 * By upload and by id. A legacy restore writes its own row anew, without parameters, and empties the list of snapshots
 * (contract.md §7.5): where the id is not known, it is the row that was made since. How old a row is, is asked of the
 * manager's own clock: that may be wrong by hours.
 */
export async function findOurRestores(client: ManagerClient, wanted: OurRequest, now: Date): Promise<OurRestores> {
  const rows = await listRestores(client);
  const since = now.getTime() - Date.parse(wanted.startedAt) + SLACK_MS;
  const isYoung = (row: ListedExecution) => ageOf(row, now) <= since;
  const own = await ownOf(client, rows, wanted, isYoung);
  const last = own.filter(isTaken).at(-1)?.createdAt;
  const isLater = (row: ListedExecution) => (last && row.createdAt ? row.createdAt > last : isYoung(row));
  const foreign = rows.filter((row) => !own.includes(row));
  return {
    own,
    others: foreign.filter((row) => isTaken(row) && isLater(row)),
    waiting: foreign.filter((row) => isPending(row) && isYoung(row)),
  };
}

/** By our clock only where the manager does not say what time it is. */
function ageOf({ ageMs, createdAt }: ListedExecution, now: Date): number {
  return ageMs ?? (createdAt ? now.getTime() - createdAt.getTime() : 0);
}

async function ownOf(
  client: ManagerClient,
  rows: readonly ListedExecution[],
  { snapshot, executionId }: OurRequest,
  isYoung: (row: ListedExecution) => boolean,
): Promise<readonly ListedExecution[]> {
  const own = rows.filter((row) => row.snapshot === snapshot || row.id === executionId);
  if (own.length > 0 || executionId !== null) return own;
  const nameless = rows.filter((row) => row.snapshot === undefined && isYoung(row));
  return nameless.length === 0 || (await isListed(client, snapshot)) ? [] : nameless;
}

/**
 * The one whose end counts: the last that a worker took. Before any is taken the oldest: what a refused call leaves
 * behind is younger than what it was refused for. One that was cancelled before any worker took it is none.
 */
export function theOne(own: readonly ListedExecution[]): ListedExecution | undefined {
  return own.filter(isTaken).at(-1) ?? own.find(isActive);
}

/**
 * Ends a restore that no worker has taken (contract.md §7.2: PATCH is what works, `cancel` and `kill` are not). False: one
 * has, or a node restores; then it was not touched, or a worker took it in that very moment and goes on all the same.
 * Between a list and a PATCH lies time, so it is looked at again afterwards: the manager notes when a worker began.
 */
export async function cancelIfUntaken(client: ManagerClient, row: ListedExecution): Promise<boolean> {
  if (await mayBeAtWork(client, row)) return false;
  await client.markCancelled(row.id, row.tenant);
  return !(await mayBeAtWork(client, row));
}

async function mayBeAtWork(client: ManagerClient, { id }: ListedExecution): Promise<boolean> {
  const row = (await listRestores(client)).find((one) => one.id === id);
  if (row && isTaken(row)) return true;
  return (await restoreFlags(client)).some(({ flag }) => flag === 'running');
}

/** Restores of ours beside `id` that a worker may take yet: what a call that was given up has left. */
export function strays({ own }: OurRestores, id: string | null): readonly ListedExecution[] {
  return own.filter((row) => row.id !== id && isPending(row));
}

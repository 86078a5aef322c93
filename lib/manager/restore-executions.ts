import * as z from 'zod';
import { ENDED, type ManagerClient } from './client.ts';
import { BYPASS } from './http.ts';
import { bodyOf, errorOf, listOf } from './replies.ts';
import type { RestoreFlag } from './restoring.ts';

/** Executions as a restore looks at them: what is in its way, and which of them are its own. */
export interface ListedExecution {
  readonly id: string;
  readonly workflowId: string;
  readonly status: string;
  readonly createdAt: Date | undefined;
  /** By the manager's own clock, which may be wrong by more than a ghost is old. */
  readonly ageMs: number | undefined;
  /** The snapshot that it makes or restores; undefined for other workflows, and once a restore has replaced the row. */
  readonly snapshot: string | undefined;
}

export const RESTORE_WORKFLOW = 'restore_snapshot';

/** Active = blocks every restore and legacy create, in any tenant (contract.md §3.2). */
const ACTIVE = ['pending', 'started', 'cancelling', 'force_cancelling', 'kill_cancelling'];

/** The parameters carry the database's password (hazards.md K28): of them, only the snapshot's id is kept. */
const Row = z.object({
  id: z.string(),
  workflow_id: z.string(),
  status: z.string(),
  created_at: z.string().optional(),
  parameters: z.object({ snapshot_id: z.string().optional() }).nullish(),
});

const active = ACTIVE.map((status): [string, string] => ['status', status]);
const restores: [string, string] = ['workflow_id', RESTORE_WORKFLOW];

/** What runs on the manager, in all tenants, system workflows included, oldest first; every restore, and 50 of others. */
export async function activeExecutions(client: ManagerClient): Promise<ListedExecution[]> {
  const oldest = await list(client, [['_sort', 'created_at'], ...active]);
  const ofRestores = await list(client, [['_sort', 'created_at'], restores, ...active]);
  const known = new Set(oldest.map(({ id }) => id));
  return [...oldest, ...ofRestores.filter(({ id }) => !known.has(id))];
}

/** The manager's clock may be behind ours by so much. */
const SKEW_MS = 2 * 60_000;

/**
 * Restores of one upload that were not cancelled, the oldest first. A legacy restore writes its own row anew, without
 * parameters, and empties the list of snapshots (contract.md §7.5): then it is the row that was made since.
 */
export async function restoresOf(
  client: ManagerClient,
  { snapshot, startedAt }: { readonly snapshot: string; readonly startedAt: string },
): Promise<ListedExecution[]> {
  const rows = (await list(client, [['_sort', '-created_at'], restores])).reverse();
  const own = rows.filter((row) => row.snapshot === snapshot && row.status !== 'cancelled');
  if (own.length > 0) return own;
  const since = Date.parse(startedAt) - SKEW_MS;
  const nameless = rows.filter((row) => row.snapshot === undefined && (row.createdAt?.getTime() ?? 0) >= since);
  return nameless.length === 0 || (await client.snapshot(snapshot)) ? [] : nameless;
}

async function list(client: ManagerClient, more: readonly [string, string][]): Promise<ListedExecution[]> {
  const query = new URLSearchParams({
    _include: 'id,workflow_id,status,created_at,parameters',
    _include_system_workflows: 'true',
    _all_tenants: 'true',
    _size: '50',
  });
  for (const [name, value] of more) query.append(name, value);
  const reply = await client.call({ path: `/executions?${query}`, headers: BYPASS });
  const at = `${client.name} (executions)`;
  if (reply.status !== 200) throw errorOf(reply, at);
  return bodyOf(listOf(Row), reply, at).items.map((row) => {
    const createdAt = row.created_at === undefined ? undefined : new Date(row.created_at);
    const ageMs = createdAt && reply.date ? reply.date.getTime() - createdAt.getTime() : undefined;
    const { id, workflow_id: workflowId, status } = row;
    return { id, workflowId, status, createdAt, ageMs, snapshot: row.parameters?.snapshot_id };
  });
}

/** A worker that lives picks a restore up within seconds; one this long `pending` has no message in any queue. */
const GHOST_MS = 10 * 60_000;

/**
 * What a refused restore leaves behind since 6.0: a committed row that nobody will ever run, and that blocks everything
 * (contract.md §7.2, hazard K25). Never while a node restores: the row may be that restore's.
 */
export function isGhost(row: ListedExecution, flags: readonly RestoreFlag[]): boolean {
  if (row.workflowId !== RESTORE_WORKFLOW || row.status !== 'pending') return false;
  return !flags.some(({ flag }) => flag === 'running') && (row.ageMs ?? 0) >= GHOST_MS;
}

export const isActive = ({ status }: Pick<ListedExecution, 'status'>) => ACTIVE.includes(status);

export const hasFailed = (status: string) => ENDED.has(status) && status !== 'terminated';

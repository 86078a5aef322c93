import * as z from 'zod';
import { minutes } from '../base/durations.ts';
import { ManagerUnavailable } from '../base/errors.ts';
import { ENDED, type ManagerClient } from './client.ts';
import { BYPASS } from './http.ts';
import { bodyOf, errorOf, listOf } from './replies.ts';
import type { Reply } from './reply.ts';
import type { RestoreFlag } from './restoring.ts';

/** Executions as a restore looks at them: what is in its way, and which of them are its own. */
export interface ListedExecution {
  readonly id: string;
  readonly workflowId: string;
  readonly status: string;
  /** The manager's reason, when it failed. */
  readonly error: string;
  readonly tenant: string;
  readonly createdAt: Date | undefined;
  /** When a worker began it. Undefined before, and in a row that a legacy restore has written anew (contract.md §7.5). */
  readonly startedAt: Date | undefined;
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
  error: z.string().nullish(),
  tenant_name: z.string().optional(),
  created_at: z.string().optional(),
  started_at: z.string().nullish(),
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

/** So many that no flood of ghosts, one for each refused call (hazard K25), hides ours. A row is 1 to 2 KB. */
const MOST_RESTORES = '500';

/** The newest restores that the manager knows of, the oldest first, whatever became of them. */
export async function listRestores(client: ManagerClient): Promise<ListedExecution[]> {
  return (await list(client, [['_sort', '-created_at'], restores], MOST_RESTORES)).reverse();
}

/** In `default_tenant`, which every manager has: that of the input may not be one of the archive's. */
const ANY_TENANT = { ...BYPASS, tenant: 'default_tenant' };

async function list(client: ManagerClient, more: readonly [string, string][], size = '50'): Promise<ListedExecution[]> {
  const query = new URLSearchParams({
    _include: 'id,workflow_id,status,error,tenant_name,created_at,started_at,parameters',
    _include_system_workflows: 'true',
    _all_tenants: 'true',
    _size: size,
  });
  for (const [name, value] of more) query.append(name, value);
  const reply = await client.call({ path: `/executions?${query}`, headers: ANY_TENANT, timeoutMs: 'look' });
  const at = `${client.name} (executions)`;
  requireList(reply, at);
  return bodyOf(listOf(Row), reply, at).items.map((row) => toListed(row, reply.date));
}

/** Every manager has these lists: a 404 that is not in its own words is a page of somebody in between. */
function requireList(reply: Reply, at: string): void {
  if (reply.status === 200) return;
  if (reply.status !== 404 || reply.json !== undefined) throw errorOf(reply, at);
  throw new ManagerUnavailable(`${at} answered HTTP 404 with something that is not JSON. Is there a proxy in the way?`);
}

function toListed(row: z.infer<typeof Row>, now: Date | undefined): ListedExecution {
  const createdAt = row.created_at === undefined ? undefined : new Date(row.created_at);
  return {
    id: row.id,
    workflowId: row.workflow_id,
    status: row.status,
    error: row.error ?? '',
    tenant: row.tenant_name ?? 'default_tenant',
    createdAt,
    startedAt: row.started_at ? new Date(row.started_at) : undefined,
    ageMs: createdAt && now ? now.getTime() - createdAt.getTime() : undefined,
    snapshot: row.parameters?.snapshot_id,
  };
}

/** Whether a snapshot is in the manager's list, in any tenant. */
export async function isListed(client: ManagerClient, snapshot: string): Promise<boolean> {
  const query = new URLSearchParams({
    _include: 'id',
    _search: snapshot,
    _all_tenants: 'true',
    _sort: '-created_at',
    _size: '50',
  });
  const reply = await client.call({ path: `/snapshots?${query}`, headers: ANY_TENANT, timeoutMs: 'look' });
  const at = `${client.name} (list snapshots)`;
  requireList(reply, at);
  return bodyOf(listOf(z.object({ id: z.string() })), reply, at).items.some(({ id }) => id === snapshot);
}

/** A worker that lives picks a restore up within seconds; one this long `pending` has no message in any queue. */
const GHOST_MS = minutes(10);

/**
 * What a refused restore leaves behind since 6.0: a committed row that nobody will ever run, and that blocks everything
 * (contract.md §7.2, hazard K25). Never while a node restores: the row may be that restore's.
 */
export function isGhost(row: ListedExecution, flags: readonly RestoreFlag[]): boolean {
  if (row.workflowId !== RESTORE_WORKFLOW || row.status !== 'pending') return false;
  return !flags.some(({ flag }) => flag === 'running') && (row.ageMs ?? 0) >= GHOST_MS;
}

export const isActive = ({ status }: Pick<ListedExecution, 'status'>) => ACTIVE.includes(status);

export const isPending = ({ status }: Pick<ListedExecution, 'status'>) => status === 'pending';

/** A worker has begun it: also one that somebody set to `cancelled` since, and one that has written its row anew. */
export function isTaken({ status, startedAt, snapshot }: Pick<ListedExecution, 'status' | 'startedAt' | 'snapshot'>) {
  return startedAt !== undefined || snapshot === undefined || !['pending', 'cancelled'].includes(status);
}

/**
 * Over by the word of its worker, which gives a reason when it fails. `cancelled` is the word of a person: no worker that
 * restores ever looks at it (contract.md §7.5).
 */
export function isWorkersEnd({ status, error }: { readonly status: string; readonly error: string }): boolean {
  return status === 'terminated' || (status === 'failed' && error !== '');
}

/**
 * The last restore, if somebody set it to `cancelled` while it was at work and a node says that one runs: it may be at
 * work still, and blocks nothing any more, so that a second one would run beside it.
 */
export function unstopped(
  restores: readonly ListedExecution[],
  flags: readonly RestoreFlag[],
): ListedExecution | undefined {
  const last = restores.filter(isTaken).at(-1);
  const isFlagged = flags.some(({ flag }) => flag === 'running');
  return last && isFlagged && hasFailed(last.status) && !isWorkersEnd(last) ? last : undefined;
}

export const hasFailed = (status: string) => ENDED.has(status) && status !== 'terminated';

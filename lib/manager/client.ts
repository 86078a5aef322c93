import { defined } from '../base/defined.ts';
import { seconds } from '../base/durations.ts';
import { type CredentialsRejected, ManagerBusy, ManagerUnavailable, type OffsiteError } from '../base/errors.ts';
import { SnapshotId } from '../base/ids.ts';
import { BYPASS, type Call, type ManagerHttp } from './http.ts';
import { bodyOf, CreatedExecution, Execution, errorOf, listOf, Snapshot } from './replies.ts';
import type { Reply } from './reply.ts';

export type SnapshotRow = { id: string; status: string; error: string; createdAt: Date | undefined };
export type ExecutionRow = { id: string; status: string; error: string };

/** Statuses after which nothing happens to an execution any more (contract.md §3.4). */
export const ENDED: ReadonlySet<string> = new Set(['terminated', 'failed', 'cancelled']);
/** A snapshot row and its execution are written by one request, milliseconds apart; 10 s forgives a slow database. */
const SAME_REQUEST_MS = seconds(10);

export const hasEnded = (execution: ExecutionRow) => ENDED.has(execution.status);

/**
 * What we ask of a manager, on the pinned node first and on its fellows when that one does not answer: all nodes share
 * one database (contract.md §2.6). Every call here may be repeated. Archives are read by lib/manager/archive-reader.ts,
 * from one node only.
 */
export class ManagerClient {
  /** The pinned node first. */
  readonly nodes: readonly ManagerHttp[];
  readonly #renew: () => Promise<readonly ManagerHttp[] | undefined>;

  /** `renew` reads the secret again and gives new connections if it has changed since. */
  constructor(nodes: readonly ManagerHttp[], renew: () => Promise<readonly ManagerHttp[] | undefined>) {
    this.nodes = nodes;
    this.#renew = renew;
  }

  /** Starts a snapshot; gives the execution's id, or null when a snapshot of this id exists already. */
  async requestSnapshot(snapshot: string): Promise<string | null> {
    const reply = await this.call({ method: 'PUT', path: pathOf(snapshot), body: {} });
    if (reply.status === 201) return bodyOf(CreatedExecution, reply, this.#at('create snapshot')).id;
    if (reply.status === 409 && reply.code === 'conflict_error') return null;
    throw errorOf(reply, this.#at(`create snapshot ${snapshot}`));
  }

  async snapshot(snapshot: string): Promise<SnapshotRow | undefined> {
    const reply = await this.call({ path: pathOf(snapshot) });
    if (isAbsent(reply)) return undefined;
    if (reply.status !== 200) throw errorOf(reply, this.#at(`read snapshot ${snapshot}`));
    return toRow(bodyOf(Snapshot, reply, this.#at('read snapshot')));
  }

  /** All snapshots whose id contains `search`, newest first; the caller narrows further. */
  async snapshots(search: string): Promise<SnapshotRow[]> {
    const query = { _include: 'id,status,error,created_at', _search: search, _sort: '-created_at', _size: '1000' };
    const reply = await this.call({ path: '/snapshots', query });
    if (reply.status !== 200) throw errorOf(reply, this.#at('list snapshots'));
    return bodyOf(listOf(Snapshot), reply, this.#at('list snapshots')).items.map(toRow);
  }

  /** `_include` always: the parameters of a create execution carry the database password (hazards.md K28). */
  async execution(id: string): Promise<ExecutionRow | undefined> {
    const call = { path: `/executions/${encodeURIComponent(id)}`, query: { _include: 'id,status,error' } };
    const reply = await this.call({ ...call, headers: BYPASS });
    if (isAbsent(reply)) return undefined;
    if (reply.status !== 200) throw errorOf(reply, this.#at('read execution'));
    const { error, ...row } = bodyOf(Execution, reply, this.#at('read execution'));
    return { ...row, error: error ?? '' };
  }

  /** The execution that makes this snapshot, found by its time, for when the reply with its id was lost. */
  async creationOf(snapshot: SnapshotRow): Promise<ExecutionRow | undefined> {
    const made = snapshot.createdAt?.getTime();
    if (made === undefined) return undefined;
    const distance = (row: { created_at?: string | undefined }) => Math.abs(Date.parse(row.created_at ?? '') - made);
    const found = (await this.#systemExecutions('create_snapshot', 'false'))
      .filter((row) => distance(row) <= SAME_REQUEST_MS)
      .sort((a, b) => distance(a) - distance(b))[0];
    return found && { id: found.id, status: found.status, error: found.error ?? '' };
  }

  /** Throws `ManagerBusy` while a restore is at work: what it would snapshot is half a manager. */
  async refuseDuringRestore(): Promise<void> {
    const running = (await this.#systemExecutions('restore_snapshot', 'true')).find((row) => !ENDED.has(row.status));
    if (!running) return;
    throw new ManagerBusy(`${this.#at()} is restoring a snapshot (execution ${running.id}, ${running.status}).`);
  }

  /** `refused`: an execution still works on it (6.0 and later say so; contract.md §9). */
  async deleteSnapshot(snapshot: string): Promise<'deleted' | 'absent' | 'refused'> {
    const reply = await this.call({ method: 'DELETE', path: pathOf(snapshot) });
    if (isAbsent(reply)) return 'absent';
    if (reply.status === 200 || reply.status === 204) return 'deleted';
    if (reply.code === 'snapshot_action_error') return 'refused';
    throw errorOf(reply, this.#at(`delete snapshot ${snapshot}`));
  }

  /** Asks the worker to stop; it may take a while, or never happen when the worker is dead. */
  async cancel(execution: string): Promise<void> {
    await this.#changeExecution('POST', execution, { action: 'cancel' });
  }

  /** Writes the end state ourselves, for an execution whose worker will not. Never `kill`: it revives ended ones (K25). */
  async markCancelled(execution: string, tenant?: string): Promise<void> {
    await this.#changeExecution('PATCH', execution, { status: 'cancelled' }, tenant);
  }

  /** In the execution's own tenant: from another one it is not found. */
  async #changeExecution(method: 'POST' | 'PATCH', id: string, body: Record<string, unknown>, tenant?: string) {
    const headers = { ...BYPASS, ...defined({ tenant }) };
    const reply = await this.call({ method, path: `/executions/${encodeURIComponent(id)}`, body, headers });
    // 400 illegal_action_error: it ended in the meantime, which is what we wanted.
    if (reply.status < 300 || isAbsent(reply) || reply.status === 400) return;
    throw errorOf(reply, this.#at('change execution'));
  }

  async #systemExecutions(workflow: string, allTenants: 'true' | 'false') {
    const query = {
      workflow_id: workflow,
      _include_system_workflows: 'true',
      _all_tenants: allTenants,
      _include: 'id,status,error,created_at',
      _sort: '-created_at',
      _size: '50',
    };
    const reply = await this.call({ path: '/executions', query, headers: BYPASS });
    if (reply.status !== 200) throw errorOf(reply, this.#at('list executions'));
    return bodyOf(listOf(Snapshot.omit({ status: true }).extend(Execution.shape)), reply, this.#at('list executions'))
      .items;
  }

  /** One call, on the first node that answers. 401: the secret is read again once, it may have been rotated. */
  async call(call: Call): Promise<Reply> {
    const reply = await firstAnswer(this.nodes, call);
    if (reply.status !== 401) return this.#ofManager(reply);
    const renewed = await this.#renew();
    const again = renewed ? await firstAnswer(renewed, call) : reply;
    if (again.status === 401) throw errorOf(again, this.#at()) as CredentialsRejected;
    return this.#ofManager(again);
  }

  /** One call as it is, also when it is a 401: for when credentials are what is in question. */
  async callOnce(call: Call): Promise<Reply> {
    return this.#ofManager(await firstAnswer(this.nodes, call));
  }

  /** For sentences: "Manager m1 at https://…". */
  get name(): string {
    return this.#at();
  }

  /** A login page with HTTP 200 is no answer of the manager: neither "created" nor "deleted" may be read into it. */
  #ofManager(reply: Reply): Reply {
    if (reply.json !== undefined || reply.status >= 300 || reply.status === 204) return reply;
    throw new ManagerUnavailable(`${this.#at()} answered HTTP ${reply.status} with something that is not JSON.`);
  }

  #at(doing?: string): string {
    const { manager, node } = this.nodes[0] as ManagerHttp;
    return `Manager ${manager} at ${node}${doing ? ` (${doing})` : ''}`;
  }
}

/** Like the vendor's own client: the next node only when this one is unreachable or its REST service is down (502). */
async function firstAnswer(nodes: readonly ManagerHttp[], call: Call): Promise<Reply> {
  let failure: OffsiteError | undefined;
  let badGateway: Reply | undefined;
  for (const node of nodes) {
    try {
      const reply = await node.call(call);
      if (reply.status !== 502) return reply;
      badGateway ??= reply;
    } catch (error) {
      if (!(error instanceof ManagerUnavailable)) throw error;
      failure ??= error;
    }
  }
  if (badGateway) return badGateway;
  throw failure ?? new ManagerUnavailable('The manager has no endpoint.');
}

/** Absent means that the manager itself says so, in JSON: a proxy's 404 page is no answer about a snapshot. */
function isAbsent(reply: Reply): boolean {
  return reply.status === 404 && reply.code === 'not_found_error';
}

/** Checked and encoded here, once, whatever came before: see `SnapshotId` for what a wrong id can do. */
export function pathOf(snapshot: string): string {
  return `/snapshots/${encodeURIComponent(SnapshotId.parse(snapshot))}`;
}

function toRow(row: {
  id: string;
  status: string;
  error?: string | null | undefined;
  created_at?: string | undefined;
}) {
  const createdAt = row.created_at === undefined ? undefined : new Date(row.created_at);
  return { id: row.id, status: row.status, error: row.error ?? '', createdAt };
}

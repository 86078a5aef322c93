import * as z from 'zod';
import { CertificateUntrusted, InvalidSecret, ManagerUnavailable } from '../base/errors.ts';
import { type ManagerClient, pathOf } from './client.ts';
import { NotConnected } from './connection-errors.ts';
import { BYPASS, type Call, type ManagerHttp } from './http.ts';
import { bodyOf, errorOf } from './replies.ts';
import type { Reply } from './reply.ts';

/** What a restore asks of a manager beside what `ManagerClient` does (contract.md §7, §8). */

export interface RestoreFlag {
  readonly node: string;
  /** `unknown`: the node does not answer, or not with one of the two words that managers know (contract.md §8). */
  readonly flag: 'running' | 'not-running' | 'unknown';
  /** It answers, with a certificate of a CA that was not asked for, as after a restore of certificates. */
  readonly isUntrusted?: boolean;
}

const SnapshotStatus = z.object({ status: z.enum(['running', 'not-running']) });

/**
 * `/snapshot-status` of every node: a file of the node that runs the restore, and of no other (hazard K21). Without
 * credentials: with wrong ones, as after a restore, it would be a 401 (observations.md §2).
 */
export async function restoreFlags(client: Pick<ManagerClient, 'nodes'>): Promise<RestoreFlag[]> {
  const call = { path: '/snapshot-status', authenticate: false, timeoutMs: 'look' as const };
  return await Promise.all(
    client.nodes.map(async (http): Promise<RestoreFlag> => {
      const { node } = http;
      try {
        return { node, flag: SnapshotStatus.parse((await http.call(call)).json).status };
      } catch (error) {
        return { node, flag: 'unknown', isUntrusted: error instanceof CertificateUntrusted };
      }
    }),
  );
}

const Maintenance = z.object({ status: z.enum(['activated', 'activating', 'deactivated']) });

/** While `activating`, a manager refuses restores; once `activated` it takes them (contract.md §8). */
export async function maintenanceOf(client: ManagerClient): Promise<z.infer<typeof Maintenance>['status']> {
  const reply = await client.call({ path: '/maintenance', headers: BYPASS });
  const at = `${client.name} (maintenance)`;
  if (reply.status !== 200) throw errorOf(reply, at);
  return bodyOf(Maintenance, reply, at).status;
}

export interface RestoreOptions {
  readonly force: boolean;
  readonly recreate_deployments_envs: boolean;
  readonly restore_certificates: boolean;
  readonly no_reboot: boolean;
  readonly tenant_name?: string;
}

/** 200, with the fields of a snapshot and the values of an execution (contract.md §7.2). */
const Accepted = z.object({ id: z.string().min(1), status: z.string() });

/**
 * Asks for the restore; gives the execution's id, `refused` when other executions are in the way, or `gone` when the
 * manager does not know the snapshot. The body holds every field that any version wants: `force` is missed with a 500 by all, `recreate_deployments_envs` with a 400 up to
 * 5.2; what a version does not know it ignores (contract.md §7.1). Asks one node only, and waits until the manager
 * itself has given the request up (`timeoutMs`): a second one on its way beside it might restore twice. `NotConnected`
 * means that nothing was sent; any other `ManagerUnavailable` that it may have been done.
 */
export async function requestRestore(
  client: ManagerClient,
  snapshot: string,
  options: RestoreOptions,
  timeoutMs: number,
): Promise<{ executionId: string } | 'refused' | 'gone'> {
  const call = { method: 'POST', path: `${pathOf(snapshot)}/restore`, body: { ...options } } as const;
  const reply = await onFirstThatConnects(client.nodes, { ...call, headers: BYPASS, timeoutMs });
  const at = `${client.name} (restore ${snapshot})`;
  if (reply.code === 'existing_running_execution_error') return 'refused';
  if (reply.status === 404 && reply.code === 'not_found_error') return 'gone';
  if (reply.status !== 200) throw errorOf(reply, at);
  return { executionId: bodyOf(Accepted, reply, at).id };
}

async function onFirstThatConnects(nodes: readonly ManagerHttp[], call: Call): Promise<Reply> {
  let failure: NotConnected | undefined;
  for (const node of nodes) {
    try {
      return await node.call(call);
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new NotConnected('The manager has no endpoint.');
}

const RestoreExecution = z.object({ id: z.string(), status: z.string(), error: z.string().nullish() });

export type RestoreLook =
  | { readonly seen: 'row'; readonly status: string; readonly error: string }
  /** 404: also normal while the database is exchanged (contract.md §7.4). */
  | { readonly seen: 'absent' }
  | { readonly seen: 'rejected' }
  | { readonly seen: 'away'; readonly why: string };

/**
 * One look at the restore's execution, whatever the manager is going through. After a legacy restore the row is in
 * `default_tenant`, whichever tenant it was started in (contract.md §7.5). Never throws for what a restore does to a
 * manager; certificate errors are thrown, for the caller to try another CA.
 */
export async function lookAtRestore(client: ManagerClient, execution: string): Promise<RestoreLook> {
  const path = `/executions/${encodeURIComponent(execution)}`;
  const call = { path, query: { _include: 'id,status,error' }, headers: BYPASS, timeoutMs: 'look' as const };
  const first = await answer(client, call);
  if (first.seen !== 'absent' && first.seen !== 'forbidden') return first;
  const second = await answer(client, { ...call, headers: { ...BYPASS, tenant: 'default_tenant' } });
  // These may not look at executions at all: others may.
  return second.seen === 'forbidden' ? { seen: 'rejected' } : second;
}

async function answer(client: ManagerClient, call: Call): Promise<RestoreLook | { readonly seen: 'forbidden' }> {
  let reply: Reply;
  try {
    reply = await client.callOnce(call);
  } catch (error) {
    // A TLS alert of a web server that is being restarted reads as if there were no TLS at all.
    if (error instanceof ManagerUnavailable || error instanceof InvalidSecret)
      return { seen: 'away', why: error.message };
    throw error;
  }
  if (reply.status === 401) return { seen: 'rejected' };
  // 403 also when the tenant of the secret is not one of the archive's.
  if (reply.status === 403) return { seen: 'forbidden' };
  if (reply.status === 404) return { seen: 'absent' };
  const parsed = reply.status === 200 ? RestoreExecution.safeParse(reply.json) : undefined;
  if (!parsed?.success) return { seen: 'away', why: `HTTP ${reply.status}${reply.code ? ` ${reply.code}` : ''}` };
  return { seen: 'row', status: parsed.data.status, error: parsed.data.error ?? '' };
}

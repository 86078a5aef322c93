import * as z from 'zod';
import { minutes, seconds } from '../../base/durations.ts';
import { ManagerUnavailable } from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import { isEmpty, readContent } from '../../manager/content.ts';
import { BYPASS } from '../../manager/http.ts';
import { isAbsent } from '../../manager/lists.ts';
import { bodyOf, errorOf, listOf } from '../../manager/replies.ts';
import type { ListedExecution } from '../../manager/restore-executions.ts';
import { optionWords } from '../option-words.ts';

/** What a drill brings back and takes away again; everything else is named and stays. */
interface Kind {
  readonly type: 'deployments' | 'blueprints' | 'plugins' | 'secrets' | 'sites';
  /** What its items go by, in their path and in the list. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Record<string, unknown>;
  /** Of the manager. */
  readonly version?: string | undefined;
}

/**
 * In the order in which they let go of one another: a blueprint with deployments is not deleted, forced or not. How each
 * is deleted is from the vendor's client (cloudify-common, cloudify_rest_client/{deployments,blueprints,plugins,secrets,
 * sites}.py) and service (cloudify-manager, rest/resources_v1/deployments.py, resources_v2_1/plugins.py,
 * resource_manager.py `delete_blueprint`, `remove_plugin`): `force` is in the query for deployments and blueprints, in
 * the JSON for plugins; secrets and sites have none. 200 with the object up to 5.0, 204 later.
 */
const KINDS: readonly Kind[] = [
  // 5.0.5 calls it `ignore_live_nodes`; what a version does not know it ignores. Nothing is ever uninstalled: the
  // records of a drill name the machines of production.
  { type: 'deployments', key: 'id', query: { force: 'true', ignore_live_nodes: 'true', delete_logs: 'true' } },
  { type: 'blueprints', key: 'id', query: { force: 'true' } },
  { type: 'plugins', key: 'id', body: { force: true } },
  { type: 'secrets', key: 'key' },
  { type: 'sites', key: 'name' },
];

/** Of the step's 600 s; the rest is for what comes before and after. */
const LIMIT_MS = minutes(8);
/** To count what stays. */
const COUNTING_MS = seconds(45);
/** Deleting a deployment only starts `delete_deployment_environment`; its row goes when that has ended. */
const LOOK_EVERY_MS = seconds(5);
/** Asked again after this, if it is still there: its workflow may have failed. */
const ASK_AGAIN_MS = minutes(1);
/** The same for one that was refused, because others still need it. */
const REFUSED_AGAIN_MS = seconds(15);
/** Nothing has gone for so long: what is left stays. */
const STALLED_MS = minutes(2);
/** Rows of one look. The rest comes into view as they go. */
const PAGE = 500;
/** Answers of a manager that is away, one after the other, before the step is tried as a whole again. */
const PATIENCE = 3;

export interface Clearing {
  /** Of the manager. */
  readonly version?: string | undefined;
  /** When it must be over, in milliseconds of the clock. */
  readonly latest?: number;
  /** Another restore than the drill's, once there is one: from then on nothing more is the drill's for certain. */
  readonly second?: () => Promise<Pick<ListedExecution, 'id' | 'status'> | undefined>;
}

type ClearDeps = Pick<Deps, 'clock' | 'signal' | 'log'>;

/**
 * Takes away what a drill has restored, and says what stays. Bounded in time, and
 * may be repeated. Throws `ManagerUnavailable` when the manager goes away.
 */
export async function clearDrill(
  client: ManagerClient,
  manager: string,
  deps: ClearDeps,
  { version, latest = Number.POSITIVE_INFINITY, second }: Clearing = {},
): Promise<string[]> {
  const until = Math.min(deps.clock.now().getTime() + LIMIT_MS, latest - COUNTING_MS);
  const removed: string[] = [];
  const done = () =>
    removed.length > 0 ? [`Removed from manager ${manager} after the drill: ${removed.join(', ')}.`] : [];
  for (const kind of KINDS) {
    const other = await second?.();
    if (other) return [...done(), stopped(manager, other, removed.length > 0)];
    const gone = await removeAll(client, { ...kind, version }, until, deps);
    if (gone > 0) removed.push(`${gone} ${kind.type}`);
  }
  return [...done(), ...(await whatStays(client, manager, version))];
}

function stopped(manager: string, { id, status }: Pick<ListedExecution, 'id' | 'status'>, isPart: boolean): string {
  return `Nothing ${isPart ? 'more ' : ''}was removed from manager ${manager} after the drill: another restore has been asked for since (execution ${id}, ${status}), and what is there may be of that. Remove by hand what is not to stay.`;
}

/** Until none is left, the time is up, or nothing goes any more. Gives how many have gone. */
async function removeAll(client: ManagerClient, kind: Kind, until: number, deps: ClearDeps): Promise<number> {
  const now = () => deps.clock.now().getTime();
  const askedAgainAt = new Map<string, number>();
  let first: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  let shrankAt = now();
  for (;;) {
    const { total, rows } = await list(client, kind);
    first ??= total;
    if (total < least) [least, shrankAt] = [total, now()];
    if (total === 0 || now() >= until || now() - shrankAt >= STALLED_MS) return Math.max(0, first - total);
    let taken = 0;
    for (const row of rows) {
      if (now() >= until) break;
      const name = JSON.stringify([row.tenant, row.id]);
      if (now() < (askedAgainAt.get(name) ?? 0)) continue;
      const isTaken = await remove(client, kind, row, deps);
      askedAgainAt.set(name, now() + (isTaken ? ASK_AGAIN_MS : REFUSED_AGAIN_MS));
      if (isTaken) taken += 1;
    }
    if (kind.type === 'deployments' || taken === 0) await deps.clock.sleep(LOOK_EVERY_MS, deps.signal);
  }
}

interface DrillItem {
  readonly id: string;
  readonly tenant: string;
}

const Item = z.record(z.string(), z.unknown());

/** Items of all tenants. A manager that has no such list has none of them. */
async function list(
  client: ManagerClient,
  { type, key, version }: Kind,
): Promise<{ total: number; rows: DrillItem[] }> {
  const query = { _all_tenants: 'true', _include: `${key},tenant_name`, _sort: key, _size: String(PAGE) };
  const reply = await client.call({ path: `/${type}`, query, headers: BYPASS });
  if (isAbsent(reply, type, client.name, version)) return { total: 0, rows: [] };
  const at = `${client.name} (list ${type})`;
  if (reply.status !== 200) throw errorOf(reply, at);
  const { metadata, items } = bodyOf(listOf(Item), reply, at);
  const rows = items.map((item) => ({ id: String(item[key]), tenant: String(item.tenant_name) }));
  return { total: metadata.pagination.total, rows };
}

/**
 * Whether the manager took the deletion, or the item is gone. In the item's own tenant: from another one an item that
 * all tenants see is refused (cloudify-manager, rest_utils.py `validate_global_modification`).
 */
async function remove(client: ManagerClient, kind: Kind, row: DrillItem, deps: ClearDeps): Promise<boolean> {
  const { type, query, body } = kind;
  const path = `/${type}/${encodeURIComponent(row.id)}`;
  const call = { method: 'DELETE', path, ...(query && { query }), ...(body && { body }) } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await client.call({ ...call, headers: { ...BYPASS, tenant: row.tenant } });
      if (reply.status < 300 || reply.status === 404) return true;
      // A 500 is about this one: a manager may have items that it cannot delete.
      if (reply.status <= 500) return refused(client, type, reply.code, deps);
      throw errorOf(reply, `${client.name} (delete ${type})`);
    } catch (error) {
      // Also a manager that is asked too often (contract.md §1.7).
      if (!(error instanceof ManagerUnavailable) || attempt >= PATIENCE) throw error;
      await deps.clock.sleep(LOOK_EVERY_MS, deps.signal);
    }
  }
}

/** One that others need, or that is being deleted already. */
function refused(client: ManagerClient, type: string, code: string | undefined, { log }: ClearDeps): false {
  log.info(`${client.name} did not delete one of its ${type} yet (${code ?? 'no reason given'}).`);
  return false;
}

/** Tenants and users are left: nobody can tell those of the drill from those who work with this manager. */
async function whatStays(client: ManagerClient, manager: string, version?: string): Promise<string[]> {
  const content = await readContent(client, { totalsOnly: true, ...(version && { version }) });
  if (isEmpty(content)) return [];
  const own: Readonly<Record<string, number>> = { tenants: 1, users: content.builtInUsers ?? 1 };
  const left = ['tenants', 'users', 'user_groups', ...KINDS.map(({ type }) => type)]
    .map((type) => ({ type, more: (content.totals[type] ?? 0) - (own[type] ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ type, more }) => `${type.replace('_', ' ')} (${more})`);
  if (left.length === 0) return [];
  return [
    `Of the drill there remain on manager ${manager}: ${left.join(', ')}, not counting the manager's own. Remove them by hand before the next drill; a legacy archive replaces them with ${optionWords.force}.`,
  ];
}

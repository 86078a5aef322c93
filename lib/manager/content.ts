import { minutes } from '../base/durations.ts';
import type { ManagerClient } from './client.ts';
import { type Collection, type ListRow, Lists } from './lists.ts';

/**
 * What a manager holds now: items by type over all tenants and tenant by tenant, types named as in
 * lib/snapshot/inventory.ts. A tenant without items is there too, empty.
 */
export interface Content {
  readonly totals: Readonly<Record<string, number>>;
  readonly tenants: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Types that this manager does not show: premium's on community, or unknown to its version. Never counted as 0. */
  readonly unavailable: readonly string[];
  /** Types of which only the total is known: their absence in `tenants` says nothing. */
  readonly totalsOnly?: readonly string[];
  /** Users that every installation has. 1 (the admin) unless told. */
  readonly builtInUsers?: number;
}

const COLLECTIONS: readonly Collection[] = [
  { type: 'tenants', path: '/tenants', key: 'name', of: 'manager' },
  { type: 'users', path: '/users', key: 'username', of: 'manager' },
  { type: 'user_groups', path: '/user-groups', key: 'name', of: 'manager' },
  { type: 'sites', path: '/sites', key: 'name', of: 'tenant' },
  { type: 'plugins', path: '/plugins', key: 'id', of: 'tenant' },
  { type: 'secrets', path: '/secrets', key: 'key', of: 'tenant' },
  { type: 'blueprints', path: '/blueprints', key: 'id', of: 'tenant' },
  { type: 'deployments', path: '/deployments', key: 'id', of: 'tenant' },
  { type: 'nodes', path: '/nodes', key: 'id', and: 'deployment_id', of: 'tenant' },
  { type: 'node_instances', path: '/node-instances', key: 'id', of: 'tenant' },
  { type: 'agents', path: '/agents', key: 'id', of: 'tenant' },
  // Without this the manager's own are hidden (contract.md §3.4), and an archive has both kinds.
  {
    type: 'executions',
    path: '/executions',
    key: 'id',
    of: 'total',
    query: { _include_system_workflows: 'true' },
  },
];

/** For all rows of all types. Of a manager that is slower, numbers are read from then on: a step has 15 min. */
const ROWS_MS = minutes(5);
/** Made by the installer, on 5.x three more than the admin. */
const REPORTERS = /^(manager|db|broker)_status_reporter$/;

export interface Reading {
  /** In 12 short calls, without the tenants. */
  readonly totalsOnly?: boolean;
  /** Of the manager: older ones lack some lists. */
  readonly version?: string;
  /** Rows are read for 5 min by this clock. */
  readonly clock?: { now(): Date };
}

/**
 * Counts everything, from all tenants; items that tenants share count once, in their own (observations.md §4). Throws
 * what replies mean: `PermissionDenied`, `ManagerUnavailable` and so on.
 */
export async function readContent(client: ManagerClient, reading: Reading = {}): Promise<Content> {
  const totals: Record<string, number> = {};
  const tenants = new Map<string, Map<string, number>>();
  const unavailable: string[] = [];
  const totalsOnly: string[] = [];
  let builtInUsers = 1;
  const until = (reading.clock?.now().getTime() ?? 0) + ROWS_MS;
  const isLate = () => (reading.clock?.now().getTime() ?? 0) >= until;
  // One after another: managers from 7.0.1 refuse a burst (contract.md §1.7).
  for (const collection of COLLECTIONS) {
    const { type, key, of } = collection;
    const totalOnly = of === 'total' || (of === 'tenant' && reading.totalsOnly === true);
    const lists = new Lists(client, collection, reading.version);
    const found = totalOnly ? await lists.total() : await lists.rows(isLate);
    if (!found) {
      unavailable.push(type);
      continue;
    }
    totals[type] = found.total;
    if (!found.rows) totalsOnly.push(type);
    if (of !== 'manager') countByTenant(type, found.rows ?? [], tenants);
    if (type === 'tenants') for (const row of found.rows ?? []) countsOf(tenants, String(row[key]));
    if (type === 'users') builtInUsers += (found.rows ?? []).filter((row) => REPORTERS.test(String(row[key]))).length;
  }
  const byTenant = [...tenants].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => [name, Object.fromEntries(n)]);
  return { totals, tenants: Object.fromEntries(byTenant), unavailable, totalsOnly, builtInUsers };
}

/** Types that every supported version shows. */
export const ALWAYS_SHOWN = ['tenants', 'blueprints', 'deployments', 'plugins', 'secrets'];
/** Types that a manager in use has some of. */
const IN_USE = ['blueprints', 'deployments', 'plugins', 'secrets', 'sites', 'nodes', 'node_instances', 'agents'];

/**
 * Nothing but what a fresh manager has: `default_tenant` and the users of the installation. (A manager itself looks at
 * blueprints alone; contract.md §7.3.) Executions do not count: a fresh manager has run some. What it does not show
 * cannot be looked at, but without the types that every version shows nobody may call it empty.
 */
export function isEmpty({ totals, unavailable, builtInUsers = 1 }: Content): boolean {
  if (ALWAYS_SHOWN.some((type) => unavailable.includes(type))) return false;
  const more = (type: string, own: number) => (totals[type] ?? 0) > own;
  if (more('tenants', 1) || more('users', builtInUsers) || more('user_groups', 0)) return false;
  return !IN_USE.some((type) => more(type, 0));
}

function countByTenant(type: string, rows: readonly ListRow[], tenants: Map<string, Map<string, number>>): void {
  for (const row of rows) {
    const counts = countsOf(tenants, String(row.tenant_name));
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
}

function countsOf(tenants: Map<string, Map<string, number>>, name: string): Map<string, number> {
  const counts = tenants.get(name) ?? new Map<string, number>();
  tenants.set(name, counts);
  return counts;
}

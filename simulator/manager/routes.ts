import { downloadArchive } from './archive-download.ts';
import { brokers, databaseNodes, managers } from './cluster-lists.ts';
import { clusterStatus } from './cluster-status.ts';
import { deleteOf } from './content-delete.ts';
import { createSnapshot } from './create.ts';
import { listEvents } from './events.ts';
import type { Exchange } from './exchange.ts';
import { actOnExecution, deleteExecutions, getExecution, listExecutions, patchExecution } from './executions.ts';
import { getTenant, tenantList } from './inventory-lists.ts';
import { getMaintenance, setMaintenance } from './maintenance.ts';
import { json, type Reply } from './reply.ts';
import { restoreSnapshot } from './restore.ts';
import { deleteSnapshot, getSnapshot, listSnapshots, patchSnapshot } from './snapshots.ts';
import { ok, oldStatus, snapshotStatus, status, version } from './status.ts';
import { createToken, deleteToken, listTokens, signedToken } from './tokens.ts';
import { uploadArchive } from './upload.ts';
import type { VersionLine } from './version-line.ts';

type Handler = (exchange: Exchange, first: string) => Reply | Promise<Reply>;

export interface Route {
  /** Path below `/api/<version>/`; `:` stands for one segment. */
  readonly path: readonly string[];
  readonly methods: Readonly<Record<string, Handler>>;
  /** `open`: credentials are only looked at when they are sent; `none`: not even then. */
  readonly authentication?: 'open' | 'none';
  /** Also under `/api/` without a version. */
  readonly isUnversioned?: boolean;
  /** Only under v3.1, or under all versions from v2 on. */
  readonly since?: 'v2' | 'v3.1';
  /** Methods that exist on the manager and are not simulated; they show in `Allow`. */
  readonly others?: readonly string[];
}

const refusing: Handler = () => ({ status: 501, headers: { 'Content-Type': 'text/plain' }, body: 'not simulated\n' });

/** The resources of a version line. What is not here is a 404, as on the manager. */
export function routesOf(line: VersionLine): Route[] {
  const tokens: Route = line.hasStoredTokens
    ? { path: ['tokens'], methods: { GET: listTokens, POST: createToken } }
    : { path: ['tokens'], methods: { GET: signedToken, POST: signedToken } };
  return [
    { path: ['version'], methods: { GET: version }, isUnversioned: true },
    { path: ['status'], methods: { GET: status }, since: 'v3.1' },
    ...(line.hasOldStatus ? [{ path: ['status'], methods: { GET: oldStatus } }] : []),
    ...(line.hasOk ? [{ path: ['ok'], methods: { GET: ok }, since: 'v3.1', authentication: 'none' } as const] : []),
    { path: ['cluster-status'], methods: { GET: clusterStatus }, since: 'v3.1' },
    { path: ['snapshot-status'], methods: { GET: snapshotStatus }, since: 'v3.1', authentication: 'open' },
    { path: ['managers'], methods: { GET: managers } },
    { path: ['managers', ':'], methods: { PUT: refusing, DELETE: refusing } },
    { path: ['db-nodes'], methods: { GET: databaseNodes } },
    { path: ['brokers'], methods: { GET: brokers } },
    // The vendor's client asks it before an upload; what it answers with is not looked at.
    { path: ['license-check'], methods: { GET: () => json(200, 'OK') } },
    { path: ['snapshots'], methods: { GET: listSnapshots }, since: 'v2' },
    {
      path: ['snapshots', ':'],
      methods: { GET: getSnapshot, PUT: createSnapshot, PATCH: patchSnapshot, DELETE: deleteSnapshot },
      since: 'v2',
    },
    { path: ['snapshots', ':', 'archive'], methods: { GET: downloadArchive, PUT: uploadArchive }, since: 'v2' },
    { path: ['snapshots', ':', 'restore'], methods: { POST: restoreSnapshot }, since: 'v2' },
    { path: ['executions'], methods: { GET: listExecutions, DELETE: deleteExecutions }, others: ['POST'] },
    { path: ['executions', ':'], methods: { GET: getExecution, PATCH: patchExecution, POST: actOnExecution } },
    tokens,
    ...(line.hasStoredTokens
      ? [{ path: ['tokens', ':'], methods: { DELETE: deleteToken }, others: ['GET', 'PATCH'] }]
      : []),
    { path: ['maintenance'], methods: { GET: getMaintenance } },
    { path: ['maintenance', ':'], methods: { POST: setMaintenance } },
    { path: ['tenants'], methods: { GET: tenantList } },
    { path: ['tenants', ':'], methods: { GET: getTenant, POST: refusing, DELETE: refusing }, others: ['PATCH', 'PUT'] },
    { path: ['events'], methods: { GET: listEvents }, others: ['POST', 'DELETE'] },
    ...(['deployments', 'blueprints', 'plugins', 'secrets', 'sites'] as const).map((type) => ({
      path: [type, ':'],
      methods: { DELETE: deleteOf(type) },
      others: ['GET', 'PUT', 'PATCH'],
    })),
  ];
}

export function findRoute(
  routes: readonly Route[],
  apiVersion: string | undefined,
  path: readonly string[],
): Route | undefined {
  return routes.find((route) => {
    if (apiVersion === undefined ? route.isUnversioned !== true : !isServedUnder(route, apiVersion)) return false;
    return (
      route.path.length === path.length &&
      route.path.every((part, n) => (part === ':' ? path[n] !== '' : part === path[n]))
    );
  });
}

const isServedUnder = ({ since }: Route, apiVersion: string): boolean =>
  since === undefined || apiVersion === 'v3.1' || (since === 'v2' && apiVersion !== 'v1');

/** Sorted, as the recordings have it: the manager's own order is random. */
export function allowOf({ methods, others = [] }: Route): string {
  const all = new Set([...Object.keys(methods), ...others, 'OPTIONS']);
  if (all.has('GET')) all.add('HEAD');
  return [...all].sort().join(', ');
}

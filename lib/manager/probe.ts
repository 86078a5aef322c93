import * as z from 'zod';
import { ManagerUnavailable, ManagerUnsupported, OffsiteError, SplitBrainSuspected } from '../errors.ts';
import type { Call, ManagerHttp } from './http.ts';
import { bodyOf, ClusterStatus, errorOf, listOf, Status, Version } from './replies.ts';

/** A node that can serve a run. `fingerprint`: what every node of one manager must agree on. */
export interface HealthyNode {
  readonly node: string;
  readonly version: string;
  readonly edition: string;
  readonly fingerprint: string;
  /** Services that are down and that a snapshot does without, e.g. the console. */
  readonly degraded: readonly string[];
}

/** The oldest version line whose behaviour we know (contract.md §0.3). */
const OLDEST = [5, 0, 5] as const;

/**
 * Without these no snapshot can be made (names: contract.md §2.2). A console or composer that is down is no reason to
 * go without a backup, so the manager's overall word "Fail" is not enough to refuse it.
 */
const ESSENTIAL = ['Webserver', 'Management Worker', 'Manager Rest-Service', 'AMQP-Postgres', 'PostgreSQL', 'RabbitMQ'];

/**
 * Looks at one node. Throws `ManagerUnavailable` (unhealthy), `CredentialsRejected`, `ManagerUnsupported` and what
 * replies mean. `call` is the node's own call, so that a fellow node cannot answer for it.
 */
export async function probe(http: ManagerHttp): Promise<HealthyNode> {
  const at = `Manager ${http.manager} at ${http.node}`;
  const version = await get(http, { path: '/version' }, Version, `${at} (version)`);
  if (older(version.version)) {
    throw new ManagerUnsupported(`${at} is version ${version.version}; 5.0.5 is the oldest supported.`);
  }
  const degraded = await checkServices(http, at);
  await checkCluster(http, at);
  return { node: http.node, ...version, degraded, fingerprint: await fingerprint(http, at) };
}

async function checkServices(http: ManagerHttp, at: string): Promise<string[]> {
  // 5.x has no /ok and answers 404 (contract.md §2.3); 500 "FAIL" says too little. Both times ask for the details.
  const ok = await http.call({ path: '/ok', authenticate: false });
  if (ok.status === 200 && ok.json === 'OK') return [];
  const status = await get(http, { path: '/status' }, Status, `${at} (status)`);
  if (status.status === 'OK') return [];
  const down = Object.entries(status.services).flatMap(([name, s]) => (s.status === 'Active' ? [] : [name]));
  const missing = down.filter((name) => ESSENTIAL.includes(name));
  if (missing.length === 0 && down.length > 0) return down;
  throw new ManagerUnavailable(
    `${at} is not healthy: ${missing.join(', ') || 'its services'} ${missing.length === 1 ? 'is' : 'are'} down.`,
  );
}

/** `db` in state Fail means no leader or no quorum: a snapshot would hang or be of a standby (contract.md §2.4). */
async function checkCluster(http: ManagerHttp, at: string): Promise<void> {
  const cluster = await get(http, { path: '/cluster-status' }, ClusterStatus, `${at} (cluster status)`);
  const db = cluster.services.db;
  const masters = Object.values(db?.nodes ?? {}).filter(isMaster).length;
  if (masters > 1) throw new SplitBrainSuspected(`${at} sees ${masters} database masters. ${WHAT_TO_DO}`);
  if (db?.status === 'Fail') throw new ManagerUnavailable(`${at} says that its database cluster has failed.`);
}

const PatroniNode = z.object({
  services: z.object({
    Patroni: z.object({ extra_info: z.object({ patroni_status: z.object({ role: z.string() }) }) }),
  }),
});

/** Only 5.0.5 shows replication roles (contract.md §2.4). */
function isMaster(node: unknown): boolean {
  const parsed = PatroniNode.safeParse(node);
  return parsed.success && parsed.data.services.Patroni.extra_info.patroni_status.role === 'master';
}

const WHAT_TO_DO = 'Do not trust either until you know which one is right: docs/runbook.md, "split brain".';

const Ids = listOf(z.object({ id: z.string() }));
const Hosts = listOf(z.object({ hostname: z.string() }));

/** Nodes that share one database cannot differ in these, but for the moment between two questions. */
async function fingerprint(http: ManagerHttp, at: string): Promise<string> {
  const newest = { _sort: '-created_at', _size: '1', _include: 'id', _all_tenants: 'true' };
  const executions = { ...newest, _include_system_workflows: 'true' };
  const [managers, snapshots, runs] = [
    await get(http, { path: '/managers', query: { _include: 'hostname' } }, Hosts, `${at} (managers)`),
    await get(http, { path: '/snapshots', query: newest }, Ids, `${at} (snapshots)`),
    await get(http, { path: '/executions', query: executions, headers: { 'x-bypass-maintenance': 'true' } }, Ids, at),
  ];
  const hosts = managers.items.map((m) => m.hostname).sort();
  return JSON.stringify([hosts, snapshots.items[0]?.id, snapshots.metadata, runs.items[0]?.id, runs.metadata]);
}

/** Throws `SplitBrainSuspected` when healthy nodes disagree, twice: the first time may be the moment in between. */
export async function compareNodes(
  manager: string,
  first: readonly HealthyNode[],
  lookAgain: () => Promise<readonly HealthyNode[]>,
): Promise<void> {
  if (agree(first)) return;
  const second = await lookAgain();
  if (agree(second)) return;
  const nodes = second.map((n) => n.node).join(' and ');
  throw new SplitBrainSuspected(
    `${nodes} are endpoints of manager ${manager} but show different nodes, snapshots or executions. ${WHAT_TO_DO}`,
  );
}

const agree = (nodes: readonly HealthyNode[]) => new Set(nodes.map((n) => n.fingerprint)).size <= 1;

async function get<T extends z.ZodType>(http: ManagerHttp, call: Call, schema: T, at: string): Promise<z.infer<T>> {
  const reply = await http.call(call);
  if (reply.status !== 200) throw errorOf(reply, at);
  return bodyOf(schema, reply, at);
}

function older(version: string): boolean {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [index, least] of OLDEST.entries()) {
    const own = numbers[index] ?? 0;
    if (own !== least) return own < least;
  }
  return false;
}

export type ProbeResult = { healthy: HealthyNode } | { failure: OffsiteError };

/** Probes every node at once; a node that is down is a finding, not the end. */
export async function probeAll(nodes: readonly ManagerHttp[]): Promise<ProbeResult[]> {
  return await Promise.all(
    nodes.map(async (http) => {
      try {
        return { healthy: await probe(http) };
      } catch (error) {
        if (error instanceof OffsiteError) return { failure: error };
        throw error;
      }
    }),
  );
}

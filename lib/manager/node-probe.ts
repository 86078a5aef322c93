import * as z from 'zod';
import { isAtLeast } from '../base/compare-versions.ts';
import { ManagerUnavailable, ManagerUnsupported, OffsiteError, SplitBrainSuspected } from '../base/errors.ts';
import { runbookPage } from '../base/runbook.ts';
import { BYPASS, type Call, type ManagerHttp } from './http.ts';
import { bodyOf, ClusterStatus, errorOf, listOf, Status, Version } from './replies.ts';

/** A node that can serve a run. */
export interface HealthyNode {
  readonly node: string;
  readonly version: string;
  readonly edition: string;
  readonly shown: NodeFacts;
  readonly http: ManagerHttp;
  /** Services that are down and that a snapshot does without, e.g. the console. */
  readonly degraded: readonly string[];
}

/** The oldest version line whose behaviour we know (contract.md §0.3). */
const OLDEST = '5.0.5';

/**
 * Without these no snapshot can be made (names: contract.md §2.2). A console or composer that is down is no reason to
 * go without a backup, so the manager's overall word "Fail" is not enough to refuse it.
 */
const ESSENTIAL = ['Webserver', 'Management Worker', 'Manager Rest-Service', 'AMQP-Postgres', 'PostgreSQL', 'RabbitMQ'];

/**
 * Looks at one node. Throws `ManagerUnavailable` (unhealthy), `CredentialsRejected`, `ManagerUnsupported` and what
 * replies mean. `call` is the node's own call, so that a fellow node cannot answer for it.
 */
async function probe(http: ManagerHttp): Promise<HealthyNode> {
  const at = `Manager ${http.manager} at ${http.node}`;
  const version = await get(http, { path: '/version' }, Version, `${at} (version)`);
  if (!isAtLeast(version.version, OLDEST)) {
    throw new ManagerUnsupported(`${at} is version ${version.version}; ${OLDEST} is the oldest supported.`);
  }
  const degraded = await checkServices(http, at);
  await checkCluster(http, at);
  return { node: http.node, ...version, degraded, shown: await factsOfNode(http, at), http };
}

/** Gives the services that are down and not essential. Throws `ManagerUnavailable` when an essential one is. */
export async function checkServices(http: ManagerHttp, at: string): Promise<string[]> {
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

const WHAT_TO_DO = `Do not trust either until you know which one is right: ${runbookPage('splitbrainsuspected')}.`;

const Ids = listOf(z.object({ id: z.string() }));
const Hosts = listOf(z.object({ hostname: z.string() }));

/** What a node shows that all nodes of one database must know of. */
interface NodeFacts {
  /** Names of the manager's nodes, sorted. */
  readonly hosts: readonly string[];
  /** The newest snapshot and the newest execution, or undefined when there is none. */
  readonly snapshot: string | undefined;
  readonly execution: string | undefined;
}

async function factsOfNode(http: ManagerHttp, at: string): Promise<NodeFacts> {
  const newest = { _sort: '-created_at', _size: '1', _include: 'id' };
  const system = { ...newest, _include_system_workflows: 'true' };
  const hosts = await get(http, { path: '/managers', query: { _include: 'hostname' } }, Hosts, `${at} (managers)`);
  const snapshots = await get(http, { path: '/snapshots', query: newest }, Ids, `${at} (snapshots)`);
  const runs = await get(http, { path: '/executions', query: system, headers: BYPASS }, Ids, `${at} (executions)`);
  return {
    hosts: hosts.items.map((host) => host.hostname).sort(),
    snapshot: snapshots.items[0]?.id,
    execution: runs.items[0]?.id,
  };
}

/**
 * Throws `SplitBrainSuspected` when a node does not know what another one shows. Not when their newest differ: on a busy
 * manager something new comes between two questions. Asked twice, for what is deleted in between.
 */
export async function compareNodes(
  manager: string,
  first: readonly HealthyNode[],
  lookAgain: () => Promise<readonly HealthyNode[]>,
): Promise<void> {
  if ((await strangers(first)) === undefined) return;
  const nodes = await strangers(await lookAgain());
  if (nodes === undefined) return;
  throw new SplitBrainSuspected(
    `${nodes} are endpoints of manager ${manager} but show different nodes, snapshots or executions. ${WHAT_TO_DO}`,
  );
}

/** The first two nodes that cannot share a database, for a sentence. */
async function strangers(nodes: readonly HealthyNode[]): Promise<string | undefined> {
  for (const one of nodes) {
    for (const other of nodes) {
      if (one === other || (await knows(one.http, one.shown, other.shown))) continue;
      return `${one.node} and ${other.node}`;
    }
  }
  return undefined;
}

async function knows(http: ManagerHttp, own: NodeFacts, other: NodeFacts): Promise<boolean> {
  if (own.hosts.join() !== other.hosts.join()) return false;
  const unknown = [
    own.snapshot === other.snapshot ? undefined : pathFor('snapshots', other.snapshot),
    own.execution === other.execution ? undefined : pathFor('executions', other.execution),
  ];
  for (const path of unknown) {
    if (path === undefined) continue;
    const reply = await http.call({ path, query: { _include: 'id' }, headers: BYPASS });
    if (reply.status === 404) return false;
  }
  return true;
}

function pathFor(collection: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `/${collection}/${encodeURIComponent(id)}`;
}

async function get<T extends z.ZodType>(http: ManagerHttp, call: Call, schema: T, at: string): Promise<z.infer<T>> {
  const reply = await http.call(call);
  if (reply.status !== 200) throw errorOf(reply, at);
  return bodyOf(schema, reply, at);
}

export type ProbeResult = { healthy: HealthyNode } | { failure: OffsiteError; node: string };

/** Probes every node at once; a node that is down is a finding, not the end. */
export async function probeAll(nodes: readonly ManagerHttp[]): Promise<ProbeResult[]> {
  return await Promise.all(
    nodes.map(async (http) => {
      try {
        return { healthy: await probe(http) };
      } catch (error) {
        if (error instanceof OffsiteError) return { failure: error, node: http.node };
        throw error;
      }
    }),
  );
}

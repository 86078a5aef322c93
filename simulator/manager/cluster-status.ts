import type { Exchange } from './exchange.ts';
import { json, type Reply } from './reply.ts';
import { CLUSTER_SERVICES, type ClusterService, unitItem } from './service-tree.ts';
import { type Health, healthOf, isSummary } from './status.ts';

/** Monitoring looks every few seconds; in between it shows what it saw last. */
const CHECK_MS = 15_000;

export const lastCheck = (now: Date): string => new Date(Math.floor(now.getTime() / CHECK_MS) * CHECK_MS).toISOString();

/** A node split off from the others knows only itself. */
export function nodeNames({ settings, strike, node }: Exchange): readonly string[] {
  if (settings.faults.condition('splitBrain', strike) === undefined) return settings.nodeNames;
  return settings.nodeNames.slice(node, node + 1);
}

/** What is wrong with the service on one of the nodes. */
function failuresOf(exchange: Exchange, health: Health, service: ClusterService, name: string): string[] {
  const { isMonitored, broken, hasBroker, hasDatabase } = health;
  if (!isMonitored) return ['No services.', 'No metrics'];
  if (service.name === 'db') return hasDatabase ? [] : ['Service PostgreSQL 14 database server not active.'];
  if (service.name === 'broker') return hasBroker ? [] : ['Service RabbitMQ Broker not active.'];
  const index = exchange.settings.nodeNames.indexOf(name);
  if (exchange.state.stoppedNodes.has(index) || exchange.state.isRebooting(index))
    return ['Service Webserver not active.'];
  return broken === undefined ? [] : [`Service ${broken} not active.`];
}

/** Only 5.0.5 shows replication; two nodes that both call themselves master are two databases (contract §2.6). */
function replicationOf(exchange: Exchange, name: string): object {
  const isMaster = name === nodeNames(exchange)[0];
  const followers = nodeNames(exchange)
    .slice(1)
    .map(() => ({ sync_state: 'sync', state: 'streaming' }));
  const patroni = {
    state: 'running',
    role: isMaster ? 'master' : 'replica',
    replications_state: isMaster ? followers : [],
  };
  return { Patroni: { status: 'Active', extra_info: { patroni_status: patroni } } };
}

function nodeItem(
  exchange: Exchange,
  health: Health,
  service: ClusterService,
  name: string,
): { status: string; [field: string]: unknown } {
  const { line } = exchange.settings;
  const failures = failuresOf(exchange, health, service, name);
  const metric = {
    last_check: lastCheck(exchange.state.now()),
    healthy: true,
    metric_type: service.metricType,
    metric_name: service.metricName,
  };
  const units = service.units.map((one) => [
    one.name,
    unitItem(one, !failures.includes(`Service ${one.name} not active.`)),
  ]);
  const replication = line.showsReplication && service.name === 'db' ? replicationOf(exchange, name) : {};
  return {
    private_ip: '127.0.0.1',
    public_ip: '127.0.0.1',
    version: line.text,
    services: health.isMonitored ? { ...Object.fromEntries(units), ...replication } : {},
    metrics: health.isMonitored ? [metric] : [],
    ...(line.listsFailures ? { failures } : {}),
    status: failures.length === 0 ? 'OK' : 'Fail',
  };
}

/** All nodes well is OK; a quorum, one manager or more than half of the others, is Degraded (contract §2.4). */
function serviceItem(
  exchange: Exchange,
  health: Health,
  service: ClusterService,
): { status: string; [field: string]: unknown } {
  const names = nodeNames(exchange);
  const items = names.map((name) => nodeItem(exchange, health, service, name));
  const well = items.filter(({ status }) => status === 'OK').length;
  const quorum = service.name === 'manager' ? 1 : Math.floor(names.length / 2) + 1;
  const status = well === names.length ? 'OK' : well >= quorum ? 'Degraded' : 'Fail';
  const nodes = Object.fromEntries(names.map((name, index) => [name, items[index]]));
  return { ...{ is_external: false }, status, ...{ nodes } };
}

/** The short form is a 500 when the word is `Fail`; the long form is always a 200. */
export function clusterStatus(exchange: Exchange): Reply {
  const health = healthOf(exchange);
  const tree = CLUSTER_SERVICES.map((service) => [service.name, serviceItem(exchange, health, service)] as const);
  const words = tree.map(([, { status }]) => status);
  const status = ['Fail', 'Degraded'].find((word) => words.includes(word)) ?? 'OK';
  if (isSummary(exchange)) return json(status === 'Fail' ? 500 : 200, { status, services: {} });
  return json(200, { status, services: Object.fromEntries(tree) });
}

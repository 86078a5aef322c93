import { lastCheck, nodeNames } from './cluster-status.ts';
import type { Exchange } from './exchange.ts';
import { listReply } from './lists.ts';
import type { Item } from './long-list.ts';
import type { Reply } from './reply.ts';

const listOf = (exchange: Exchange, items: readonly Item[], idField: string): Reply =>
  listReply(exchange, items, { fields: Object.keys(items[0] ?? {}), idField });

export function managers(exchange: Exchange): Reply {
  const { settings, state } = exchange;
  const items = nodeNames(exchange).map((hostname, index) => ({
    id: index + 1,
    hostname,
    private_ip: '127.0.0.1',
    public_ip: '127.0.0.1',
    version: settings.line.text,
    edition: settings.edition,
    distribution: 'debian',
    distro_release: 'bookworm',
    fs_sync_node_id: null,
    networks: { default: '127.0.0.1' },
    last_seen: lastCheck(state.now()),
    status_report_frequency: 0,
    ca_cert_content: settings.caPem,
  }));
  return listOf(exchange, items, 'hostname');
}

export function databaseNodes(exchange: Exchange): Reply {
  const items = nodeNames(exchange).map((name) => ({ name, host: '127.0.0.1', is_external: false }));
  return listOf(exchange, items, 'name');
}

/** The password of RabbitMQ is in the answer in clear (hazard K28). */
export function brokers(exchange: Exchange): Reply {
  const items = nodeNames(exchange).map((name) => ({
    name,
    host: '127.0.0.1',
    management_host: '127.0.0.1',
    port: 0,
    username: 'cloudify',
    password: exchange.settings.brokerPassword,
    params: null,
    networks: { default: '127.0.0.1' },
    is_external: false,
    ca_cert_content: exchange.settings.caPem,
  }));
  return listOf(exchange, items, 'name');
}

import type { ArchiveInventory, Counts } from '../archive/inventory.ts';
import { tenantOf } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { type Item, isForAllTenants, listReply } from './lists.ts';
import type { Reply } from './reply.ts';

/** Collections that show what the manager holds, the key they go by, and where the number comes from. */
const COLLECTIONS: Readonly<Record<string, { readonly key: string; readonly kind: keyof Counts }>> = {
  blueprints: { key: 'id', kind: 'blueprints' },
  deployments: { key: 'id', kind: 'deployments' },
  plugins: { key: 'id', kind: 'plugins' },
  secrets: { key: 'key', kind: 'secrets' },
  sites: { key: 'name', kind: 'sites' },
  nodes: { key: 'id', kind: 'nodes' },
  'node-instances': { key: 'id', kind: 'nodeInstances' },
  agents: { key: 'id', kind: 'agents' },
};

export const isInventoryCollection = (resource: string): boolean => resource in COLLECTIONS;

/** Names and numbers only: enough for a client that counts. */
export function inventoryList(exchange: Exchange, resource: string, inventory: ArchiveInventory | undefined): Reply {
  const { key, kind } = COLLECTIONS[resource] ?? { key: 'id', kind: 'blueprints' };
  const own = isForAllTenants(exchange) ? undefined : tenantOf(exchange);
  const items = (inventory?.tenants ?? [])
    .filter(({ name }) => own === undefined || name === own)
    .flatMap((tenant) =>
      Array.from(
        { length: tenant[kind] },
        (_, n): Item => ({ [key]: `${resource}_${n + 1}`, tenant_name: tenant.name, created_by: 'admin' }),
      ),
    );
  return listReply(exchange, items, { fields: [key, 'tenant_name', 'created_by'], idField: key });
}

/** The tenants themselves; RabbitMQ passwords stand in them in clear, and paging is ignored (observed). */
export function tenantList(exchange: Exchange): Reply {
  const items = exchange.state.tenants.map((name) => ({
    name,
    groups: 0,
    users: name === 'default_tenant' ? exchange.state.users.length : 0,
    user_roles: null,
    rabbitmq_username: `rabbitmq_user_${name}`,
    rabbitmq_password: exchange.settings.brokerPassword,
    rabbitmq_vhost: `rabbitmq_vhost_${name}`,
  }));
  exchange.query.delete('_size');
  return listReply(exchange, items, {
    fields: ['name', 'groups', 'users', 'user_roles', 'rabbitmq_username', 'rabbitmq_password', 'rabbitmq_vhost'],
    idField: 'name',
  });
}

import { createHash } from 'node:crypto';
import { pluginId } from '../archive/pg-tables.ts';
import { tenantOf } from './auth.ts';
import { type Content, type ContentType, FIRST_TENANT } from './content.ts';
import type { Exchange } from './exchange.ts';
import { isForAllTenants, listReply } from './lists.ts';
import type { Item } from './long-list.ts';
import { LongList, type Run } from './long-list.ts';
import { json, notFound, type Reply } from './reply.ts';

interface Collection {
  readonly type: ContentType;
  /** The field that names an item. */
  readonly key: 'id' | 'key' | 'name';
  /** In the order of the answers; more than these exist. */
  readonly fields: readonly string[];
  readonly values?: Item;
}

const OWNERSHIP = ['tenant_name', 'created_by', 'resource_availability', 'private_resource'];
const COMMON = ['created_at', 'id', 'visibility', ...OWNERSHIP];

/** Collections that show what the manager holds. */
const COLLECTIONS: Readonly<Record<string, Collection>> = {
  blueprints: {
    type: 'blueprints',
    key: 'id',
    fields: [
      ...[...COMMON, 'main_file_name', 'updated_at', 'description', 'is_hidden'],
      ...['state', 'error', 'error_traceback', 'labels'],
    ],
    values: { main_file_name: 'blueprint.yaml', is_hidden: false, state: 'uploaded', labels: [] },
  },
  deployments: {
    type: 'deployments',
    key: 'id',
    fields: [...COMMON, 'blueprint_id'],
    values: { blueprint_id: 'blueprint_1' },
  },
  plugins: {
    type: 'plugins',
    key: 'id',
    fields: [
      ...[...COMMON, 'uploaded_at', 'archive_name', 'package_name', 'package_version', 'installation_state'],
      ...['distribution', 'distribution_release', 'title', 'yaml_url_path'],
    ],
    values: { uploaded_at: '2020-01-01T00:00:00.000Z', package_name: 'cloudify-plugin', installation_state: [] },
  },
  secrets: {
    type: 'secrets',
    key: 'key',
    fields: [
      ...['key', 'created_at', 'updated_at', 'resource_availability', 'visibility', 'tenant_name', 'created_by'],
      ...['is_hidden_value', 'provider_name'],
    ],
    values: { is_hidden_value: false },
  },
  sites: {
    type: 'sites',
    key: 'name',
    fields: ['created_at', 'visibility', 'name', 'latitude', 'longitude', ...OWNERSHIP, 'location'],
  },
  nodes: {
    type: 'nodes',
    key: 'id',
    fields: [...COMMON, 'deployment_id'],
    values: { deployment_id: 'deployment_1' },
  },
  'node-instances': {
    type: 'node_instances',
    key: 'id',
    fields: [...COMMON, 'deployment_id', 'host_id', 'node_id', 'state'],
    values: { deployment_id: 'deployment_1', node_id: 'node_1', state: 'started' },
  },
  agents: {
    type: 'agents',
    key: 'id',
    fields: [...COMMON, 'ip', 'deployment', 'state', 'node', 'system', 'version', 'install_method'],
    values: { ip: '10.0.0.1', deployment: 'deployment_1', node: 'node_1', state: 'started', install_method: 'remote' },
  },
};

export const isInventoryCollection = (resource: string): boolean => resource in COLLECTIONS;

const NAMES: Partial<Record<ContentType, (tenant: string, number: number) => string>> = {
  plugins: (tenant, number) => pluginId({ name: tenant }, number),
  node_instances: (_tenant, number) => `node_${number + 1}_1`,
  executions: (tenant, number) => {
    const hex = createHash('sha256').update(`${tenant}#${number}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  },
};

/** What a thing is called: the same in the lists of every manager and, where it has an id there, in archives. */
export function nameOf(type: ContentType, tenant: string, number: number): string {
  return NAMES[type]?.(tenant, number) ?? `${type.slice(0, -1)}_${number + 1}`;
}

/** Of things that were there before anything else. */
export const LONG_AGO = '2020-01-01T00:00:00.000Z';

const usual = (tenant: string): Item => ({
  created_at: LONG_AGO,
  updated_at: LONG_AGO,
  visibility: 'tenant',
  resource_availability: 'tenant',
  tenant_name: tenant,
  created_by: 'admin',
  private_resource: false,
});

/** What the tenants of a request hold of a type, as runs. */
export function runsOf(
  content: Content,
  tenants: readonly string[],
  type: ContentType,
  itemOf: (tenant: string, name: string) => Item,
): Run[] {
  return tenants.map((tenant) => {
    const holding = content.holding(tenant, type);
    const itemAt = (position: number): Item => itemOf(tenant, nameOf(type, tenant, holding.numberAt(position)));
    return { count: holding.size, itemAt };
  });
}

/** The tenant of the header, or all of them. */
export function tenantsAsked(exchange: Exchange): readonly string[] {
  return isForAllTenants(exchange) ? exchange.state.content.tenants : [tenantOf(exchange)];
}

export function inventoryList(exchange: Exchange, resource: string): Reply {
  const { type, key, fields, values = {} } = COLLECTIONS[resource] ?? { type: 'blueprints', key: 'id', fields: COMMON };
  const runs = runsOf(exchange.state.content, tenantsAsked(exchange), type, (tenant, name) => {
    const known: Item = { ...usual(tenant), ...values, [key]: name };
    return Object.fromEntries(fields.map((field) => [field, known[field] ?? null]));
  });
  return listReply(exchange, new LongList(runs), { fields, idField: key });
}

function tenantItem({ state, settings }: Exchange, name: string): Item {
  return {
    name,
    groups: 0,
    users: name === FIRST_TENANT ? state.users.length : 0,
    user_roles: null,
    rabbitmq_username: `rabbitmq_user_${name}`,
    rabbitmq_password: settings.brokerPassword,
    rabbitmq_vhost: `rabbitmq_vhost_${name}`,
  };
}

export function getTenant(exchange: Exchange, name: string): Reply {
  if (!exchange.state.tenants.includes(name)) throw notFound('Tenant', name);
  return json(200, tenantItem(exchange, name));
}

/** The tenants themselves; RabbitMQ passwords stand in them in clear, and paging is ignored (observed). */
export function tenantList(exchange: Exchange): Reply {
  const items = exchange.state.tenants.map((name) => tenantItem(exchange, name));
  exchange.query.delete('_size');
  return listReply(exchange, items, {
    fields: ['name', 'groups', 'users', 'user_roles', 'rabbitmq_username', 'rabbitmq_password', 'rabbitmq_vhost'],
    idField: 'name',
  });
}

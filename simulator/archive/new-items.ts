import type { ArchivedUser } from './identity.ts';
import type { TenantInventory } from './inventory.ts';
import { pluginId } from './pg-tables.ts';
import type { Random } from './random.ts';

/** A dump of one type: the items of one file, or of one file per source (contract §10.2). */
export interface Dump {
  readonly type: string;
  readonly items: readonly object[];
  readonly source?: string;
  readonly sourceId?: string;
}

const AT = '2026-11-21T10:00:00.000Z';
const list = (count: number, make: (n: number) => object): object[] => Array.from({ length: count }, (_, n) => make(n));

/** Things that belong to a deployment or an execution are dumped in one file for each of these. */
function spread(
  type: string,
  source: string,
  ids: readonly string[],
  count: number,
  make: (n: number) => object,
): Dump[] {
  const owners = ids.length === 0 ? [`no_${source}`] : ids;
  const buckets = owners.map((): object[] => []);
  for (const [n, item] of list(count, make).entries()) buckets[n % owners.length]?.push(item);
  return owners.flatMap((sourceId, index): Dump[] => {
    const items = buckets[index] ?? [];
    return items.length === 0 ? [] : [{ type, items, source, sourceId }];
  });
}

export function managementDumps(
  tenants: readonly TenantInventory[],
  users: readonly ArchivedUser[],
  userGroups: number,
): Dump[] {
  return [
    {
      type: 'user_groups',
      items: list(userGroups, (n) => ({ name: `group_${n + 1}`, tenants: {}, role: 'default', ldap_dn: null })),
    },
    { type: 'tenants', items: tenants.map(({ name }) => ({ name, rabbitmq_password: 'xxxx' })) },
    {
      type: 'users',
      items: users.map(({ name, passwordHash }, n) => ({
        username: name,
        tenant_roles: { direct: { default_tenant: 'user' }, groups: {} },
        role: n === 0 ? 'sys_admin' : 'default',
        created_at: AT,
        first_login_at: null,
        last_login_at: null,
        password_hash: passwordHash,
      })),
    },
    {
      type: 'permissions',
      items: ['all_tenants', 'administrators'].map((permission) => ({ role: 'sys_admin', permission })),
    },
  ];
}

const common = { created_at: AT, visibility: 'tenant', created_by: 'admin' };

/** What stands on its own in a tenant. */
function contentDumps(tenant: TenantInventory, deployments: readonly string[], random: Random): Dump[] {
  const secret = { visibility: 'tenant', tenant_name: tenant.name, is_hidden_value: false, encrypted: false };
  const plugin = { visibility: 'tenant', uploaded_at: AT, created_by: 'admin' };
  const blueprint = { ...common, main_file_name: 'blueprint.yaml', plan: {}, state: 'uploaded' };
  return [
    { type: 'sites', items: list(tenant.sites, (n) => ({ ...common, name: `site_${n + 1}`, location: null })) },
    {
      type: 'plugins',
      items: list(tenant.plugins, (n) => ({ ...plugin, id: pluginId(tenant, n), title: `plugin-${n + 1}` })),
    },
    {
      type: 'secrets',
      items: list(tenant.secrets, (n) => ({
        ...secret,
        key: `secret_${n + 1}`,
        value: random.hex(40),
        created_at: AT,
      })),
    },
    { type: 'blueprints', items: list(tenant.blueprints, (n) => ({ ...blueprint, id: `blueprint_${n + 1}` })) },
    {
      type: 'deployments',
      items: deployments.map((id) => ({ ...common, id, inputs: {}, blueprint_id: 'blueprint_1' })),
    },
  ];
}

/** Types without anything to dump have no file. The order is the manager's. */
export function tenantDumps(tenant: TenantInventory, random: Random): Dump[] {
  const deployments = Array.from({ length: tenant.deployments }, (_, n) => `deployment_${n + 1}`);
  const executions = Array.from({ length: tenant.executions }, () => random.uuid());
  const instance = { visibility: 'tenant', index: 1, state: 'started' };
  const agent = { ip: '10.0.0.1', install_method: 'remote', created_at: AT };
  const execution = {
    ...common,
    ended_at: AT,
    error: '',
    parameters: {},
    status: 'terminated',
    workflow_id: 'install',
  };
  const event = { timestamp: AT, event_type: 'task_started' };
  return [
    ...contentDumps(tenant, deployments, random),
    ...spread('nodes', 'deployments', deployments, tenant.nodes, (n) => ({ id: `node_${n + 1}`, created_by: 'admin' })),
    ...spread('node_instances', 'deployments', deployments, tenant.nodeInstances, (n) => ({
      ...instance,
      id: `node_${n + 1}_1`,
    })),
    ...spread('agents', 'deployments', deployments, tenant.agents, (n) => ({ ...agent, id: `agent_${n + 1}` })),
    { type: 'executions', items: executions.map((id) => ({ ...execution, id })) },
    ...spread('events', 'executions', executions, tenant.events, (n) => ({ ...event, message: `event ${n + 1}` })),
  ];
}

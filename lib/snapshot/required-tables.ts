/** pg_dump writes every table, be it empty: every manager since 4.0 has these. */
const ALWAYS = ['tenants', 'users', 'blueprints'];

/** Tables whose rows belong to those of another one. Where they are and that one is not, a part of the dump is missing. */
const PARENTS: Readonly<Record<string, string>> = {
  deployments: 'blueprints',
  nodes: 'deployments',
  node_instances: 'nodes',
  agents: 'node_instances',
  deployment_updates: 'deployments',
  events: 'executions',
  logs: 'executions',
  tasks_graphs: 'executions',
  operations: 'tasks_graphs',
  users_roles: 'users',
  users_tenants: 'tenants',
  groups_tenants: 'groups',
  users_groups: 'groups',
};

/**
 * All of them or none: archives that version 0.1.0 recorded of its simulated managers have none, and stay restorable. A
 * dump of pg_dump has all.
 */
const TOGETHER = [
  ...['deployment_modifications', 'deployment_update_steps', 'deployment_updates', 'groups_roles', 'groups_tenants'],
  ...['operations', 'plugins_updates', 'tasks_graphs', 'users_groups'],
];

/**
 * Of both version lines, in the order of their names. Without `events` and `logs`, which whoever makes a snapshot may leave
 * out (`include_events`, `include_logs`).
 */
const COMMON = [
  ...TOGETHER,
  ...['agents', 'blueprints', 'deployments', 'executions', 'groups', 'node_instances', 'nodes', 'plugins', 'secrets'],
  ...['sites', 'tenants', 'users', 'users_roles', 'users_tenants'],
].sort();

/**
 * What the dumps of a version line hold, as found in those of 5.1.0 and 7.1.0.dev1: a restore empties each table and fills
 * it from the dump, so what is missing is lost. `log_bundles` is left out, whose files no archive has. Of other lines no
 * dump was seen.
 */
const BY_LINE: ReadonlyMap<string, readonly string[]> = new Map([
  ['5.1', COMMON],
  [
    '7.1',
    [
      ...COMMON,
      ...['blueprints_filters', 'blueprints_labels', 'deployment_groups', 'deployment_groups_deployments'],
      ...['deployment_groups_labels', 'deployment_labels_dependencies', 'deployments_filters', 'deployments_labels'],
      ...['execution_groups', 'execution_groups_executions', 'execution_schedules', 'inter_deployment_dependencies'],
      ...['permissions', 'secrets_providers', 'tokens'],
    ],
  ],
]);

/** The newest line of which a dump was seen. */
const NEWEST = [7, 1] as const;

/** Tables without which a restore of a dump of this version loses what the manager had, and that `has` does not know. */
export function missingTables(version: string | undefined, has: (table: string) => boolean): readonly string[] {
  const isOfPgDump = TOGETHER.some(has);
  const missing = requiredOf(version).filter((table) => !has(table) && (isOfPgDump || !TOGETHER.includes(table)));
  const parents = Object.entries(PARENTS).filter(([child, parent]) => has(child) && !has(parent));
  return [...new Set([...missing, ...parents.map(([, parent]) => parent)])];
}

function requiredOf(version = ''): readonly string[] {
  const [major = 0, minor = 0] = version.split('.').map((number) => Number.parseInt(number, 10));
  const isNewer = major > NEWEST[0] || (major === NEWEST[0] && minor > NEWEST[1]);
  return isNewer ? COMMON : (BY_LINE.get(`${major}.${minor}`) ?? ALWAYS);
}

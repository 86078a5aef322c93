import type { ArchivedUser } from './identity.ts';
import type { ArchiveInventory, Counts, TenantInventory } from './inventory.ts';
import { COLUMNS, type TableName } from './pg-columns.ts';
import type { Random } from './random.ts';

export interface Table {
  readonly name: TableName;
  readonly columns: string;
  /** In COPY text. */
  readonly rows: readonly string[];
}

/** A Python pickle in hex, as the manager stores plans and parameters; shortened, nobody unpickles it here. */
const PICKLE = '\\\\x80027d71012e';

/** Writes a row with `|` for the tabs, `~` for NULL and `^` for a pickle, so that it can be read here. */
const copyRow = (text: string): string =>
  text
    .replaceAll('|', '\t')
    .replaceAll('~', '\\N')
    .replaceAll('^', () => PICKLE);

const stamp = (n: number): string => {
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  const millis = String(n % 1000).padStart(3, '0');
  return `2026-11-21 ${two(Math.floor(n / 3600) % 24)}:${two(Math.floor(n / 60))}:${two(n)}.${millis}`;
};

interface PgRow {
  readonly tenant: TenantInventory;
  /** Number of the tenant, the row's number within it, and the row's number in the table from 1. */
  readonly t: number;
  readonly n: number;
  readonly id: number;
  /** Time of making. */
  readonly at: string;
  readonly random: Random;
}

interface Kind {
  readonly table: TableName;
  readonly count: keyof Counts;
  readonly row: (row: PgRow) => string;
}

export const eventRow = (id: number, t: number): string => {
  const at = stamp(id);
  return copyRow(
    `${id}|~|${at}|Task started 'script_runner.tasks.run'|~|task_started|create|~|1|0|${t}|${at}|~|tenant|~|~`,
  );
};

export const pluginId = (tenant: Pick<TenantInventory, 'name'>, n: number): string => {
  const tail = Buffer.from(`${tenant.name}#${n}`).toString('hex').slice(-12).padStart(12, '0');
  return `00000000-0000-4000-8000-${tail}`;
};
export const pluginFile = (n: number): string => `cloudify_plugin_${n + 1}-2.4.1-py36-none-linux_x86_64.wgn`;

const CONTENT: readonly Kind[] = [
  {
    table: 'blueprints',
    count: 'blueprints',
    row: ({ id, n, t, at }) => `${id}|blueprint_${n + 1}|${at}|blueprint.yaml|^|~|Line one\\nline two|${t}|0|tenant|f`,
  },
  {
    table: 'sites',
    count: 'sites',
    row: ({ id, n, t, at }) => `${id}|~|tenant|${at}|site_${n + 1}|~|~|${t}|0`,
  },
  {
    table: 'plugins',
    count: 'plugins',
    row: ({ id, n, t, at, tenant }) =>
      `${id}|${pluginId(tenant, n)}|${pluginFile(n)}|centos|core|7|^|cloudify-plugin-${n + 1}|~|2.4.1|linux_x86_64|^|${at}|^|${t}|0|tenant`,
  },
  {
    table: 'secrets',
    count: 'secrets',
    row: ({ id, n, t, at, random }) => `${id}|secret_${n + 1}|gAAAAA${random.hex(60)}|${at}|${at}|${t}|0|tenant|f`,
  },
  {
    table: 'deployments',
    count: 'deployments',
    row: ({ id, n, t, at }) => `${id}|deployment_${n + 1}|${at}|~|^|^|~|^|^|^|^|~|^|1|0|${t}|tenant|^|~|f`,
  },
  {
    table: 'nodes',
    count: 'nodes',
    row: ({ id, n, t }) => `${id}|node_${n + 1}|1|~|-1|0|1|1|^|~|^|^|^|cloudify.nodes.Root|^|1|0|${t}|tenant`,
  },
  {
    table: 'node_instances',
    count: 'nodeInstances',
    row: ({ id, n, t, random }) => `${id}|node_${n + 1}_${random.hex(6)}|~|^|^|^|started|6|1|0|${t}|tenant|1`,
  },
  {
    table: 'agents',
    count: 'agents',
    row: ({ id, n, t, at }) =>
      `${id}|~|agent_${n + 1}|10.0.0.1|remote|centos core|5.1.0|started|tenant|u|xxxx|x|${at}|${at}|1|${t}|0`,
  },
];

function rowsOf(inventory: ArchiveInventory, random: Random, { count, row }: Omit<Kind, 'table'>): string[] {
  let id = 0;
  return inventory.tenants.flatMap((tenant, t) =>
    Array.from({ length: tenant[count] }, (_, n) => {
      id += 1;
      return copyRow(row({ tenant, t, n, id, at: stamp(id), random }));
    }),
  );
}

const table = (name: TableName, rows: readonly string[]): Table => ({ name, columns: COLUMNS[name], rows });

/** Users: the bootstrap admin has id 0, his own row is in `admin_account.json` too. */
function userTables(
  { userGroups, tenants }: ArchiveInventory,
  users: readonly ArchivedUser[],
  random: Random,
): Table[] {
  return [
    table(
      'tenants',
      tenants.map(({ name }, n) =>
        copyRow(`${n}|${name}|gAAAAA${random.hex(60)}|rabbitmq_user_${name}|rabbitmq_vhost_${name}`),
      ),
    ),
    table(
      'users',
      users.map(({ name, passwordHash }, n) =>
        copyRow(`${n}|${name}|t|~|~|~|~|~|${passwordHash}|${random.hex(32)}|~|0`),
      ),
    ),
    table(
      'groups',
      Array.from({ length: userGroups }, (_, n) => copyRow(`${n + 1}|group_${n + 1}|~`)),
    ),
    table(
      'users_roles',
      users.map((_, n) => copyRow(`${n}|${n === 0 ? 1 : 6}`)),
    ),
    table(
      'users_tenants',
      users.map((_, n) => copyRow(`${n}|0|3`)),
    ),
  ];
}

/** The first row is the creating execution, caught in the act; the last line of the dump deletes it again. */
function executionRow({ id, t, at, random }: PgRow, executionId: string): string {
  const what = id === 1 ? `t|^|started|create_snapshot` : `f|^|terminated|install`;
  const uuid = id === 1 ? executionId : random.uuid();
  return `${id}|${uuid}|${at}||${what}|~|${t}|0|tenant|~|~|f|~|${random.hex(64)}|~`;
}

/** All tables, `events` last. */
export function tablesOf(
  inventory: ArchiveInventory,
  { executionId, users }: { readonly executionId: string; readonly users: readonly ArchivedUser[] },
  random: Random,
): Table[] {
  const executions: Kind = { table: 'executions', count: 'executions', row: (row) => executionRow(row, executionId) };
  const events = inventory.tenants.reduce<string[]>((rows, tenant, t) => {
    for (let n = 0; n < tenant.events; n++) rows.push(eventRow(rows.length + 1, t));
    return rows;
  }, []);
  return [
    ...userTables(inventory, users, random),
    ...[...CONTENT, executions].map((kind) => table(kind.table, rowsOf(inventory, random, kind))),
    table('events', events),
  ];
}

import type { Exchange } from './exchange.ts';
import type { Item } from './long-list.ts';
import { type ExecutionRow, iso, type SnapshotRow } from './rows.ts';
import type { VersionLine } from './version-line.ts';

/** Fields of a snapshot, in the order of the answers (contract §4.2): no size, no checksum, no version. */
export const SNAPSHOT_FIELDS: readonly string[] = [
  'created_at',
  'id',
  'visibility',
  'status',
  'error',
  'tenant_name',
  'created_by',
  'resource_availability',
  'private_resource',
];

export function snapshotItem(row: SnapshotRow): Item {
  return {
    created_at: iso(row.createdAt),
    id: row.id,
    visibility: 'private',
    status: row.status,
    error: row.error,
    tenant_name: row.tenant,
    created_by: row.createdBy,
    resource_availability: 'private',
    private_resource: true,
  };
}

/** What an upload to an existing id answers from 7.0.3 on. */
export const nullSnapshot = (): Item => Object.fromEntries(SNAPSHOT_FIELDS.map((field) => [field, null]));

export const executionFields = (line: VersionLine): readonly string[] =>
  Object.keys(executionItem(BLANK_EXECUTION, line));

/** One may filter by a field that no execution shows. */
export function executionFilters(line: VersionLine): readonly string[] {
  const shown = executionFields(line);
  const place = shown.indexOf('blueprint_id') + 1;
  return line.isSeven ? [...shown.slice(0, place), 'execution_group_id', ...shown.slice(place)] : shown;
}

export function executionItem(row: ExecutionRow, line: VersionLine): Item {
  return {
    created_at: iso(row.createdAt),
    visibility: 'tenant',
    id: row.id,
    ended_at: iso(row.endedAt),
    error: row.error,
    is_system_workflow: row.isSystem,
    ...(line.isSeven ? { parameters_p: null } : {}),
    parameters: row.parameters,
    status: row.status,
    workflow_id: row.workflowId,
    started_at: iso(row.startedAt),
    scheduled_for: null,
    is_dry_run: false,
    ...(line.hasResumeFields
      ? {
          resume: row.resume,
          total_operations: 0,
          finished_operations: 0,
          allow_custom_parameters: row.allowsCustomParameters,
        }
      : {}),
    blueprint_id: null,
    ...(line.hasDisplayName ? { deployment_display_name: null } : {}),
    deployment_id: null,
    status_display: row.status === 'terminated' ? 'completed' : row.status,
    tenant_name: row.tenant,
    created_by: row.createdBy,
    resource_availability: 'tenant',
    private_resource: false,
  };
}

export const BLANK_EXECUTION: ExecutionRow = {
  storageId: 0,
  id: '',
  tenant: '',
  workflowId: '',
  isSystem: false,
  parameters: {},
  createdAt: new Date(0),
  createdBy: '',
  status: null,
  error: null,
  startedAt: null,
  endedAt: null,
  resume: false,
  allowsCustomParameters: true,
  token: null,
};

/** `parameters.config` of a create: the database password stands there in clear (contract §3.2). */
export function workflowConfig({ settings }: Exchange): Item {
  return {
    file_server_root: '/opt/manager/resources',
    created_status: 'created',
    failed_status: 'failed',
    postgresql_bin_path: null,
    postgresql_username: 'cloudify',
    postgresql_password: settings.databasePassword,
    postgresql_db_name: 'cloudify_db',
    db_host: 'localhost',
    default_tenant_name: 'default_tenant',
    snapshot_restore_threads: 15,
  };
}

/** A raw SQL text of the kind that the manager sends out with 409 `storage_error`. */
export function notNullText(id: string, status: string, storageId: number, now: Date): string {
  const at = now.toISOString().replace('T', ' ').replace('Z', '');
  return (
    'SQL Storage error: (psycopg2.errors.NotNullViolation) null value in column "_tenant_id" of relation "snapshots" ' +
    `violates not-null constraint\nDETAIL:  Failing row contains (${storageId}, ${id}, ${at}, ${status}, , null, 0, private).\n\n` +
    '[SQL: INSERT INTO snapshots (created_at, id, visibility, status, error, _tenant_id, _creator_id) VALUES ' +
    '(%(created_at)s, %(id)s, %(visibility)s, %(status)s, %(error)s, %(_tenant_id)s, %(_creator_id)s) RETURNING snapshots._storage_id]\n' +
    `[parameters: {'created_at': datetime.datetime(${now.getUTCFullYear()}, 1, 1), 'id': '${id}', 'visibility': 'private', ` +
    `'status': '${status}', 'error': '', '_tenant_id': None, '_creator_id': 0}]\n` +
    '(Background on this error at: https://sqlalche.me/e/14/gkpj)'
  );
}

/** The same for a status word that the database's enum does not have. */
export function enumText(table: 'snapshots' | 'executions', word: string, storageId: number): string {
  const isSnapshot = table === 'snapshots';
  const set = isSnapshot ? `status='${word}'` : `error='', status='${word}'`;
  const statement = `LINE 1: UPDATE ${table} SET ${set} WHERE ${table}._storage_id`.slice(0, 68);
  const columns = isSnapshot ? 'status=%(status)s' : 'error=%(error)s, status=%(status)s';
  const parameters = `${isSnapshot ? '' : "'error': '', "}'status': '${word}'`;
  const caret = ' '.repeat(isSnapshot ? 36 : 47);
  return (
    `SQL Storage error: (psycopg2.errors.InvalidTextRepresentation) invalid input value for enum ${table.slice(0, -1)}_status: "${word}"\n` +
    `${statement}...\n${caret}^\n\n[SQL: UPDATE ${table} SET ${columns} WHERE ${table}._storage_id = %(${table}__storage_id)s]\n` +
    `[parameters: {${parameters}, '${table}__storage_id': ${storageId}}]\n(Background on this error at: https://sqlalche.me/e/14/9h9h)`
  );
}

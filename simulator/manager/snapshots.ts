import { requirePermission, tenantOf } from './auth.ts';
import { bodyOf, type Exchange } from './exchange.ts';
import { jsonBody, requireKey } from './json-body.ts';
import { included, isForAllTenants, listReply } from './lists.ts';
import { crash, failure, json, notFound, type Reply } from './reply.ts';
import { enumText, SNAPSHOT_FIELDS, snapshotItem } from './representations.ts';
import { SNAPSHOT_STATUSES, type SnapshotRow, type SnapshotStatus } from './rows.ts';

/** Rows of other tenants do not exist for this request. */
export function findSnapshot(exchange: Exchange, id: string): SnapshotRow {
  const row = exchange.state.snapshot(id, tenantOf(exchange));
  if (row === undefined) throw notFound('Snapshot', id);
  if (exchange.settings.faults.take('snapshotVanishes', exchange.strike) === undefined) return row;
  exchange.state.removeSnapshot(row);
  throw notFound('Snapshot', id);
}

export function listSnapshots(exchange: Exchange): Reply {
  requirePermission(exchange, 'snapshot_list');
  const tenant = isForAllTenants(exchange) ? undefined : tenantOf(exchange);
  const rows = exchange.state.snapshots.filter((row) => tenant === undefined || row.tenant === tenant);
  return listReply(exchange, rows.map(snapshotItem), { fields: SNAPSHOT_FIELDS, statuses: SNAPSHOT_STATUSES });
}

export function getSnapshot(exchange: Exchange, id: string): Reply {
  requirePermission(exchange, 'snapshot_get');
  // A bad `_include` is refused before the row is looked for.
  included(exchange, {}, SNAPSHOT_FIELDS);
  return json(200, included(exchange, snapshotItem(findSnapshot(exchange, id)), SNAPSHOT_FIELDS));
}

/** The state change that a worker reports; nothing but the permission keeps others from it. */
export async function patchSnapshot(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'snapshot_status_update');
  const body = await jsonBody(exchange);
  const status = String(requireKey(body, 'status'));
  const row = findSnapshot(exchange, id);
  if (!SNAPSHOT_STATUSES.includes(status as SnapshotStatus)) {
    throw failure(409, 'storage_error', enumText('snapshots', status, row.storageId));
  }
  row.status = status as SnapshotStatus;
  row.error = typeof body.error === 'string' ? body.error : '';
  return json(200, null);
}

/** Answers with what it removed (contract §9). From 6.0 on a snapshot in the making is protected, a queued one is not. */
export async function deleteSnapshot(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'snapshot_delete');
  await bodyOf(exchange);
  const row = findSnapshot(exchange, id);
  if (exchange.settings.faults.take('deleteFails', exchange.strike) !== undefined) {
    throw crash('OSError: [Errno 5] Input/output error');
  }
  const blocking = exchange.state.activeExecutions.find(
    ({ workflowId, parameters }) => /^(create|restore)_snapshot$/.test(workflowId) && parameters?.snapshot_id === id,
  );
  if (blocking !== undefined && exchange.settings.line.refusesDeleteOfActive) {
    const message = `Cannot delete snapshot \`${id}\` which has an active \`${blocking.workflowId}\` execution`;
    throw failure(400, 'snapshot_action_error', message);
  }
  exchange.state.removeSnapshot(row);
  return json(200, snapshotItem(row));
}

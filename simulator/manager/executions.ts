import { randomBytes } from 'node:crypto';
import { requirePermission, tenantOf } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { LONG_AGO, runsOf, tenantsAsked } from './inventory-lists.ts';
import { jsonBody, requireKey, toBoolean } from './json-body.ts';
import { included, isForAllTenants, listReply } from './lists.ts';
import { LongList, type Run } from './long-list.ts';
import { badParameter, crash, failure, json, notFound, type Reply } from './reply.ts';
import { BLANK_EXECUTION, enumText, executionFields, executionFilters, executionItem } from './representations.ts';
import { CANCELLING_STATUSES, END_STATUSES, EXECUTION_STATUSES, type ExecutionRow } from './rows.ts';

function findExecution(exchange: Exchange, id: string): ExecutionRow {
  const tenant = tenantOf(exchange);
  const row = exchange.state.execution(id);
  if (row === undefined || row.tenant !== tenant) throw notFound('Execution', id);
  return row;
}

/** System workflows, creates among them, are hidden unless asked for (contract §8). */
function areSystemOnesShown({ query }: Exchange): boolean {
  const value = query.get('_include_system_workflows');
  if (value !== null && toBoolean(value, '_include_system_workflows')) return true;
  return query.get('is_system_workflow') === 'true';
}

/** What the manager did before anybody looked: installs that ended well. Of these only the number is known. */
function historyOf(exchange: Exchange): Run[] {
  const { state, settings } = exchange;
  const at = new Date(LONG_AGO);
  const install = { workflowId: 'install', status: 'terminated', error: '', createdBy: 'admin' };
  const sample = { ...BLANK_EXECUTION, ...install, createdAt: at, startedAt: at, endedAt: at };
  return runsOf(state.content, tenantsAsked(exchange), 'executions', (tenant, id) =>
    executionItem({ ...sample, id, tenant }, settings.line),
  );
}

export function listExecutions(exchange: Exchange): Reply {
  const { state, settings } = exchange;
  const isSystemShown = areSystemOnesShown(exchange);
  const tenant = isForAllTenants(exchange) ? undefined : tenantOf(exchange);
  const rows = state.executions.filter(
    (row) => (tenant === undefined || row.tenant === tenant) && (isSystemShown || !row.isSystem),
  );
  const items = rows.map((row) => executionItem(row, settings.line));
  return listReply(exchange, new LongList(historyOf(exchange), items), {
    fields: executionFields(settings.line),
    filters: executionFilters(settings.line),
    statuses: EXECUTION_STATUSES,
    mayGetAll: true,
  });
}

export function getExecution(exchange: Exchange, id: string): Reply {
  const fields = executionFields(exchange.settings.line);
  included(exchange, {}, fields);
  return json(200, included(exchange, executionItem(findExecution(exchange, id), exchange.settings.line), fields));
}

function refuseWithoutBroker({ settings, strike }: Exchange): void {
  if (settings.faults.condition('brokerDown', strike) !== undefined) throw crash('pika.exceptions.AMQPConnectionError');
}

/** A worker may not revive what is being cancelled; an admin may make anything of anything (observed). */
function checkTransition(exchange: Exchange, row: ExecutionRow, status: unknown): void {
  if (exchange.executionId === undefined || row.status === null) return;
  const isCancelling = CANCELLING_STATUSES.includes(row.status);
  if (!isCancelling || END_STATUSES.includes(String(status))) return;
  const message =
    `Invalid relationship - can't change status from ${row.status} to ${status} for "${row.id}" execution ` +
    `while running "${row.workflowId}" workflow.`;
  throw failure(400, 'invalid_exception_status_update', message);
}

/** If it is to happen, and there is a worker with its message. */
function takeNow({ state, settings, strike }: Exchange, row: ExecutionRow): void {
  const restore = state.restores.find(({ plan, steps }) => plan.executionId === row.id && steps[0]?.does === 'start');
  if (restore === undefined || settings.faults.take('takenWhenCancelled', strike) === undefined) return;
  restore.steps = restore.steps.slice(1);
  state.setExecutionStatus(row, 'started', '');
}

export async function patchExecution(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'execution_status_update');
  const body = await jsonBody(exchange);
  const status = requireKey(body, 'status');
  const row = findExecution(exchange, id);
  if (status !== null && !EXECUTION_STATUSES.includes(String(status))) {
    throw failure(409, 'storage_error', enumText('executions', String(status), row.storageId));
  }
  checkTransition(exchange, row, status);
  if (status === 'cancelled' && row.status === 'pending') takeNow(exchange, row);
  // Ending an execution tells the queue; without a broker it fails and nothing is changed (recording 16).
  if (END_STATUSES.includes(String(status))) refuseWithoutBroker(exchange);
  const error = typeof body.error === 'string' ? body.error : '';
  exchange.state.setExecutionStatus(row, status === null ? null : String(status), error);
  return json(200, executionItem(row, exchange.settings.line));
}

interface Action {
  /** States from which it is allowed; none: from all. */
  readonly from?: readonly string[];
  readonly to: string;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  cancel: { from: ['pending', 'started', 'queued', 'scheduled'], to: 'cancelling' },
  'force-cancel': { from: ['pending', 'started', 'queued', 'scheduled', 'cancelling'], to: 'force_cancelling' },
  // Also of an ended execution, which is active again then (hazard K25).
  kill: { to: 'kill_cancelling' },
  resume: { from: ['cancelled', 'failed'], to: 'pending' },
  'force-resume': { from: ['cancelled', 'failed'], to: 'pending' },
  requeue: { to: 'cancelling' },
};

export async function actOnExecution(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'execution_cancel');
  const body = await jsonBody(exchange);
  const name = String(requireKey(body, 'action'));
  const action = ACTIONS[name];
  if (action === undefined) {
    const valid = Object.keys(ACTIONS).map((one) => `'${one}'`);
    throw badParameter(`Invalid action: ${name}, Valid action values are: [${valid.join(', ')}]`);
  }
  const row = exchange.state.execution(id);
  if (row === undefined || row.tenant !== tenantOf(exchange)) {
    throw failure(404, 'not_found_error', `Requested \`Execution\` ['${id}'] was not found`);
  }
  if (action.from?.includes(String(row.status)) === false) {
    throw failure(400, 'illegal_action_error', `Can't ${name} execution ${id} because it's in status ${row.status}`);
  }
  refuseWithoutBroker(exchange);
  if (name === 'kill') row.token = randomBytes(32).toString('hex');
  if (action.to === 'pending') {
    row.resume = true;
    row.endedAt = null;
  }
  exchange.state.setExecutionStatus(row, action.to, '');
  return json(200, executionItem(row, exchange.settings.line));
}

/** Removes ended executions of the tenant but the last few. */
export async function deleteExecutions(exchange: Exchange): Promise<Reply> {
  requirePermission(exchange, 'execution_delete');
  const body = await jsonBody(exchange);
  const tenant = tenantOf(exchange);
  const isSystemShown = areSystemOnesShown(exchange);
  const keep = Number(body.keep_last ?? 0);
  const ended = exchange.state.executions.filter(
    (row) => row.tenant === tenant && END_STATUSES.includes(String(row.status)) && (isSystemShown || !row.isSystem),
  );
  const gone = new Set(ended.slice(0, Math.max(0, ended.length - keep)));
  exchange.state.executions = exchange.state.executions.filter((row) => !gone.has(row));
  return json(200, { metadata: { pagination: {} }, items: [{ count: gone.size }] });
}

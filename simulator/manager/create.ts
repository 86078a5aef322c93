import { requirePermission } from './auth.ts';
import type { Exchange, ManagerSettings } from './exchange.ts';
import { booleanOf, type JsonObject, jsonBody } from './json-body.ts';
import { NO_USER_GROUPS } from './premium.ts';
import { badParameter, crash, failure, json, nginxPage, Refusal, type Reply } from './reply.ts';
import { executionItem, notNullText, workflowConfig } from './representations.ts';
import type { CreatePlan } from './rows.ts';

const MAX_ID = 256;

/** Ids of a create must be safe (contract §3.1); ids of an upload are not looked at. */
function checkId(id: string): void {
  if (id.length > MAX_ID) {
    throw badParameter(`The \`snapshot_id\` argument is too long. Maximum allowed length is ${MAX_ID} characters`);
  }
  if (!/^[A-Za-z0-9._~-]*$/.test(id)) {
    throw badParameter(
      'The `snapshot_id` argument contains illegal characters. Only letters, digits and the characters "-", "." and "_" are allowed',
    );
  }
  if (!/^[A-Za-z]/.test(id)) throw badParameter('The `snapshot_id` argument must begin with a letter');
}

interface CreateRequest {
  readonly isLegacy: boolean;
  readonly isQueued: boolean;
  readonly parameters: JsonObject;
}

function timeoutOf(body: JsonObject): number | null {
  const value = body.listener_timeout ?? null;
  if (value === null || typeof value === 'number') return value;
  if (typeof value !== 'string') {
    throw crash("TypeError: float() argument must be a string or a real number, not 'list'");
  }
  if (value.trim() === '' || Number.isNaN(Number(value))) {
    throw badParameter('listener_timeout must a valid floating point number');
  }
  return Number(value);
}

function tempdirOf(body: JsonObject): string | null {
  const value = body.tempdir_path ?? null;
  if (value === null) return null;
  if (typeof value !== 'string') throw crash('TypeError: access: path should be string, bytes or os.PathLike, not int');
  if (value === '/tmp' || value.startsWith('/tmp/')) return value;
  throw failure(403, 'forbidden_error', `Temp dir cannot be created inside unwriteable location ${value}`);
}

async function parse(exchange: Exchange, id: string): Promise<CreateRequest> {
  const { line } = exchange.settings;
  checkId(id);
  const body = await jsonBody(exchange);
  const [credentials, logs, events] = ['include_credentials', 'include_logs', 'include_events'].map((name) =>
    booleanOf(body, name, true),
  );
  const isQueued = booleanOf(body, 'queue', false);
  const isLegacy = line.hasNewFormat ? booleanOf(body, 'legacy', line.isLegacyByDefault) : true;
  const parameters = {
    snapshot_id: id,
    include_credentials: credentials,
    include_logs: logs,
    include_events: events,
    config: workflowConfig(exchange),
    ...(line.hasTempdir ? { tempdir_path: tempdirOf(body) } : {}),
    ...(line.hasNewFormat ? { legacy: isLegacy } : {}),
    ...(line.hasListenerTimeout ? { listener_timeout: timeoutOf(body) } : {}),
  };
  return { isLegacy, isQueued, parameters };
}

/** The ids of what stands in the way, or none (contract §3.2). */
function blockers(exchange: Exchange, { isLegacy, isQueued }: CreateRequest): string[] {
  const { state, settings, strike } = exchange;
  const isBusy = settings.faults.take('busy', strike) !== undefined;
  if (isBusy) return ['11111111-2222-4333-8444-555555555555'];
  if (settings.line.isNewFormatUnblocked && !isLegacy && !isQueued) return [];
  return state.activeExecutions.map((row) => row.id);
}

export function busy(exchange: Exchange, ids: readonly string[]): Refusal {
  const message = exchange.settings.line.namesBlockingExecutions
    ? `Cannot start execution because there are other executions running e.g.: ${ids.slice(0, 5).join(', ')}`
    : `You cannot start a system-wide execution if there are other executions running. Currently running executions: [${ids.map((id) => `'${id}'`).join(', ')}]`;
  return failure(400, 'existing_running_execution_error', message);
}

function failureOf({ edition }: ManagerSettings, isLegacy: boolean): { error: string } | undefined {
  return edition === 'community' && !isLegacy ? { error: NO_USER_GROUPS } : undefined;
}

function planOf(exchange: Exchange, id: string, isLegacy: boolean, isQueued: boolean): CreatePlan | undefined {
  const { settings, strike, state } = exchange;
  if (!settings.hasWorker) return undefined;
  const failing = settings.faults.take('createFails', strike) ?? failureOf(settings, isLegacy);
  const isEndless = settings.faults.take('createForever', strike) !== undefined;
  return {
    snapshotId: id,
    isLegacy,
    node: exchange.node,
    seconds: settings.createSeconds,
    outcome: isEndless ? 'never' : (failing ?? 'created'),
    leavesPartialZip: settings.faults.take('partialZipWhileCreating', strike) !== undefined,
    stage: 'sent',
    ...(isQueued ? {} : { since: state.now().getTime() }),
  };
}

/** `PUT /snapshots/{id}`: a snapshot row, an execution, and a message to the worker. */
export async function createSnapshot(exchange: Exchange, id: string): Promise<Reply> {
  const { state, settings, strike } = exchange;
  requirePermission(exchange, 'snapshot_create');
  const request = await parse(exchange, id);
  if (exchange.tenant === undefined)
    throw failure(409, 'storage_error', notNullText(id, 'creating', state.nextStorageId('snapshots'), state.now()));
  const tenant = exchange.tenant;
  const lost = settings.faults.take('createNeverArrives', strike);
  if (lost !== undefined)
    throw lost.status === 502 ? new Refusal(nginxPage(502)) : crash('OSError: [Errno 104] Connection reset by peer');
  if (state.snapshot(id, tenant) !== undefined) throw conflict(id, tenant);
  const others = blockers(exchange, request);
  if (others.length > 0 && !request.isQueued) throw busy(exchange, others);
  const isQueued = others.length > 0;
  const isBrokerDown = settings.faults.condition('brokerDown', strike) !== undefined;
  const plan = isBrokerDown ? undefined : planOf(exchange, id, request.isLegacy, isQueued);
  state.addSnapshot(id, 'creating', { tenant, createdBy: exchange.user?.name ?? 'admin' });
  const execution = state.addExecution({
    workflowId: 'create_snapshot',
    tenant,
    status: isQueued ? 'queued' : 'pending',
    parameters: request.parameters,
    isSystem: true,
    ...(plan === undefined ? {} : { plan }),
  });
  // The rows are committed before the message is published: a dead broker leaves them behind for ever (hazard K26).
  if (isBrokerDown) throw crash('pika.exceptions.AMQPConnectionError');
  if (settings.faults.take('create500ButDone', strike) !== undefined)
    throw crash('OSError: [Errno 104] Connection reset by peer');
  return json(201, executionItem(execution, settings.line));
}

export function conflict(id: string, tenant: string): Refusal {
  const message = `<Snapshot id=\`${id}\` tenant=\`${tenant}\`> already exists on <Tenant name=\`${tenant}\`> or with global visibility`;
  return failure(409, 'conflict_error', message);
}

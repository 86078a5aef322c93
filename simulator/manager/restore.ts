import { readArchive } from './archive-reading.ts';
import { requirePermission } from './auth.ts';
import { NOTHING } from './content.ts';
import { busy } from './create.ts';
import type { Exchange } from './exchange.ts';
import { booleanOf, type JsonObject, jsonBody, requireKey } from './json-body.ts';
import { badParameter, crash, failure, json, nginxPage, Refusal, type Reply } from './reply.ts';
import { executionItem, SNAPSHOT_FIELDS, workflowConfig } from './representations.ts';
import type { RestoreFaults } from './restore-plan.ts';
import { firstSteps } from './restore-timeline.ts';
import type { ExecutionRow, SnapshotRow } from './rows.ts';
import { findSnapshot } from './snapshots.ts';

interface RestoreRequest {
  readonly force: boolean;
  readonly restoresCertificates: boolean;
  readonly noReboot: boolean;
  readonly parameters: JsonObject;
}

const shown = (value: unknown): string => {
  if (value === null) return 'None';
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value);
};

/** As Python's `int`, which takes digits in a string as well. The workflow never looks at it (contract §7.1). */
function timeoutOf(body: JsonObject): number {
  const { timeout = 300 } = body;
  const isInt = typeof timeout === 'number' || (typeof timeout === 'string' && /^\s*[+-]?\d+\s*$/.test(timeout));
  if (!isInt) throw badParameter(`invalid parameter, should be int, got: ${shown(timeout)}`);
  return Math.trunc(Number(timeout));
}

async function parse(exchange: Exchange): Promise<RestoreRequest> {
  const { line } = exchange.settings;
  const body = await jsonBody(exchange);
  if (line.isFive) requireKey(body, 'recreate_deployments_envs');
  if (!('force' in body)) throw crash("KeyError: 'force'");
  const force = booleanOf(body, 'force', false);
  const restoresCertificates = booleanOf(body, 'restore_certificates', false);
  const noReboot = booleanOf(body, 'no_reboot', false);
  if (noReboot && !restoresCertificates) {
    throw badParameter('`no_reboot` is only relevant when `restore_certificates` is activated');
  }
  const parameters = {
    ...(line.isFive ? { recreate_deployments_envs: booleanOf(body, 'recreate_deployments_envs', true) } : {}),
    force,
    timeout: timeoutOf(body),
    restore_certificates: restoresCertificates,
    no_reboot: noReboot,
  };
  return { force, restoresCertificates, noReboot, parameters };
}

/** What stands in the way, or nothing. */
function blockers({ state, settings, strike }: Exchange): string[] {
  const isBusy = settings.faults.take('restoreBusy', strike) !== undefined;
  return isBusy ? ['11111111-2222-4333-8444-555555555555'] : state.activeExecutions.map((row) => row.id);
}

function faultsOf({ settings: { faults }, strike }: Exchange): RestoreFaults {
  return {
    fails: faults.take('restoreFails', strike),
    failsMidway: faults.take('restoreFailsMidway', strike),
    partial: faults.take('restorePartial', strike),
    isEndless: faults.take('restoreForever', strike) !== undefined,
    hasNoEnd: faults.take('restoreNoEnd', strike) !== undefined,
    breaksRest: faults.take('restBroken', strike) !== undefined,
    keepsFlag: faults.take('stuckFlag', strike) !== undefined,
  };
}

const isBootstrapAdmin = ({ user, state }: Exchange): boolean => user?.name === state.users[0]?.name;

/** Hands the work over to a worker, if there is one and the message reaches it. */
async function sendToWorker(
  exchange: Exchange,
  execution: ExecutionRow,
  id: string,
  request: RestoreRequest,
): Promise<void> {
  const { settings, state, strike, node } = exchange;
  if (!settings.hasWorker || settings.faults.take('restoreNeverStarts', strike) !== undefined) return;
  const source = state.files.get(id)?.source;
  const plan = {
    executionId: execution.id,
    snapshotId: id,
    node: settings.restoreNode ?? node,
    force: request.force,
    isBootstrapAdmin: isBootstrapAdmin(exchange),
    reboots: request.restoresCertificates && !request.noReboot,
    since: execution.createdAt.getTime(),
    seconds: settings.restoreSeconds,
    rebootSeconds: settings.rebootSeconds,
    source,
    // Read now: the worker works while a request looks at the state, and a look cannot wait for bytes.
    reading: await readArchive(source, id),
    faults: faultsOf(exchange),
  };
  state.restores.push({ plan, restorable: NOTHING, steps: firstSteps(plan) });
}

function addExecution(exchange: Exchange, { id, tenant }: SnapshotRow, { parameters }: RestoreRequest): ExecutionRow {
  const { state, settings } = exchange;
  const row = state.addExecution({
    workflowId: 'restore_snapshot',
    tenant,
    parameters: {
      snapshot_id: id,
      config: workflowConfig(exchange),
      ...parameters,
      premium_enabled: settings.edition === 'premium',
      user_is_bootstrap_admin: isBootstrapAdmin(exchange),
    },
    isSystem: true,
  });
  if (settings.line.isFive) row.error = '';
  return row;
}

/** `POST /snapshots/{id}/restore`: an execution, and a message to a worker (contract §7.1, §7.2). */
export async function restoreSnapshot(exchange: Exchange, id: string): Promise<Reply> {
  const { settings, strike } = exchange;
  requirePermission(exchange, 'snapshot_restore');
  const lost = settings.faults.take('restoreNeverArrives', strike);
  if (lost !== undefined)
    throw lost.status === 502 ? new Refusal(nginxPage(502)) : crash('OSError: [Errno 104] Connection reset by peer');
  const request = await parse(exchange);
  const row = findSnapshot(exchange, id);
  if (row.status === 'failed') throw failure(400, 'snapshot_action_error', 'Failed snapshot cannot be restored');
  const others = blockers(exchange);
  if (others.length > 0) {
    // From 6.0 on the row was committed before the check: a ghost that nobody will ever start (contract §7.2).
    if (settings.line.leavesGhosts) addExecution(exchange, row, request).allowsCustomParameters = false;
    throw busy(exchange, others);
  }
  const execution = addExecution(exchange, row, request);
  // Committed, and then not published: it stays `pending` for ever (hazard K26).
  if (settings.faults.condition('brokerDown', strike) !== undefined) throw crash('pika.exceptions.AMQPConnectionError');
  await sendToWorker(exchange, execution, id, request);
  if (settings.faults.take('restore500ButDone', strike) !== undefined)
    throw crash('OSError: [Errno 104] Connection reset by peer');
  // The fields of a snapshot with the values of the execution (contract §7.2).
  const item = executionItem(execution, settings.line);
  return json(200, Object.fromEntries(SNAPSHOT_FIELDS.map((key) => [key, item[key]])));
}

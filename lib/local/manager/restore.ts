import { requirePermission } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { booleanOf, jsonBody } from './json-body.ts';
import { crash, failure, json, type Reply } from './reply.ts';
import { executionItem, SNAPSHOT_FIELDS, workflowConfig } from './representations.ts';
import { findSnapshot } from './snapshots.ts';

/** What the REST service answers to a restore. The workflow behind it is not simulated: the execution stays `pending`. */
export async function restoreSnapshot(exchange: Exchange, id: string): Promise<Reply> {
  const { state, settings } = exchange;
  requirePermission(exchange, 'snapshot_restore');
  const row = findSnapshot(exchange, id);
  const body = await jsonBody(exchange);
  if (row.status === 'failed') throw failure(400, 'snapshot_action_error', 'Failed snapshot cannot be restored');
  if (!('force' in body)) throw crash("KeyError: 'force'");
  const parameters = {
    snapshot_id: id,
    config: workflowConfig(exchange),
    force: booleanOf(body, 'force', false),
    timeout: body.timeout ?? 300,
    restore_certificates: booleanOf(body, 'restore_certificates', false),
    no_reboot: booleanOf(body, 'no_reboot', false),
    premium_enabled: settings.edition === 'premium',
    user_is_bootstrap_admin: exchange.user?.name === state.users[0]?.name,
  };
  const others = state.activeExecutions.map((one) => one.id);
  const add = () =>
    state.addExecution({ workflowId: 'restore_snapshot', tenant: row.tenant, parameters, isSystem: true });
  if (others.length > 0) {
    // Its row was committed before the check: a ghost that nobody will ever start (contract §7.2).
    if (settings.line.leavesGhosts) add().allowsCustomParameters = false;
    const message = `Cannot start execution because there are other executions running e.g.: ${others.slice(0, 5).join(', ')}`;
    throw failure(400, 'existing_running_execution_error', message);
  }
  const item = executionItem(add(), settings.line);
  // The fields of a snapshot with the values of the execution (contract §7.2).
  return json(200, Object.fromEntries(SNAPSHOT_FIELDS.map((key) => [key, item[key]])));
}

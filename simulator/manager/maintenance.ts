import { requirePermission } from './auth.ts';
import { type Exchange, header } from './exchange.ts';
import { badParameter, failure, json, notModified, Refusal, type Reply } from './reply.ts';
import { iso } from './rows.ts';
import type { ManagerState } from './state.ts';

/** What stays usable while maintenance is on (contract §8). */
const USABLE = new Set([
  'snapshots',
  'snapshot-status',
  'status',
  'version',
  'cluster-status',
  'managers',
  'ok',
  'license',
  'maintenance',
]);

/** The mode is entered by the first request after the last execution has ended. */
function settleMaintenance(state: ManagerState): void {
  const { maintenance } = state;
  if (maintenance.status !== 'activating' || state.activeExecutions.length > 0) return;
  maintenance.status = 'activated';
  maintenance.activatedAt = state.now();
}

/**
 * The gate in front of everything, before authentication even (recording 11 #72). Any non-empty bypass header of an
 * admin opens it; who may bypass is only known after authentication, hence the second call.
 */
export function maintenanceGate(exchange: Exchange, resource: string, isAuthenticated: boolean): void {
  const { state, method, segments } = exchange;
  settleMaintenance(state);
  const { status } = state.maintenance;
  if (status === 'deactivated') return;
  const isBypassing = (header(exchange, 'x-bypass-maintenance') ?? '') !== '';
  if (isBypassing && (!isAuthenticated || exchange.user?.role === 'sys_admin')) return;
  if (isBypassing !== isAuthenticated) return;
  const isBlocked =
    status === 'activated'
      ? !USABLE.has(resource)
      : resource === 'snapshots' && ['PUT', 'PATCH', 'POST'].includes(method) && segments.at(-1) !== 'archive';
  if (!isBlocked) return;
  const code = status === 'activated' ? 'maintenance_mode_active' : 'entering_maintenance_mode';
  const message = 'Your request was rejected since Cloudify manager is currently in maintenance mode';
  const { reply } = failure(503, code, message, 'NoneType: None\n');
  throw new Refusal(isAuthenticated ? reply : { ...reply, hasNoVary: true });
}

function remaining(state: ManagerState): object[] {
  return state.activeExecutions.map(({ id, status, workflowId }) => ({
    id,
    status,
    deployment_id: null,
    workflow_id: workflowId,
  }));
}

function representation(state: ManagerState, executions: unknown): Reply {
  const { status, requestedAt, activatedAt, requestedBy } = state.maintenance;
  return json(200, {
    status,
    activated_at: iso(activatedAt),
    activation_requested_at: iso(requestedAt),
    remaining_executions: executions,
    requested_by: requestedBy,
  });
}

export function getMaintenance({ state }: Exchange): Reply {
  settleMaintenance(state);
  const { status } = state.maintenance;
  if (status === 'deactivated') {
    const never = { activated_at: '', activation_requested_at: '' };
    return json(200, { status, ...never, remaining_executions: null, requested_by: '' });
  }
  return representation(state, status === 'activating' ? remaining(state) : null);
}

export function setMaintenance(exchange: Exchange, action: string): Reply {
  const { state } = exchange;
  requirePermission(exchange, 'maintenance_mode_set');
  if (action !== 'activate' && action !== 'deactivate') {
    throw badParameter(`Invalid action: ${action}, Valid action values are: ['activate', 'deactivate']`);
  }
  const { maintenance } = state;
  if ((action === 'deactivate') === (maintenance.status === 'deactivated')) return notModified();
  if (action === 'deactivate') {
    maintenance.status = 'deactivated';
    const reply = representation(state, null);
    Object.assign(maintenance, { requestedAt: null, activatedAt: null, requestedBy: '' });
    return reply;
  }
  const now = state.now();
  Object.assign(maintenance, {
    status: 'activating',
    requestedAt: now,
    activatedAt: null,
    requestedBy: exchange.user?.name,
  });
  settleMaintenance(state);
  // A list in a list: so the manager answers here, and only here (observed).
  return representation(state, [remaining(state)]);
}

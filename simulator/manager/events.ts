import { tenantOf } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { isForAllTenants, listReply } from './lists.ts';
import type { Item } from './long-list.ts';
import type { Reply } from './reply.ts';
import type { ErrorLog } from './rows.ts';

const item = ({ executionId, tenant, at, message }: ErrorLog): Item => ({
  node_instance_id: null,
  operation: null,
  blueprint_id: null,
  timestamp: at.toISOString(),
  message,
  level: 'error',
  node_name: null,
  workflow_id: 'restore_snapshot',
  reported_timestamp: at.toISOString(),
  deployment_id: null,
  type: 'cloudify_log',
  logger: `ctx.${executionId}`,
  execution_id: executionId,
  tenant_name: tenant,
});

const FIELDS = Object.keys(item({ executionId: '', tenant: '', at: new Date(0), message: '' }));

/** The error logs of restores; of all else that managers log, only the numbers are known. */
export function listEvents(exchange: Exchange): Reply {
  const { state } = exchange;
  // Logs belong to the tenant of their execution.
  const tenant = isForAllTenants(exchange) ? undefined : tenantOf(exchange);
  const isMine = ({ executionId }: ErrorLog): boolean =>
    tenant === undefined || state.execution(executionId)?.tenant === tenant;
  return listReply(exchange, state.errorLogs.filter(isMine).map(item), { fields: FIELDS, isUnfiltered: true });
}

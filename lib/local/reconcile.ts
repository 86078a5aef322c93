import type { Deps } from '../deps.ts';
import type { ReconcileInput, ReconcileReport } from '../reconcile/contract.ts';
import { handlersOf } from './handlers.ts';
import { asFailure } from './run.ts';

/** The two steps of statemachines/reconcile.asl.json, one after the other. */
export async function runReconcile(input: ReconcileInput, deps: Deps): Promise<ReconcileReport> {
  const handlers = handlersOf(deps);
  const snapshots = await handlers.TidyManager({ input }).catch(asFailure);
  return (await handlers.Reconcile({ input, snapshots })) as ReconcileReport;
}

import { ContractViolation } from '../lib/base/errors.ts';
import { removeAbandonedSnapshots } from '../lib/export/abandoned-runs.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { findSnapshotNode } from '../lib/manager/healthy-node.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Picks the node that the run talks to, removes half-made snapshots of dead runs from the manager. A manager whose nodes
 * tell different stories is refused before anything is asked of it.
 */
export const findManager = defineStep('FindManager', async ({ claim }, deps) => {
  const { outcome } = claim;
  if (outcome === 'duplicate') throw new ContractViolation('A duplicate run asks no manager.');
  const { node, version, edition } = await findSnapshotNode(claim.manager, deps);
  await removeAbandonedSnapshots(claim, await deps.managers.open(claim.manager, node), deps);
  return { ...claim, outcome, node, version, edition };
});

export const handler = toHandler(findManager, runtime);

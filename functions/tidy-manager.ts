import { runtime } from '../lib/lambda/runtime.ts';
import { nothingAsked } from '../lib/reconcile/contract.ts';
import { tidySnapshots } from '../lib/reconcile/tidy-snapshots.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Looks at our snapshots on the manager, removes half-made ones of dead runs. That the manager cannot be asked is a finding
 * and no failure: storage is looked at all the same.
 */
export const tidyManager = defineStep('TidyManager', async ({ input }, deps) => {
  if (input.storageOnly) return nothingAsked;
  return await tidySnapshots(input.manager, input.dryRun === true, deps);
});

export const handler = toHandler(tidyManager, runtime);

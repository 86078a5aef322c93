import { inspect } from '../lib/export/inspect-stored.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { totalsForState } from '../lib/snapshot/inventory.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Reads the stored archive's directory, checks that it holds what a restore needs, counts what is inside, and cuts it
 * into spans to verify. What is too much for the state goes into an object beside the archive.
 */
export const inspectArchive = defineStep('InspectArchive', async (input, deps) => {
  const record = await inspect(input, deps);
  await deps.archive.records.write(keysOf(input.manager, input.snapshot).inspection, record, 'any');
  const { format, snapshotVersion, memberCount, inventory, spans } = record;
  return {
    summary: { format, snapshotVersion, memberCount, totals: totalsForState(inventory) },
    spans: spans.map((_, index) => index + 1),
  };
});

export const handler = toHandler(inspectArchive, runtime);

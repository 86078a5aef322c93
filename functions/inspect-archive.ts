import { inspectArchive } from '../lib/archive/inspect.ts';
import { totalsForState } from '../lib/archive/inventory.ts';
import type { InspectionRecord } from '../lib/archive/records.ts';
import { keysOf } from '../lib/names.ts';
import { runtime } from '../lib/runtime.ts';
import { defineStep, toHandler } from '../lib/step.ts';

/**
 * Reads the stored archive's directory, checks that it holds what a restore needs, counts what is inside, and cuts it
 * into spans to verify. What is too much for the state goes into an object beside the archive.
 */
export const inspectStored = defineStep('InspectArchive', async ({ manager, snapshot, stored }, deps) => {
  const keys = keysOf(manager, snapshot);
  const source = deps.archive.source(keys.archive, stored.versionId, stored.size);
  const targetBytes = deps.settings.verifySpanSize;
  const facts = await inspectArchive(source, keys.archive, { signal: deps.signal, targetBytes });
  const { format, snapshotVersion, memberCount, compressedBytes, uncompressedBytes, inventory, verifySpans } = facts;
  const record: InspectionRecord = {
    schema: 'cloudify-offsite/inspection/1',
    versionId: stored.versionId,
    ...{ format, snapshotVersion, memberCount, compressedBytes, uncompressedBytes, inventory },
    requiredMembers: [...facts.requiredMembers],
    spans: [...verifySpans],
  };
  await deps.archive.ledger.write(keys.inspection, record, 'any');
  return {
    summary: { format, snapshotVersion, memberCount, totals: totalsForState(inventory) },
    spans: verifySpans.map((_, index) => index + 1),
  };
});

export const handler = toHandler(inspectStored, runtime);

import { ManagerUnavailable, type OffsiteError, SnapshotLost } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { ArchiveFacts } from '../lib/manager/archive-reader.ts';
import type { Managers } from '../lib/manager/managers.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { planParts } from '../lib/transfer/part-plan.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Decides from where and how the archive is copied, and opens the upload. Repeated, it opens another one and ends none: which
 * of its answers counts it cannot know. ClaimRun has ended what was open before, and CompleteTransfer ends what is left over.
 */
export const planTransfer = defineStep('PlanTransfer', async ({ manager, node, snapshot, execution }, deps) => {
  const { node: source, facts } = await locate(deps.managers, manager, node, snapshot);
  const { spans, ...parts } = planParts(
    facts.size,
    facts.ranges,
    deps.settings,
    `The archive of ${snapshot} on manager ${manager}`,
  );
  const key = keysOf(manager, snapshot).archive;
  const uploadId = await deps.archive.multipart.create(key, {
    'offsite-execution': execution,
    'offsite-snapshot': snapshot,
  });
  return {
    transfer: { node: source, ...facts, ...parts, uploadId },
    spans: Array.from({ length: spans }, (_, index) => index + 1),
  };
});

/**
 * The node that has the file: the pinned one, else a fellow. In a cluster files travel after the database does, so one
 * node may say `created` and another have the archive (contract.md §2.6). One node serves the whole transfer.
 */
async function locate(managers: Managers, manager: string, pinned: string, snapshot: string) {
  const all = (await managers.nodes(manager)).map((http) => http.node);
  let failure: OffsiteError | undefined;
  for (const node of [pinned, ...all.filter((other) => other !== pinned)]) {
    try {
      const facts: ArchiveFacts = await (await managers.archive(manager, node, snapshot)).facts();
      return { node, facts };
    } catch (error) {
      if (!(error instanceof SnapshotLost || error instanceof ManagerUnavailable)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new SnapshotLost(`Manager ${manager} has no endpoint to read ${snapshot} from.`);
}

export const handler = toHandler(planTransfer, runtime);

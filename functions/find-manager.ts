import { abortAbandonedUploads, removeAbandonedSnapshots } from '../lib/export/abandoned-runs.ts';
import { claimRun, scheduledRunOf } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { findSnapshotNode } from '../lib/manager/healthy-node.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Claims the scheduled run, picks the node that it talks to, clears away what dead runs left. A second delivery of a
 * run ends here as a duplicate; a manager whose nodes tell different stories is refused before anything is asked of it.
 */
export const findManager = defineStep('FindManager', async ({ input, execution }, deps) => {
  const scheduled = scheduledRunOf(input, execution);
  const { manager, snapshot, scheduledTime } = scheduled;
  const claimed = await claimRun(scheduled, execution.id, deps);
  const run = { manager, snapshot, scheduledTime, startedAt: execution.startTime, ...claimed };
  if (claimed.outcome === 'duplicate') return { ...run, node: null, version: null, edition: null };
  await abortAbandonedUploads(scheduled, deps);
  const { node, version, edition } = await findSnapshotNode(manager, deps);
  await removeAbandonedSnapshots(scheduled, await deps.managers.open(manager, node), deps);
  return { ...run, node, version, edition };
});

export const handler = toHandler(findManager, runtime);

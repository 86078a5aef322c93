import { abortAbandonedUploads, removeAbandonedSnapshots } from '../lib/export/abandoned-runs.ts';
import { claim, nightOf } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { findNode } from '../lib/manager/healthy-node.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Claims the night, picks the node that this run talks to, clears away what dead nights left. A second delivery of a
 * night ends here as a duplicate; a manager whose nodes tell different stories is refused before anything is asked of it.
 */
export const findManager = defineStep('FindManager', async ({ input, execution }, deps) => {
  const night = nightOf(input, execution);
  const { manager, snapshot, scheduledTime } = night;
  const claimed = await claim(night, execution.id, deps);
  const run = { manager, snapshot, scheduledTime, startedAt: execution.startTime, ...claimed };
  if (claimed.outcome === 'duplicate') return { ...run, node: null, version: null, edition: null };
  await abortAbandonedUploads(night, deps);
  const { node, version, edition } = await findNode(manager, deps);
  await removeAbandonedSnapshots(night, await deps.managers.open(manager, node), deps);
  return { ...run, node, version, edition };
});

export const handler = toHandler(findManager, runtime);

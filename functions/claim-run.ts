import { abortAbandonedUploads } from '../lib/export/abandoned-runs.ts';
import { claimRun, scheduledRunOf } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Claims the scheduled run, and removes from storage what dead runs left there. A second delivery of a run ends here as a
 * duplicate. No step that talks to a manager may remove anything from storage, so this one does not.
 */
export const claim = defineStep('ClaimRun', async ({ input, execution }, deps) => {
  const scheduled = scheduledRunOf(input, execution);
  const { manager, snapshot, scheduledTime } = scheduled;
  const claimed = await claimRun(scheduled, execution.id, deps);
  if (claimed.outcome !== 'duplicate') {
    await abortAbandonedUploads(scheduled, deps);
    await deps.notifier.begun?.({ about: 'export', manager, execution: execution.id });
  }
  return { manager, snapshot, scheduledTime, startedAt: execution.startTime, ...claimed };
});

export const handler = toHandler(claim, runtime);

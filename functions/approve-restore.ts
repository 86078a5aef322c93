import { decide } from '../lib/approval/decide.ts';
import type { Approval } from '../lib/approval/records.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Records what an approver has decided about a restore that waits, and tells people: all of them hear of an approval that
 * one of them gave to a restore of his own. Who the approver is, CloudTrail says of the execution's start; a function
 * cannot know it.
 */
export const approveRestore = defineStep('ApproveRestore', async ({ input, execution }, deps) => {
  const approval = await decide(input, execution.id, deps);
  await tell(approval, deps);
  return approval;
});

async function tell(approval: Approval, { notifier, metrics }: Deps): Promise<void> {
  const { decision, what, by, decidedAt, reason, breakGlass } = approval;
  const { manager, restore, archive, options } = what;
  const decided = decision === 'approve' ? 'approved' : 'rejected';
  const loud = breakGlass === null ? '' : 'BREAK-GLASS: ';
  if (breakGlass !== null) metrics.put('BreakGlassUsed', 'Count', 1, manager);
  const subject = `cloudify-offsite: ${loud}restore of ${manager.slice(0, 50)} ${decided}`;
  const report = {
    outcome: decided,
    message: `Restore ${restore} of manager ${manager} was ${decided}${breakGlass === null ? '' : ` under the break-glass rule: ${breakGlass}`}. CloudTrail names the principal that started ${by.execution}.`,
    ...{ manager, restore, execution: what.execution, archive, options, by, decidedAt, reason, breakGlass },
  };
  await notifier.publish(subject, report, {
    about: 'approval',
    outcome: 'attention',
    manager,
    execution: by.execution,
  });
}

export const handler = toHandler(approveRestore, runtime);

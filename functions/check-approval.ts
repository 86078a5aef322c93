import { askForApproval } from '../lib/approval/ask.ts';
import { approvalFor } from '../lib/approval/use.ts';
import { hours, seconds } from '../lib/base/durations.ts';
import { ApprovalExpired } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { approvableOf } from '../lib/restore/approve/approvable.ts';
import { describe } from '../lib/restore/target/suitability.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** A tenth of the time that was waited: an approver who sits there is not kept waiting, and a day is 740 looks. */
const waitFor = (elapsedSeconds: number) => Math.round(Math.min(120, Math.max(5, elapsedSeconds / 10)));

/**
 * Asks for an approval of this restore, once, and looks whether there is one. Nothing has been uploaded yet. What it
 * returns only ends the wait: StartRestore reads the approval itself.
 */
export const checkApproval = defineStep('CheckApproval', async ({ execution, ...asked }, deps) => {
  const { input, run, plan } = asked;
  const { approvalHours } = deps.rulesOf(run.manager);
  if (approvalHours === undefined || !plan.needsApproval) return { status: 'proceed' as const, waitSeconds: 1 };
  const what = approvableOf(asked, execution);
  const { requestedAt, expiresAt } = await askForApproval(
    { what, holds: describe(plan.target), notes: plan.notes, reason: input.reason, waitMs: hours(approvalHours) },
    deps,
  );
  if (await approvalFor(what, deps)) return { status: 'proceed' as const, waitSeconds: 1 };
  const now = deps.clock.now().getTime();
  if (now >= Date.parse(expiresAt)) {
    throw new ApprovalExpired(
      `No approver approved restore ${run.restore} of manager ${run.manager} until ${expiresAt}. Start it again when an approver is there.`,
    );
  }
  const left = Math.ceil((Date.parse(expiresAt) - now) / seconds(1));
  const waited = (now - Date.parse(requestedAt)) / seconds(1);
  return { status: 'waiting' as const, waitSeconds: Math.min(left, waitFor(waited)) };
});

export const handler = toHandler(checkApproval, runtime);

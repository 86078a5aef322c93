import { hours } from '../base/durations.ts';
import { NothingToApprove } from '../base/errors.ts';
import { SOFTWARE } from '../base/software.ts';
import type { Deps } from '../deps.ts';
import { restoreKeysOf } from '../storage/layout.ts';
import { digestOf } from './digest.ts';
import type { ApproveInput } from './input.ts';
import { Approval, ApprovalRequest } from './records.ts';

/** Comparing and uploading a large archive, before the manager is asked, take hours. */
const USABLE_MS = hours(24);

type DecideDeps = Pick<Deps, 'archive' | 'clock' | 'redactor'>;

/**
 * Records the one decision about a restore. Repeated by the same execution it finds its own. Throws `NothingToApprove`
 * when nothing waits under this name, it waits no longer, it is not what was read, or it was decided already.
 */
export async function decide(input: ApproveInput, execution: string, deps: DecideDeps): Promise<Approval> {
  const { records } = deps.archive;
  const key = restoreKeysOf(input.manager, input.restore).approval;
  const standing = (await records.read(key, Approval))?.value;
  if (standing) return ownOf(standing, input, execution);
  const request = await requestOf(input, deps);
  const approval = approvalOf(input, execution, request, deps);
  if (await records.write(key, approval, 'absent')) return approval;
  const other = (await records.read(key, Approval))?.value;
  return other ? ownOf(other, input, execution) : approval;
}

async function requestOf(input: ApproveInput, { archive: { records }, clock }: DecideDeps): Promise<ApprovalRequest> {
  const { manager, restore } = input;
  const refuse = (why: string) => new NothingToApprove(`Restore ${restore} of manager ${manager} ${why}`);
  const request = (await records.read(restoreKeysOf(manager, restore).approvalRequest, ApprovalRequest))?.value;
  if (!request) throw refuse('does not wait for an approval. Check both names against the notification.');
  const isItself = request.what.manager === manager && request.what.restore === restore;
  if (!isItself || request.digest !== digestOf(request.what) || request.digest !== input.request) {
    throw refuse(
      'is not what was read: the request has another digest. Read the request once more before you approve.',
    );
  }
  if (clock.now().getTime() >= Date.parse(request.expiresAt)) {
    throw refuse(`has waited until ${request.expiresAt} and waits no longer. Start the restore again.`);
  }
  return request;
}

function approvalOf(input: ApproveInput, execution: string, request: ApprovalRequest, deps: DecideDeps): Approval {
  const now = deps.clock.now();
  const text = (given: string | undefined) => (given === undefined ? null : deps.redactor.clean(given));
  return {
    schema: 'cloudify-offsite/approval/1',
    decision: input.decision,
    what: request.what,
    digest: request.digest,
    by: { execution, claimed: text(input.by) },
    decidedAt: now.toISOString(),
    usableUntil: new Date(now.getTime() + USABLE_MS).toISOString(),
    reason: text(input.reason),
    breakGlass: text(input.breakGlass),
    software: SOFTWARE,
  };
}

function ownOf(standing: Approval, { manager, restore, decision }: ApproveInput, execution: string): Approval {
  if (standing.by.execution === execution && standing.decision === decision) return standing;
  throw new NothingToApprove(
    `Restore ${restore} of manager ${manager} was ${standing.decision === 'approve' ? 'approved' : 'rejected'} at ${standing.decidedAt} (execution ${standing.by.execution}). A decision is made once; start the restore again.`,
  );
}

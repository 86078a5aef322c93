import * as z from 'zod';
import { ApprovalExpired, ApprovalRefused, NotApproved } from '../base/errors.ts';
import type { Deps } from '../deps.ts';
import { restoreKeysOf } from '../storage/layout.ts';
import { digestOf } from './digest.ts';
import { type Approvable, Approval, ApprovalUse, type UsedApproval } from './records.ts';

type UseDeps = Pick<Deps, 'archive' | 'clock'>;

/**
 * The approval of exactly this restore; undefined when nobody has decided. Throws `ApprovalRefused` when it was rejected,
 * `NotApproved` when what was approved differs in anything, `ApprovalExpired` when it is too old.
 */
export async function approvalFor(what: Approvable, { archive, clock }: UseDeps): Promise<UsedApproval | undefined> {
  const { manager, restore } = what;
  const approval = (await archive.records.read(restoreKeysOf(manager, restore).approval, Approval))?.value;
  if (!approval) return undefined;
  const { decision, by, decidedAt, reason, breakGlass, usableUntil } = approval;
  const name = `Restore ${restore} of manager ${manager}`;
  if (decision === 'reject') {
    const why = reason === null ? '' : ` (${reason})`;
    throw new ApprovalRefused(`${name} was rejected at ${decidedAt}${why}, by execution ${by.execution}.`);
  }
  if (approval.digest !== digestOf(approval.what) || approval.digest !== digestOf(what)) {
    throw new NotApproved(`${name} is not what was approved: ${differences(what, approval.what)}.`);
  }
  if (clock.now().getTime() >= Date.parse(usableUntil)) {
    throw new ApprovalExpired(`${name} was approved at ${decidedAt}, which was good until ${usableUntil}.`);
  }
  return { by, decidedAt, reason, breakGlass };
}

/**
 * Uses the approval up, for this execution alone: it may ask again when an answer was lost, and no other ever may. Throws
 * `NotApproved` when the approval was used, or the restore is over and has its report.
 */
export async function useApproval(what: Approvable, { archive: { records }, clock }: UseDeps): Promise<void> {
  const { manager, restore, execution } = what;
  const keys = restoreKeysOf(manager, restore);
  if (await records.read(keys.evidence, z.unknown())) {
    throw new NotApproved(`Restore ${restore} of manager ${manager} is over: its approval is no longer good.`);
  }
  const use: ApprovalUse = {
    schema: 'cloudify-offsite/approval-use/1',
    ...{ manager, restore, execution },
    digest: digestOf(what),
    usedAt: clock.now().toISOString(),
  };
  if (await records.write(keys.approvalUse, use, 'absent')) return;
  const standing = (await records.read(keys.approvalUse, ApprovalUse))?.value;
  if (standing?.execution === execution && standing.digest === use.digest) return;
  throw new NotApproved(
    `The approval of restore ${restore} of manager ${manager} was used already${standing ? `, at ${standing.usedAt} by execution ${standing.execution}` : ''}. Start the restore again.`,
  );
}

/** Names of what differs, for a sentence. */
function differences(what: Approvable, approved: Approvable): string {
  const fields = Object.keys(what) as (keyof Approvable)[];
  const differing = fields.filter((field) => JSON.stringify(what[field]) !== JSON.stringify(approved[field]));
  return differing.length === 0 ? 'its record was changed' : `${differing.join(', ')} differ`;
}

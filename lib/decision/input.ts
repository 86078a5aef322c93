import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';

/** What a person has decided about one archive, in the console or by the command line. */
export const DecisionInput = z
  .strictObject({
    manager: ManagerId,
    snapshot: SnapshotId,
    decision: z.enum(['keep', 'unkeep', 'accept']),
    /** With `keep` and nothing else, where it is required: until when; null: for ever. */
    until: z.iso.datetime({ offset: true }).nullable().optional(),
    reason: z.string().max(500).optional(),
  })
  .superRefine(({ decision, until }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['until'], message });
    if (decision === 'keep' && until === undefined) refuse('must be given with keep: an ISO time, or null for ever');
    if (decision !== 'keep' && until !== undefined) refuse('has a meaning only with keep');
  });
export type DecisionInput = z.infer<typeof DecisionInput>;

import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { time } from '../base/schemas.ts';
import { DecisionInput } from './input.ts';

export const DecisionRecorded = z.strictObject({
  manager: ManagerId,
  snapshot: SnapshotId,
  outcome: z.enum(['kept', 'released', 'accepted', 'already accepted', 'nothing odd', 'accepted as missing']),
  /** With `kept` only: whether a legal hold keeps the archive as well. */
  legalHold: z.enum(['on', 'off', 'unavailable']).optional(),
  recordedAt: time,
});
export type DecisionRecorded = z.infer<typeof DecisionRecorded>;

/** Input and output of the step that records decisions. */
export const decisionContracts = {
  RecordDecision: { input: z.strictObject({ input: DecisionInput }), output: DecisionRecorded },
} as const;

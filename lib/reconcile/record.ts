import * as z from 'zod';
import { ManagerId } from '../base/ids.ts';
import { count, Signature, time } from '../base/schemas.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { reconciliationOf } from '../storage/layout.ts';
import type { ReconcileReport, SeenSnapshots } from './contract.ts';

/** `reconciliations/<manager>.json`: how the latest one ended, for reports. A look that changes nothing leaves none. */
export const ReconciliationRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/reconciliation/1'),
  manager: ManagerId,
  outcome: z.enum(['clean', 'repaired', 'findings']),
  message: z.string(),
  counts: z.strictObject({ open: count, couldBe: count, done: count, failed: count }),
  /** Whether the manager itself was asked for its snapshots. */
  managerAsked: z.boolean(),
  finishedAt: time,
  signature: Signature.optional(),
});
export type ReconciliationRecord = z.infer<typeof ReconciliationRecord>;

/** The message has the first finding, which may be as long as an error of a manager. */
const MOST_MESSAGE = 1000;

/** Done again, it is written again: the latest one counts. */
export async function recordOutcome(
  { manager, outcome, message, counts, finishedAt }: ReconcileReport,
  { total }: SeenSnapshots,
  records: Pick<JsonRecords, 'write'>,
): Promise<void> {
  const record: ReconciliationRecord = {
    schema: 'cloudify-offsite/reconciliation/1',
    ...{ manager, outcome, message: message.slice(0, MOST_MESSAGE), counts, finishedAt },
    managerAsked: total !== null,
  };
  await records.write(reconciliationOf(manager), record, 'any');
}

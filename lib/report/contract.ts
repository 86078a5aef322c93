import * as z from 'zod';
import { ReportId } from '../base/ids.ts';
import { bytes, count, ExecutionRef, notes, time } from '../base/schemas.ts';

/** What a schedule or a person gives; nothing has to be said. */
export const ReportInput = z.strictObject({
  /** Of the schedule: the report is called after it, so that a second delivery finds the first one's report. */
  scheduledTime: time.optional(),
  reason: z.string().max(500).optional(),
});
export type ReportInput = z.infer<typeof ReportInput>;

export const Verdicts = z.strictObject({ 'at-risk': count, unknown: count, protected: count });

/** What people are told of a report that is kept. */
export const KeptReport = z.strictObject({
  /** Of all managers: that of the worst. */
  outcome: z.enum(['protected', 'at-risk', 'unknown']),
  message: z.string(),
  report: ReportId,
  /** Of the first page. */
  key: z.string(),
  /** Of the signed record that has the digests of all files. */
  record: z.string(),
  files: count,
  bytes,
  verdicts: Verdicts,
  openFindings: count,
  /** Whether another execution had made it already. */
  isRepeated: z.boolean(),
  notes,
  execution: z.string(),
  finishedAt: time,
});
export type KeptReport = z.infer<typeof KeptReport>;

/** Input and output of the one step of a report, by its name. */
export const reportContracts = {
  WriteReport: { input: z.strictObject({ input: ReportInput, execution: ExecutionRef }), output: KeptReport },
} as const;

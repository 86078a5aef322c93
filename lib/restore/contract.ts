import * as z from 'zod';
import { anyInput, ExecutionRef, Failure, notes } from '../base/schemas.ts';
import { RestoreReport, Restoring, Upload, Verification } from './course.ts';
import { RestoreInput } from './input.ts';
import { Approving, ComparedSpan, Plan, RestoreRun, Selection, StoredVerdict } from './state.ts';

/** What travels between the states of a restore; the same rules as in lib/export/contract.ts. */

const before = { input: RestoreInput, run: RestoreRun };
const withArchive = { ...before, selection: Selection };
const Tidied = z.strictObject({ notes });
const failed = { outcome: z.literal('failed'), input: anyInput, execution: ExecutionRef, failure: Failure };
const Recorded = z.strictObject({ evidence: z.string().nullable() });

/** Input and output of every step of a restore, by its name. */
export const restoreContracts = {
  FindTarget: { input: z.strictObject({ input: RestoreInput, execution: ExecutionRef }), output: RestoreRun },
  SelectArchive: {
    /** `stored`: what was selected before was read, and is damaged. Null or missing: nothing was. */
    input: z.strictObject({ ...before, stored: StoredVerdict.nullable().optional() }),
    output: Selection,
  },
  CheckTarget: { input: z.strictObject(withArchive), output: Plan },
  CompareSpan: {
    input: z.strictObject({ selection: Selection, span: z.number().int().min(1) }),
    output: ComparedSpan,
  },
  CheckStored: {
    /** `stored`: its own verdict of the round before. */
    input: z.strictObject({
      ...withArchive,
      plan: Plan,
      compared: z.array(ComparedSpan).max(500),
      stored: StoredVerdict.nullable(),
    }),
    output: StoredVerdict,
  },
  CheckApproval: {
    input: z.strictObject({ ...withArchive, plan: Plan, execution: z.string() }),
    output: Approving,
  },
  UploadArchive: {
    /** `compared`: by URL only; a stream is compared as it is sent. */
    input: z.strictObject({
      ...withArchive,
      method: z.enum(['url', 'stream']),
      compared: z.array(ComparedSpan).max(500).optional(),
    }),
    output: Upload,
  },
  CheckUpload: { input: z.strictObject({ ...withArchive, upload: Upload }), output: Upload },
  StartRestore: {
    /** `before`: it was asked for already, and its answer was lost. */
    input: z.strictObject({ ...withArchive, execution: z.string(), before: Restoring.optional() }),
    output: Restoring,
  },
  CheckRestore: { input: z.strictObject({ ...withArchive, restoring: Restoring }), output: Restoring },
  VerifyRestore: {
    input: z.strictObject({ ...withArchive, plan: Plan, restoring: Restoring }),
    output: Verification,
  },
  TidyTarget: {
    /** After a failure only `input` and `execution` are sure; `state` is whatever the machine had gathered. */
    input: z.strictObject({ input: anyInput, execution: ExecutionRef, state: anyInput }),
    output: Tidied,
  },
  RecordRestore: {
    input: z.discriminatedUnion('outcome', [
      z.strictObject({
        outcome: z.literal('succeeded'),
        ...withArchive,
        execution: ExecutionRef,
        plan: Plan,
        upload: Upload,
        restoring: Restoring,
        verification: Verification,
        tidy: z.union([Tidied, Failure]),
      }),
      z.strictObject({ ...failed, tidy: z.union([Tidied, Failure]), state: anyInput }),
    ]),
    output: Recorded,
  },
  ReportRestore: {
    input: z.discriminatedUnion('outcome', [
      z.strictObject({ outcome: z.literal('succeeded'), ...before, execution: ExecutionRef }),
      z.strictObject({ ...failed, record: z.union([Recorded, Failure]) }),
    ]),
    output: RestoreReport,
  },
} as const;

import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { anyInput, bytes, count, ExecutionRef, Failure, notes, Stored, time, Verified } from '../base/schemas.ts';
import type { StepName } from '../base/step-names.ts';
import { Creation, ExportInput, InspectionSummary, Run, RunReport, Transfer } from '../export/contract.ts';
import { reconcileContracts } from '../reconcile/contract.ts';
import { restoreContracts } from '../restore/contract.ts';
import { verifyContracts } from '../verification/contract.ts';

const where = { manager: ManagerId, snapshot: SnapshotId };
const onNode = { ...where, node: z.url() };

/** Input and output of every step, by its name. */
export const contracts = {
  FindManager: { input: z.strictObject({ input: ExportInput, execution: ExecutionRef }), output: Run },
  CreateSnapshot: { input: z.strictObject(onNode), output: Creation },
  CheckSnapshot: { input: z.strictObject({ ...onNode, creation: Creation }), output: Creation },
  PlanTransfer: {
    input: z.strictObject({ ...onNode, execution: z.string() }),
    /** Spans are numbers from 1; which bytes they are follows from the transfer (lib/transfer/part-plan.ts). */
    output: z.strictObject({ transfer: Transfer, spans: z.array(count.min(1)).max(1000) }),
  },
  CopySpan: {
    input: z.strictObject({ ...where, transfer: Transfer, span: count.min(1) }),
    output: z.strictObject({ bytes }),
  },
  CompleteTransfer: {
    input: z.strictObject({ ...where, transfer: Transfer, execution: z.string() }),
    output: Stored,
  },
  InspectArchive: {
    input: z.strictObject({ ...where, stored: Stored }),
    output: z.strictObject({ summary: InspectionSummary, spans: z.array(count.min(1)).max(500) }),
  },
  VerifySpan: { input: z.strictObject({ ...where, stored: Stored, span: count.min(1) }), output: Verified },
  RecordArchive: {
    input: z.strictObject({
      run: Run,
      creation: Creation,
      transfer: Transfer,
      stored: Stored,
      verified: z.array(Verified).min(1).max(500),
    }),
    output: z.strictObject({ manifest: z.string(), recordedAt: time }),
  },
  PruneManager: {
    input: z.strictObject(onNode),
    output: z.strictObject({ kept: count, deleted: count }),
  },
  CleanUp: {
    input: z.strictObject({ input: anyInput, execution: ExecutionRef, failure: Failure }),
    output: z.strictObject({ notes }),
  },
  ReportRun: {
    input: z.discriminatedUnion('outcome', [
      z.strictObject({
        outcome: z.literal('succeeded'),
        run: Run,
        execution: ExecutionRef,
        prune: z.strictObject({ kept: count, deleted: count }),
      }),
      z.strictObject({
        outcome: z.literal('failed'),
        input: anyInput,
        execution: ExecutionRef,
        failure: Failure,
        cleanUp: z.union([z.strictObject({ notes: z.array(z.string()) }), Failure]),
      }),
    ]),
    output: RunReport,
  },
  ...restoreContracts,
  ...verifyContracts,
  ...reconcileContracts,
} as const satisfies Readonly<Record<StepName, { input: z.ZodType; output: z.ZodType }>>;

export type InputOf<N extends StepName> = z.infer<(typeof contracts)[N]['input']>;
export type OutputOf<N extends StepName> = z.infer<(typeof contracts)[N]['output']>;

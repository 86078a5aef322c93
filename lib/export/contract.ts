import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import {
  anyInput,
  bytes,
  count,
  crc32,
  ExecutionRef,
  Failure,
  format,
  notes,
  Stored,
  time,
  totals,
  Verified,
} from '../base/schemas.ts';

/**
 * What travels between states: ids, counts, sizes, times, digests. Never bytes, part lists, signed URLs, credentials or
 * whole replies. Every state's payload stays under 32 KB at any archive size (limit of Step Functions: 256 KB);
 * test/workflow/limits.test.ts holds us to it. The schemas of steps are strict: a field nobody declared is a `ContractViolation`.
 */

/** Of four digits in UTC as well: the year stands in the snapshot's id, at a fixed place. */
const scheduledTime = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => /^[12]\d{3}-/.test(new Date(text).toISOString()), 'must be a time between the years 1000 and 2999');

/** The input of an export: what EventBridge Scheduler or a person gives. */
export const ExportInput = z.strictObject({
  manager: ManagerId,
  /** ISO time of the schedule's slot; names the snapshot. Without it the execution's own start is used. */
  scheduledTime: scheduledTime.optional(),
  /** Free text for the record: why somebody started this by hand. */
  reason: z.string().max(500).optional(),
});
export type ExportInput = z.infer<typeof ExportInput>;

/** Whose run it is. */
export const Claim = z.strictObject({
  manager: ManagerId,
  snapshot: SnapshotId,
  scheduledTime: time,
  startedAt: time,
  /** `claimed`: this execution makes the archive. `recorded`: the archive of this run is verified already, only the
   * last steps are left. `duplicate`: another execution owns this run. */
  outcome: z.enum(['claimed', 'recorded', 'duplicate']),
  /** The execution that owns this run. */
  owner: z.string(),
});
export type Claim = z.infer<typeof Claim>;

export const Run = z.strictObject({
  ...Claim.shape,
  outcome: Claim.shape.outcome.exclude(['duplicate']),
  /** Address of the node that answers for this run, and what it is. */
  node: z.url(),
  version: z.string(),
  edition: z.string(),
});
export type Run = z.infer<typeof Run>;

export const Creation = z.strictObject({
  /** Null when the reply with the id was lost and the snapshot was found by its own id. */
  executionId: z.string().nullable(),
  requestedAt: time,
  status: z.enum(['creating', 'ready']),
  /** When the row was first seen as created, while its execution had not ended. */
  createdSeenAt: time.nullable(),
  readyAt: time.nullable(),
  /** Seconds to wait before the next look. */
  waitSeconds: z.number().int().min(1).max(60),
});
export type Creation = z.infer<typeof Creation>;

export const Transfer = z.strictObject({
  node: z.url(),
  size: bytes.min(1),
  /** The manager's ETag, pinned: a body with another one is another archive. Null only without ranges. */
  etag: z.string().nullable(),
  ranges: z.boolean(),
  partSize: bytes.min(1),
  parts: count.min(1),
  partsPerSpan: count.min(1),
  uploadId: z.string().min(1),
});
export type Transfer = z.infer<typeof Transfer>;

export const InspectionSummary = z.strictObject({
  format,
  snapshotVersion: z.string(),
  memberCount: count,
  /** Items by type over all tenants; the full inventory is in the inspection object beside the archive. */
  totals,
});

export const RunReport = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  /** The name of the first error; null after success. */
  error: z.string().nullable(),
  /** One or two sentences for the person who is paged. */
  message: z.string(),
  manager: z.string().nullable(),
  snapshot: z.string().nullable(),
  /** Null only when nothing was started. */
  execution: z.string().nullable(),
  archive: z
    .strictObject({
      key: z.string(),
      versionId: z.string().nullable(),
      size: bytes,
      crc32: crc32,
      format,
      snapshotVersion: z.string(),
      memberCount: count,
      totals,
      /** What is so much less than in the archives before that somebody should look, one text each. */
      flags: z.array(z.string()).max(50),
      manifest: z.string(),
    })
    .nullable(),
  /** What clean-up did or could not do, and what was pruned, as sentences. */
  notes,
  finishedAt: time,
});
export type RunReport = z.infer<typeof RunReport>;

/** `notes`: snapshots whose archive could not be checked, so they stay. */
const Pruned = z.strictObject({ kept: count, deleted: count, notes: notes.optional() });

/** What a step of clean-up says, or why it did not end. */
const cleaned = z.union([z.strictObject({ notes: z.array(z.string()) }), Failure]);

const where = { manager: ManagerId, snapshot: SnapshotId };
const onNode = { ...where, node: z.url() };

/** Input and output of every step of an export, by its name. */
export const exportContracts = {
  ClaimRun: { input: z.strictObject({ input: ExportInput, execution: ExecutionRef }), output: Claim },
  FindManager: { input: z.strictObject({ claim: Claim }), output: Run },
  CreateSnapshot: { input: z.strictObject(onNode), output: Creation },
  CheckSnapshot: { input: z.strictObject({ ...onNode, creation: Creation }), output: Creation },
  PlanTransfer: {
    input: z.strictObject({ ...onNode, execution: z.string() }),
    /** Spans are numbers from 1; which bytes they are follows from the transfer (lib/transfer/part-plan.ts). */
    output: z.strictObject({ transfer: Transfer, spans: z.array(count.min(1)).max(1000) }),
  },
  CopySpan: {
    input: z.strictObject({ ...where, transfer: Transfer, span: count.min(1) }),
    output: z.strictObject({ bytes, crc32 }),
  },
  CompleteTransfer: {
    input: z.strictObject({
      ...where,
      transfer: Transfer,
      execution: z.string(),
      /** The CRC-32 of each span, in their order. Undefined: of an execution that began before its machine handed them on. */
      spans: z.array(crc32).max(1000).optional(),
    }),
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
    output: Pruned,
  },
  RemoveUnverified: {
    input: z.strictObject({ input: anyInput, execution: ExecutionRef, failure: Failure }),
    output: z.strictObject({ notes }),
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
        prune: Pruned,
      }),
      z.strictObject({
        outcome: z.literal('failed'),
        input: anyInput,
        execution: ExecutionRef,
        failure: Failure,
        /** Undefined: of an execution that began before its state machine had this step. */
        removal: cleaned.optional(),
        cleanUp: cleaned,
      }),
    ]),
    output: RunReport,
  },
} as const;

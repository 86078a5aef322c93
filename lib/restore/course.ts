import * as z from 'zod';
import { UsedApproval } from '../approval/records.ts';
import { bytes, count, notes, time, totals } from '../base/schemas.ts';

/** What steps of a restore hand on from the moment in which the manager gets the archive; before it: state.ts. */

/** What of the archive was compared on its way to the manager. */
export const Compared = z.strictObject({
  /**
   * Bytes of storage with the manifest's CRC-32. `all`: before the manager could fetch them, or as they were streamed.
   * `trusted`: the input said `trustStorage`. `no manifest`: an archive from a URL.
   */
  storage: z.enum(['all', 'trusted', 'no manifest']),
  /** What the manager has stored with the archive, on the node where least was compared; null before CheckUpload. */
  upload: z.enum(['all', 'ranges', 'size only']).nullable(),
  /** Bytes of that. */
  uploadBytes: bytes,
});
export type Compared = z.infer<typeof Compared>;

export const Upload = z.strictObject({
  method: z.enum(['url', 'stream']),
  size: bytes.min(1),
  /** When the manager had taken it; whether it is the archive, CheckUpload tells. */
  uploadedAt: time,
  compared: Compared,
  notes,
});
export type Upload = z.infer<typeof Upload>;

/** Whose credentials the manager takes at the moment (lib/restore/watch/credentials.ts). */
export const AccessName = z.enum(['current', 'previous', 'source', 'restored']);
export type AccessName = z.infer<typeof AccessName>;

export const Restoring = z.strictObject({
  /** Null: the answer was lost, and so is the id until the manager can be asked for it. */
  executionId: z.string().nullable(),
  requestedAt: time,
  /** How often it was asked for, and when first: deadlines count from there. */
  requests: count.min(1),
  firstRequestedAt: time,
  /** What StartRestore relied on. Null: the manager was empty, or no approval is configured. Missing in older runs. */
  approval: UsedApproval.nullable().optional(),
  /** `lost`: asked for without an answer, and the manager knows of none. */
  status: z.enum(['running', 'ended', 'lost']),
  access: AccessName,
  /** Of the execution, at the last look that saw it. */
  lastStatus: z.string().nullable(),
  /** A node has said that a restore is running on it. */
  flagSeen: z.boolean(),
  /** Nodes whose last word was that a restore runs on them. */
  restoringOn: z.array(z.url()).max(10),
  /** Nodes that were not well before the restore, and have said nothing since: nobody waits for them. */
  silentNodes: z.array(z.url()).max(10),
  /** Since when every node, but for those that were away before, says that none is running. */
  flagGoneSince: time.nullable(),
  /** Since when every candidate's credentials are rejected, and when they were last tried. */
  rejectedSince: time.nullable(),
  triedAt: time.nullable(),
  /** Since when it does not answer. Missing in the states of older runs. */
  awaySince: time.nullable().optional(),
  /** When the execution was first seen as terminated. */
  terminatedSince: time.nullable(),
  /** Since when it is cancelled, or failed without a reason, and no node says that it runs. */
  stoppedSince: time.nullable(),
  /** Since when all is well: execution terminated, no flag, services up. */
  wellSince: time.nullable(),
  /** The manager was away after that, as it is when it reboots. */
  outageSeen: z.boolean(),
  endedAt: time.nullable(),
  waitSeconds: z.number().int().min(1).max(60),
});
export type Restoring = z.infer<typeof Restoring>;

export const Difference = z.strictObject({
  /** Null: over all tenants. */
  tenant: z.string().nullable(),
  type: z.string(),
  archive: count,
  manager: count,
});
export type Difference = z.infer<typeof Difference>;

export const Verification = z.strictObject({
  outcome: z.enum(['complete', 'partial']),
  /** A partial restore that the input allows. */
  accepted: z.boolean(),
  message: z.string(),
  /** Types that were compared, over all tenants and tenant by tenant, and those that the manager does not show. */
  compared: z.array(z.string()).max(50),
  notCompared: z.array(z.string()).max(50),
  differences: z.array(Difference).max(50),
  /** All of them, also those beyond the 50. */
  differenceCount: count,
  /** Errors that the manager logged for this restore. */
  entityErrors: count,
  before: totals,
  after: totals,
  verifiedAt: time,
});
export type Verification = z.infer<typeof Verification>;

export const RestoreReport = z.strictObject({
  outcome: z.enum(['succeeded', 'partial', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  manager: z.string().nullable(),
  restore: z.string().nullable(),
  purpose: z.enum(['recovery', 'drill']).nullable(),
  execution: z.string().nullable(),
  archive: z
    .strictObject({
      key: z.string().nullable(),
      snapshot: z.string().nullable(),
      size: bytes,
      takenAt: time.nullable(),
    })
    .nullable(),
  /** Key of the evidence in the bucket. */
  evidence: z.string().nullable(),
  /** Seconds from the execution's start to the proof; null unless it came so far. */
  rtoSeconds: count.nullable(),
  differences: z.array(Difference).max(50),
  notes,
  finishedAt: time,
});
export type RestoreReport = z.infer<typeof RestoreReport>;

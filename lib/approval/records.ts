import * as z from 'zod';
import { ManagerId, RestoreId, SnapshotId } from '../base/ids.ts';
import { bytes, crc32, notes, Signature, sha256, time } from '../base/schemas.ts';

/** The records of an approval, one a key. lib/storage/layout.ts has the keys. */

/** All that one approval is for. Whatever differs in it is another restore, which needs another approval. */
export const Approvable = z.strictObject({
  manager: ManagerId,
  restore: RestoreId,
  /** Of the restore. */
  execution: z.string(),
  /** SHA-256 of the execution's whole input. */
  inputDigest: sha256,
  archive: z.strictObject({
    /** Whose it is and its id; null for one from a URL. */
    manager: ManagerId.nullable(),
    snapshot: SnapshotId.nullable(),
    key: z.string().nullable(),
    versionId: z.string().nullable(),
    /** Scheme, host and path of a URL: what follows may sign it. */
    address: z.string().nullable(),
    /** What the server of a URL calls this very file. */
    sourceTag: z.string().nullable(),
    size: bytes,
    crc32: crc32.nullable(),
  }),
  options: z.record(z.string(), z.union([z.boolean(), z.string()])),
});
export type Approvable = z.infer<typeof Approvable>;

/** `approval-requests/<manager>/<restore>.json`: what waits, and what an approver is shown. */
export const ApprovalRequest = z.strictObject({
  schema: z.literal('cloudify-offsite/approval-request/1'),
  what: Approvable,
  /** Of `what`: whoever approves names it, so that nothing else is approved than what was read. */
  digest: sha256,
  /** What the manager holds, for a sentence. */
  holds: z.string(),
  /** What the restore does to data, credentials and services. */
  notes,
  /** Free text of who started the restore. */
  reason: z.string().optional(),
  requestedAt: time,
  expiresAt: time,
  /** When people were told. Null: not yet. */
  notifiedAt: time.nullable(),
  software: z.string(),
  signature: Signature.optional(),
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;

/** Who decided, as far as a function can know. CloudTrail has the principal that started `execution`. */
export const DecidedBy = z.strictObject({
  /** Of the state machine that records decisions. */
  execution: z.string(),
  /** The principal, as the command line says it. Null: not said. */
  claimed: z.string().nullable(),
});

/** `approvals/<manager>/<restore>.json`: the one decision about a restore. */
export const Approval = z.strictObject({
  schema: z.literal('cloudify-offsite/approval/1'),
  decision: z.enum(['approve', 'reject']),
  what: Approvable,
  digest: sha256,
  by: DecidedBy,
  decidedAt: time,
  /** The restore must have asked the manager before. */
  usableUntil: time,
  reason: z.string().nullable(),
  /** Why one person both starts and approves. Null: two persons. */
  breakGlass: z.string().nullable(),
  software: z.string(),
  signature: Signature.optional(),
});
export type Approval = z.infer<typeof Approval>;

/** `approval-uses/<manager>/<restore>.json`: an approval is used once, by the execution that it was given to. */
export const ApprovalUse = z.strictObject({
  schema: z.literal('cloudify-offsite/approval-use/1'),
  manager: ManagerId,
  restore: z.string(),
  execution: z.string(),
  digest: sha256,
  usedAt: time,
});
export type ApprovalUse = z.infer<typeof ApprovalUse>;

/** What StartRestore says of the approval that it used. */
export const UsedApproval = Approval.pick({ by: true, decidedAt: true, reason: true, breakGlass: true });
export type UsedApproval = z.infer<typeof UsedApproval>;

/** What the restore report says of it, read by the function that signs the report. */
export const EvidencedApproval = UsedApproval.extend({
  /** The digest that was approved. Missing in records of 0.1.0, as the next one. */
  request: sha256.optional(),
  /** Null: its use is not recorded, or not as of this execution. */
  usedAt: time.nullable().optional(),
});
export type EvidencedApproval = z.infer<typeof EvidencedApproval>;

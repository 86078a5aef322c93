import * as z from 'zod';
import { EvidencedApproval } from '../../approval/records.ts';
import { ManagerId, SnapshotId } from '../../base/ids.ts';
import { bytes, count, crc32, format, notes, Signature, SignatureFound, time } from '../../base/schemas.ts';
import { AccessName, Compared, Verification } from '../course.ts';

const when = time.nullable();
const seconds = count.nullable();

/**
 * `restores/<manager>/<restore>.json`: the evidence of one restore. Written whole, once it is over, also when it failed;
 * what the restore did not reach is null. docs/reference/restore-report.md explains every field to who reads it in ten years.
 */
export const RestoreEvidence = z.strictObject({
  schema: z.literal('cloudify-offsite/restore/1'),
  /** The manager that was restored to, and the name of this restore. */
  manager: ManagerId,
  restore: z.string(),
  purpose: z.enum(['recovery', 'drill']),
  /** Free text of who started it. */
  reason: z.string().optional(),
  execution: z.string(),
  /** `partial`: the manager does not hold all that the archive holds, and the input allowed that. */
  state: z.enum(['succeeded', 'partial', 'failed']),
  /** The name of the first error (docs/reference/errors.md); with `failed` only. */
  error: z.string().optional(),
  message: z.string(),
  archive: z
    .strictObject({
      /** Null, as its key, for an archive from a URL. */
      manager: ManagerId.nullable(),
      snapshot: SnapshotId.nullable(),
      key: z.string().nullable(),
      versionId: z.string().nullable(),
      size: bytes,
      crc32: crc32.nullable(),
      format,
      snapshotVersion: z.string(),
      takenAt: when,
      /** Missing in records from before signatures. */
      signature: SignatureFound.optional(),
    })
    .nullable(),
  /** Newer archives that are gone or damaged, the newest 20. Missing: none, or the record is of 0.1.0. */
  passedOver: z
    .array(z.strictObject({ snapshot: SnapshotId, error: z.string() }))
    .max(20)
    .optional(),
  /** What was restored to: version and edition before the restore, and the node that was asked. */
  target: z.strictObject({ version: z.string(), edition: z.string(), node: z.string() }).nullable(),
  options: z.strictObject({
    force: z.boolean(),
    recreateDeploymentsEnvs: z.boolean(),
    restoreCertificates: z.boolean(),
    noReboot: z.boolean(),
    allowPartial: z.boolean(),
    /** Missing in records of 0.1.0. */
    trustStorage: z.boolean().optional(),
    /** Likewise. */
    skipDamaged: z.boolean().optional(),
    /** Given only when a forged manifest, or one of an unknown key, was to be taken. */
    acceptUnsigned: z.literal(true).optional(),
    /** Scheme, host and path alone: what follows may sign the address. */
    archiveUrl: z.string().nullable(),
  }),
  /** Who let this restore overwrite a manager that held something. Missing: no approval was used. */
  approval: EvidencedApproval.optional(),
  /** How the archive was handed over in the end. */
  method: z.enum(['url', 'stream']).nullable(),
  /** What of the archive was compared on its way. Missing: the upload was not checked, or the record is of 0.1.0. */
  compared: Compared.optional(),
  /** Seconds of each phase, one after the other; their sum is `rtoSeconds`. */
  phases: z.strictObject({
    /** From the start until the checks were passed. */
    prepare: seconds,
    /** Until it was approved. Missing: no approval was used. */
    approval: seconds.optional(),
    /** Until the archive was on the manager, whole. */
    upload: seconds,
    /** Until the restore was over and the manager's services were up. */
    restore: seconds,
    /** Until what the manager holds was compared with the archive. */
    verify: seconds,
  }),
  /** Seconds from the start to the proof. */
  rtoSeconds: seconds,
  /** What was compared. `accepted` is in `options.allowPartial`, its time in `times`. */
  verification: Verification.omit({ accepted: true, message: true, verifiedAt: true }).nullable(),
  /** Whose credentials the manager took at the last look, and what to do with its secret; null: nothing to do. */
  credentials: z.strictObject({ access: AccessName, advice: z.string().nullable() }).nullable(),
  notes,
  times: z.strictObject({
    started: time,
    checked: when,
    /** Missing: no approval was used. */
    approved: time.optional(),
    uploaded: when,
    requested: when,
    ended: when,
    verified: when,
    recorded: time,
  }),
  software: z.string(),
  signature: Signature.optional(),
});
export type RestoreEvidence = z.infer<typeof RestoreEvidence>;

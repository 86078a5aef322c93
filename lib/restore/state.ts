import * as z from 'zod';
import { ManagerId, RestoreId, SnapshotId } from '../base/ids.ts';
import { bytes, count, crc32, format, notes, SignatureFound, time, totals } from '../base/schemas.ts';

/** What steps of a restore hand on until the manager gets the archive, then: course.ts. lib/restore/contract.ts says which step which. */

export const RestoreRun = z.strictObject({
  /** The manager that is restored to. */
  manager: ManagerId,
  /** Names this restore in the bucket: `20261123T020000Z-1a2b3c4d`, from the execution's start and id. */
  restore: RestoreId,
  /** The id under which the archive is uploaded to the manager. Made of `restore`, so a retry finds its own. */
  snapshot: SnapshotId,
  startedAt: time,
  purpose: z.enum(['recovery', 'drill']),
  node: z.url(),
  /** How many endpoints the manager has, how many of them are well, how many nodes it says that it has; who is not well. */
  nodes: z.strictObject({
    known: count.min(1),
    healthy: count.min(1),
    registered: count,
    away: z.array(z.url()).max(10),
  }),
  version: z.string(),
  edition: z.string(),
});
export type RestoreRun = z.infer<typeof RestoreRun>;

/** Nodes that have no endpoint of their own, as behind a load balancer: any of them may be who answers. */
export function unseenNodes({ nodes }: Pick<RestoreRun, 'nodes'>): number {
  return Math.max(0, nodes.registered - nodes.known);
}

/** With 80 + 200 letters each they take 6 KB of a state of 32 KB, at most. */
export const MOST_PASSED_OVER = 20;

/** Archives that were not taken, and why. */
export const PassedOver = z
  .array(z.strictObject({ snapshot: SnapshotId, error: z.string().max(80) }))
  .max(MOST_PASSED_OVER);
export type PassedOver = z.infer<typeof PassedOver>;

/** The archive that is restored. Where it comes from a URL, the URL itself stays in the execution's input. */
export const Selection = z.strictObject({
  from: z.enum(['bucket', 'url']),
  /** Whose archive it is, and its id. Null for one from a URL. */
  manager: ManagerId.nullable(),
  snapshot: SnapshotId.nullable(),
  key: z.string().nullable(),
  versionId: z.string().nullable(),
  size: bytes.min(1),
  crc32: crc32.nullable(),
  /** How many ranges its manifest has a SHA-256 of, where no version pins the bytes; else missing. */
  ranges: count.min(1).max(500).optional(),
  /** What the server of a URL calls this very file: its ETag, or when it was changed. Null: it does not say. */
  sourceTag: z.string().max(200).nullable(),
  format,
  snapshotVersion: z.string(),
  /** Whether a manager of 7.x takes it for a legacy archive: `metadata.json` names all three schema revisions
   * (contract.md §7.3). */
  marksLegacy: z.boolean(),
  memberCount: count,
  totals,
  /** How its manifest stands to its signature. Missing for one from a URL, and where signatures are not looked at. */
  signature: SignatureFound.optional(),
  /** When the manager had finished the snapshot. Null for one from a URL. */
  takenAt: time.nullable(),
  /** Seconds that the source manager took to make it: the only hint of how long a restore takes. */
  creationSeconds: count.nullable(),
  /** The input has its id. Missing, as the next three, in the states of older runs. */
  named: z.boolean().optional(),
  /** What could be restored instead. */
  next: z.strictObject({ snapshot: SnapshotId, takenAt: time }).nullable().optional(),
  /** Another one may be selected when this one turns out to be damaged. */
  maySkip: z.boolean().optional(),
  /** Newer ones that are gone or damaged, the newest first. */
  passedOver: PassedOver.optional(),
  notes,
});
export type Selection = z.infer<typeof Selection>;

export const Plan = z.strictObject({
  /** `planned`: a dry run, which ends here. */
  outcome: z.enum(['proceed', 'planned']),
  method: z.enum(['url', 'stream']),
  /** Spans of the stored archive that are compared with the manifest before the manager may fetch it. */
  compareSpans: z.array(count.min(1)).max(500),
  /** Whether the archive may be streamed after an upload by URL has failed. */
  mayStream: z.boolean(),
  target: z.strictObject({
    isEmpty: z.boolean(),
    totals,
    maintenance: z.enum(['activated', 'activating', 'deactivated']),
    /** Active executions that nobody will ever run (contract.md §7.2): they are cleared before the restore. */
    ghosts: z.array(z.string()).max(20),
  }),
  /** The restore waits for an approval. Missing in the states of older runs. */
  needsApproval: z.boolean().optional(),
  /** What would have refused the restore. Always empty unless this is a dry run. */
  refusals: z.array(z.strictObject({ error: z.string(), message: z.string() })).max(20),
  /** What will happen to data, credentials and services, one sentence each. */
  notes,
  /** What was found, and is to be done when it is over. */
  afterwards: notes,
  estimate: z.strictObject({ uploadSeconds: count, restoreSeconds: count, basis: z.string() }),
  checkedAt: time,
});
export type Plan = z.infer<typeof Plan>;

/** Whether the restore may go on: it is approved, or needs no approval. */
export const Approving = z.strictObject({
  status: z.enum(['waiting', 'proceed']),
  waitSeconds: z.number().int().min(1).max(120),
});
export type Approving = z.infer<typeof Approving>;

/** CRC-32 of one span of the stored archive, as it was read; null where it is gone or damaged, by the name of that error. */
export const ComparedSpan = z.strictObject({
  span: count.min(1),
  crc32: crc32.nullable(),
  /** Of a span that is a range of the manifest; else its length follows from the archive's. */
  bytes: bytes.optional(),
  fault: z.string().max(80).optional(),
});
export type ComparedSpan = z.infer<typeof ComparedSpan>;

/** What the last read of the stored archive has shown. */
export const StoredVerdict = z.strictObject({
  /** `again`: it was not as verified, and is read once more. `next`: nor was it then, and another one is selected. */
  outcome: z.enum(['as verified', 'again', 'next']),
  snapshot: SnapshotId.nullable(),
  /** What was found damaged in this restore, the last one first. */
  damaged: PassedOver,
});
export type StoredVerdict = z.infer<typeof StoredVerdict>;

import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { Signature, sha256, sha256Base64 } from '../base/schemas.ts';

const count = z.number().int().nonnegative();
const time = z.iso.datetime();
/** Absent in records from before they were signed, which are read for ever. */
const signature = Signature.optional();

/** `runs/<manager>/<snapshot>.json`: who works on this scheduled run, and how it ended. Written first, so that two of it meet. */
export const RunRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/run/1'),
  manager: ManagerId,
  snapshot: SnapshotId,
  execution: z.string(),
  reason: z.string().optional(),
  claimedAt: time,
  state: z.enum(['running', 'succeeded', 'failed']),
  endedAt: time.optional(),
  error: z.string().optional(),
  message: z.string().optional(),
  /** An execution before this one had the same run, and failed or died. */
  afterFailure: z.literal(true).optional(),
  /** Notification targets that could not be notified how it ended, and why. */
  undelivered: z
    .array(z.strictObject({ target: z.string().max(100), error: z.string().max(500) }))
    .max(20)
    .optional(),
  /** The number of the index of archives when the run had succeeded: an older one was put back since. */
  indexSequence: count.optional(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** Items by type, over all tenants and by tenant. `truncated`: more tenants than are listed (lib/snapshot/inventory.ts). */
const InventoryRecord = z.strictObject({
  totals: z.record(z.string(), count),
  tenants: z.record(z.string(), z.record(z.string(), count)),
  truncated: z.boolean().optional(),
  upperBounds: z.array(z.string()).optional(),
});

/** Null: the store named no version. Until 0.1.0 it was written as "null" then, and that text is sent as an id to this day. */
const versionId = z.string().nullable();

/** `inspections/…json`: what InspectArchive found, too much for the state; part of it becomes the manifest. */
export const InspectionRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/inspection/1'),
  versionId,
  format: z.enum(['legacy', 'new']),
  snapshotVersion: z.string(),
  memberCount: count,
  compressedBytes: count,
  uncompressedBytes: count,
  requiredMembers: z.array(z.string()),
  inventory: InventoryRecord,
  spans: z.array(z.strictObject({ firstMember: count, members: count, start: count, end: count })),
});
export type InspectionRecord = z.infer<typeof InspectionRecord>;

/**
 * What is odd about an archive that is whole: so much less in it than in those before that somebody should look. It is
 * kept, and never takes the place of a good one (lib/retention/).
 */
export const Flag = z.strictObject({
  /** A fall of content or size by more than `driftPercent`. */
  kind: z.literal('drift'),
  /** What fell: a type of the inventory, `deployments`, or `size`. */
  type: z.string(),
  before: count,
  now: count,
  /** By how much it fell, in per cent of `before`. */
  percent: z.number().min(0).max(100),
});
export type Flag = z.infer<typeof Flag>;

/**
 * `manifests/…json`: the word that an archive is whole. Written last; no manifest, no archive. docs/reference/manifest.md explains
 * every field to who reads it in ten years.
 */
export const Manifest = z.strictObject({
  schema: z.literal('cloudify-offsite/manifest/1'),
  manager: z.strictObject({ id: ManagerId, version: z.string(), edition: z.string(), node: z.string() }),
  snapshot: z.strictObject({
    id: SnapshotId,
    format: z.enum(['legacy', 'new']),
    version: z.string(),
    requiredMembers: z.array(z.string()),
    memberCount: count,
    compressedBytes: count,
    uncompressedBytes: count,
  }),
  archive: z.strictObject({
    bucket: z.string(),
    key: z.string(),
    versionId,
    size: count,
    crc32: z.string(),
    sourceEtag: z.string().nullable(),
    partSize: count,
    parts: count,
    /**
     * Where no version pins the bytes: SHA-256 of each range, from the end of the one before up to `end`. Absent where one
     * does, and in manifests from before this.
     */
    ranges: z
      .array(z.strictObject({ end: count, sha256: sha256Base64 }))
      .min(1)
      .max(500)
      .optional(),
  }),
  verification: z.strictObject({ members: count, bytes: count, verifiedAt: time }),
  inventory: InventoryRecord,
  /** Absent when nothing is odd. */
  flags: z.array(Flag).min(1).max(50).optional(),
  times: z.strictObject({
    scheduled: time,
    started: time,
    snapshotRequested: time,
    snapshotReady: time,
    stored: time,
    recorded: time,
  }),
  execution: z.string(),
  software: z.string(),
  /** Of a copy in another store: the archive that it was made from, and whose signature its manifest had there. */
  copiedFrom: z
    .strictObject({
      place: z.string().max(2000),
      versionId,
      /** SHA-256 of that manifest without its signature, as canonical JSON. */
      manifest: sha256,
      /** Fingerprint of the key; null: that manifest had no signature. */
      signedBy: sha256.nullable(),
    })
    .optional(),
  signature,
});
export type Manifest = z.infer<typeof Manifest>;

/**
 * `marks/…json`: the verdict of the latest scrub on one archive. Written whole by the verify machine, replaced by the next
 * scrub; a manifest without one was verified at export and never since.
 */
export const MarkRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/mark/1'),
  manager: ManagerId,
  snapshot: SnapshotId,
  /** The version that was read. A mark of another version than the manifest's says nothing about the archive. */
  versionId,
  result: z.enum(['sound', 'damaged']),
  /** With `damaged`: what was found, by its name in lib/base/errors.ts, and in a sentence. */
  error: z.string().optional(),
  message: z.string().optional(),
  checkedAt: time,
  execution: z.string(),
  signature,
});
export type MarkRecord = z.infer<typeof MarkRecord>;

/** `accepts/…json`: the word of a person that the content of a flagged archive is as it should be. */
export const AcceptRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/accept/1'),
  manager: ManagerId,
  snapshot: SnapshotId,
  /** Its manifest, or it, may be missing: what is gone is not told of any more. */
  missing: z.literal(true).optional(),
  reason: z.string().max(500).optional(),
  at: time,
  signature,
});
export type AcceptRecord = z.infer<typeof AcceptRecord>;

/** `keeps/…json`: the wish of a person that an archive stays, whatever its class says. */
export const KeepRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/keep/1'),
  manager: ManagerId,
  snapshot: SnapshotId,
  /** The wish ends then; null: never. */
  until: time.nullable(),
  reason: z.string().max(500).optional(),
  at: time,
  signature,
});
export type KeepRecord = z.infer<typeof KeepRecord>;

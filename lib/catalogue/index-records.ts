import { hash } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson } from '../base/canonical-json.ts';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { bytes, count, format, Signature, sha256, time, totals } from '../base/schemas.ts';
import type { KnownManifest } from './entry.ts';
import { Flag } from './records.ts';

const Month = z.string().regex(/^(\d{4}-\d\d|other)$/);

/** One archive of the index. */
export const IndexRow = z.strictObject({
  snapshot: SnapshotId,
  /** SHA-256 of its manifest without the signature, as canonical JSON. */
  manifest: sha256,
  /** The ETag under which storage had that manifest. */
  etag: z.string(),
  /** Whether that manifest had a signature. */
  signed: z.boolean(),
  /** Fingerprint of the key of that signature. With it the row stands for the manifest in lists; absent in older rows. */
  key: sha256.optional(),
  /** Found in the bucket later, by an export or a reconciliation: the run that recorded it put nothing here. */
  adopted: z.literal(true).optional(),
  /** `expired`: its time was over. `accepted`: a person has said that it may be missing. */
  fate: z.enum(['recorded', 'expired', 'accepted']),
  /** When the fate was written here. */
  since: time,
  /** The tag that retention has decided on. */
  expire: z.string(),
  /** From then on it may be gone, as lifecycle rules let it go; null: nothing lets it go. */
  goneFrom: time.nullable(),
  format,
  version: z.string(),
  memberCount: count,
  archive: z.strictObject({ versionId: z.string().nullable(), size: bytes, crc32: z.string() }),
  /** How many ranges of the archive have a SHA-256, if any have. */
  ranges: count.optional(),
  verifiedAt: time,
  totals,
  flags: z.array(Flag).min(1).max(50).optional(),
  /** The mark of a sound archive as it was read: its ETag, and the key that it is signed with. */
  mark: z.strictObject({ etag: z.string(), key: sha256, checkedAt: time, execution: z.string() }).optional(),
  /** That tag was seen on archive, manifest and inspection. Absent: nobody has looked since it was decided. */
  tagged: z.string().optional(),
  times: z.strictObject({
    scheduled: time,
    snapshotRequested: time,
    snapshotReady: time,
    stored: time,
    recorded: time,
  }),
});
export type IndexRow = z.infer<typeof IndexRow>;

/** `indexes/<manager>/<month>.json`: the archives of one month by the names of their runs. */
export const IndexPage = z.strictObject({
  schema: z.literal('cloudify-offsite/index/1'),
  manager: ManagerId,
  month: Month,
  /** One more with each time that it is written. */
  revision: count.min(1),
  archives: z.array(IndexRow),
  signature: Signature.optional(),
});
export type IndexPage = z.infer<typeof IndexPage>;

/** Checks the same, and gives the page as it was parsed: each row in one piece, where zod's copy of it is in two. */
export const ParsedPage = z.unknown().superRefine((page, ctx) => {
  for (const issue of IndexPage.safeParse(page).error?.issues ?? []) ctx.addIssue({ ...issue } as { code: 'custom' });
}) as unknown as z.ZodType<IndexPage>;

/** `indexes/<manager>/head.json`: which pages there are, and how far they had come. Written after them. */
export const IndexHead = z.strictObject({
  schema: z.literal('cloudify-offsite/index-head/1'),
  manager: ManagerId,
  /** One more with each time that it is written. */
  sequence: count.min(1),
  at: time,
  pages: z.record(Month, z.strictObject({ revision: count.min(1), sha256 })),
  signature: Signature.optional(),
});
export type IndexHead = z.infer<typeof IndexHead>;

/** SHA-256 of a record without its signature, as canonical JSON. */
export function digestOf(record: object): string {
  const { signature: _, ...bare } = record as { signature?: unknown };
  return hash('sha256', canonicalJson(bare));
}

/** The part of a row that follows from the manifest. */
export function describedBy(manifest: KnownManifest) {
  const { snapshot, archive, digestedRanges: ranges, verification, inventory, flags, times } = manifest;
  const { id, format, version, memberCount } = snapshot;
  const { versionId, size, crc32 } = archive;
  return {
    snapshot: id,
    ...{ format, version, memberCount },
    archive: { versionId, size, crc32 },
    ...(ranges === undefined ? {} : { ranges }),
    verifiedAt: verification.verifiedAt,
    totals: inventory.totals,
    ...(flags ? { flags } : {}),
    times,
  };
}

import { crc32 } from 'node:zlib';
import { mapAtMost } from '../base/concurrency.ts';
import { ChecksumMismatch, OffsiteError, RecordConflict } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';
import { retryOrError } from '../base/retry.ts';
import { localDefaults } from '../base/settings.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import type { StoredPart } from '../storage/multipart.ts';
import type { Bandwidth } from '../transfer/bandwidth.ts';
import { type PartPlan, partRange, planParts } from '../transfer/part-plan.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { crc32Joined, crc32ToBase64 } from '../zip/crc32.ts';

/** Parts in memory: 15 MiB for archives of up to 50 GB. */
const PARTS_AT_ONCE = 3;

/** Says which manifest an object was copied by, so that the next run finds what a killed one has left. */
export const MADE_FROM = 'offsite-copied-manifest';

export interface Upload {
  readonly source: ByteSource;
  readonly key: string;
  /** Of the whole, base64, as the manifest says. */
  readonly crc32: string;
  /** Digest of the manifest that it is copied by. */
  readonly manifest: string;
}

export interface UploadDeps {
  readonly archive: ArchiveBucket;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly bandwidth: Bandwidth;
  readonly onBytes: (count: number) => void;
}

/**
 * Stores the bytes under the key, in parts; parts that an earlier run has stored are not sent again. Nothing that is there
 * is overwritten. Throws `RecordConflict` when something else is there, `ChecksumMismatch` when the bytes are not those of the
 * manifest.
 */
export async function uploadCopy(upload: Upload, deps: UploadDeps): Promise<PartPlan> {
  const plan = planParts(upload.source.size, true, localDefaults, upload.key);
  const open = await openUpload(upload, plan, deps);
  const parts = await sendRest(upload, plan, open, deps);
  if (crc32Joined(parts) !== upload.crc32) {
    await deps.archive.multipart.abort(upload.key, open.uploadId);
    throw new ChecksumMismatch(
      `${upload.key} does not have the CRC-32 of its manifest where it is copied from. Nothing was kept. Verify it there: offsite verify.`,
    );
  }
  const whole = { parts, size: upload.source.size, crc32: upload.crc32 };
  const how = await deps.archive.multipart.complete(upload.key, open.uploadId, whole);
  if (how === 'exists') {
    await deps.archive.multipart.abort(upload.key, open.uploadId);
    throw new RecordConflict(
      `${upload.key} exists already in ${deps.archive.place}, and something else wrote it. Nothing was overwritten; find out who wrote it.`,
    );
  }
  return plan;
}

interface OpenUpload {
  readonly uploadId: string;
  /** By number, as storage has checked them. */
  readonly stored: ReadonlyMap<number, StoredPart>;
}

/** The upload that an earlier run has left, if its parts are of this plan, else a new one. */
async function openUpload(
  { source, key, manifest }: Upload,
  plan: PartPlan,
  { archive }: UploadDeps,
): Promise<OpenUpload> {
  let found: OpenUpload | undefined;
  for (const left of await archive.multipart.list(key)) {
    if (left.key !== key) continue;
    const stored = found ? undefined : await partsOf(left.uploadId, { size: source.size, key, plan }, archive);
    if (stored) found = { uploadId: left.uploadId, stored };
    else await archive.multipart.abort(key, left.uploadId);
  }
  if (found) return found;
  return { uploadId: await archive.multipart.create(key, { [MADE_FROM]: manifest }), stored: new Map() };
}

/** Undefined when one is not as planned, or has no checksum: then nobody can say what is in it. */
async function partsOf(
  uploadId: string,
  { size, key, plan }: { readonly size: number; readonly key: string; readonly plan: PartPlan },
  archive: ArchiveBucket,
): Promise<Map<number, StoredPart> | undefined> {
  const parts = new Map<number, StoredPart>();
  for await (const part of archive.multipart.listParts(key, uploadId)) {
    const isPlanned = part.number <= plan.parts && part.size === partRange({ ...plan, size }, part.number).length;
    if (!isPlanned || part.crc32 === '') return undefined;
    parts.set(part.number, part);
  }
  return parts;
}

async function sendRest(
  { source, key }: Upload,
  plan: PartPlan,
  { uploadId, stored }: OpenUpload,
  deps: UploadDeps,
): Promise<StoredPart[]> {
  const { archive, bandwidth, signal, onBytes } = deps;
  const numbers = Array.from({ length: plan.parts }, (_, at) => at + 1);
  const sent = new Map<number, string>();
  await mapAtMost(PARTS_AT_ONCE, numbers, async (number) => {
    const { start, length } = partRange({ ...plan, size: source.size }, number);
    if (!stored.has(number)) {
      const result = await retryOrError(async () => {
        signal.throwIfAborted();
        const body = await bytesOf(source, start, length);
        const sum = crc32ToBase64(crc32(body));
        await bandwidth.take(length, signal);
        await archive.multipart.putPart(key, uploadId, { number, body, crc32: sum });
        sent.set(number, sum);
      }, deps);
      if (result instanceof OffsiteError) throw result;
    }
    onBytes(length);
  });
  const parts: StoredPart[] = [];
  for await (const part of archive.multipart.listParts(key, uploadId))
    parts.push({ ...part, crc32: part.crc32 || (sent.get(part.number) ?? '') });
  return parts;
}

async function bytesOf(source: ByteSource, start: number, length: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(length);
  let at = 0;
  for await (const piece of await source.read(start, length)) at += (piece as Buffer).copy(body, at);
  return body;
}

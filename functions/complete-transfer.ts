import { ChecksumMismatch, IncompleteTransfer, RecordConflict } from '../lib/base/errors.ts';
import type { Stored } from '../lib/base/schemas.ts';
import type { Transfer } from '../lib/export/contract.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { StoredObject } from '../lib/storage/archive-bucket.ts';
import { keysOf } from '../lib/storage/layout.ts';
import type { StoredPart } from '../lib/storage/multipart.ts';
import { partRange, partsOf } from '../lib/transfer/part-plan.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { crc32Joined } from '../lib/zip/crc32.ts';

/**
 * Joins the parts into the archive, if they are exactly those of the plan, and compares what storage then holds. Repeated
 * after a lost response it finds its own archive and is done. Then it ends the uploads of a PlanTransfer that was delivered twice.
 */
export const completeTransfer = defineStep(
  'CompleteTransfer',
  async ({ manager, snapshot, transfer, execution, spans }, deps) => {
    const key = keysOf(manager, snapshot).archive;
    deps.buffers.release();
    const before = await deps.archive.head(key);
    const ours = crcOfSpans(spans, transfer);
    if (before && isOurs(before, execution)) {
      await deps.archive.abortUploads(key);
      return toStored(before, ours ?? before.crc32, transfer, key);
    }
    const parts = await listed(deps.archive.multipart.listParts(key, transfer.uploadId), transfer, key);
    const crc32 = crcOfAll(parts, ours, key);
    const how = await deps.archive.multipart.complete(key, transfer.uploadId, { parts, size: transfer.size, crc32 });
    const after = await deps.archive.head(key);
    if (!after) throw new IncompleteTransfer(`${key} is not in storage after its upload was completed (${how}).`);
    if (!isOurs(after, execution)) {
      throw new RecordConflict(
        `${key} exists already and is not of this run. Nothing was overwritten; find out who wrote it.`,
      );
    }
    await deps.archive.abortUploads(key);
    return toStored(after, crc32, transfer, key);
  },
);

function isOurs(object: StoredObject, execution: string): boolean {
  return object.metadata['offsite-execution'] === execution;
}

/** Throws `IncompleteTransfer` unless the parts are 1…n, each of its planned size. */
async function listed(parts: AsyncIterable<StoredPart>, transfer: Transfer, key: string): Promise<StoredPart[]> {
  const all: StoredPart[] = [];
  for await (const part of parts) {
    const number = all.length + 1;
    const { length } = partRange(transfer, number);
    if (part.number !== number || part.size !== length || number > transfer.parts) {
      throw new IncompleteTransfer(
        `${key}: storage lists part ${part.number} with ${part.size} bytes where part ${number} of ${transfer.parts} with ${length} was planned.`,
      );
    }
    all.push(part);
  }
  if (all.length === transfer.parts) return all;
  throw new IncompleteTransfer(`${key}: storage has ${all.length} of ${transfer.parts} parts.`);
}

/**
 * The checksum of the whole, from those that storage lists with the parts, or from our own of the spans where it lists
 * none. Where there are both they must agree. Throws `ChecksumMismatch`, `IncompleteTransfer`.
 */
function crcOfAll(parts: readonly StoredPart[], ours: string | undefined, key: string): string {
  const isListed = parts.every((part) => part.crc32 !== '');
  const theirs = isListed ? crc32Joined(parts) : undefined;
  if (ours !== undefined && theirs !== undefined && ours !== theirs)
    throw new ChecksumMismatch(`The parts of ${key} have CRC-32 ${theirs} in storage, ${ours} was sent.`);
  const crc32 = theirs ?? ours;
  if (crc32 !== undefined) return crc32;
  throw new IncompleteTransfer(`${key}: storage lists its parts without CRC-32, and none came from the copy.`);
}

function crcOfSpans(spans: readonly string[] | undefined, transfer: Transfer): string | undefined {
  return spans && crc32Joined(spans.map((crc32, at) => ({ crc32, size: spanLength(transfer, at + 1) })));
}

function spanLength(transfer: Transfer, span: number): number {
  return partsOf(transfer, span).reduce((sum, number) => sum + partRange(transfer, number).length, 0);
}

/**
 * A store that keeps no checksum shows none, and another one a checksum of the parts' checksums, which says nothing about
 * the whole. Then ours stands, and VerifySpans reads every byte in any case.
 */
function toStored(object: StoredObject, crc32: string | undefined, transfer: Transfer, key: string): Stored {
  if (object.size !== transfer.size) {
    throw new ChecksumMismatch(`${key} has ${object.size} bytes in storage, ${transfer.size} were sent.`);
  }
  if (crc32 === undefined || (object.crc32 !== undefined && object.crc32 !== crc32)) {
    throw new ChecksumMismatch(
      `${key} has CRC-32 ${object.crc32 ?? 'unknown'} in storage, ${crc32 ?? 'another'} was sent.`,
    );
  }
  return { size: object.size, crc32, versionId: object.versionId, storedAt: object.storedAt.toISOString() };
}

export const handler = toHandler(completeTransfer, runtime);

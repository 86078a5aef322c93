import { ChecksumMismatch, IncompleteTransfer, RecordConflict } from '../lib/base/errors.ts';
import type { Stored } from '../lib/base/schemas.ts';
import type { Transfer } from '../lib/export/contract.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { StoredObject } from '../lib/storage/archive-bucket.ts';
import { keysOf } from '../lib/storage/layout.ts';
import type { StoredPart } from '../lib/storage/multipart.ts';
import { partRange } from '../lib/transfer/part-plan.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { crc32Combine, crc32FromBase64, crc32ToBase64 } from '../lib/zip/crc32.ts';

/**
 * Joins the parts into the archive, if they are exactly those of the plan, and compares what storage then holds. Repeated
 * after a lost response it finds its own archive and is done.
 */
export const completeTransfer = defineStep(
  'CompleteTransfer',
  async ({ manager, snapshot, transfer, execution }, deps) => {
    const key = keysOf(manager, snapshot).archive;
    deps.buffers.release();
    const before = await deps.archive.head(key);
    if (before && isOurs(before, execution)) return toStored(before, before.crc32, transfer, key);
    const parts = await listed(deps.archive.multipart.listParts(key, transfer.uploadId), transfer, key);
    const crc32 = crcOfAll(parts);
    const how = await deps.archive.multipart.complete(key, transfer.uploadId, { parts, size: transfer.size, crc32 });
    const after = await deps.archive.head(key);
    if (!after) throw new IncompleteTransfer(`${key} is not in storage after its upload was completed (${how}).`);
    if (!isOurs(after, execution)) {
      throw new RecordConflict(
        `${key} exists already and is not of this run. Nothing was overwritten; find out who wrote it.`,
      );
    }
    return toStored(after, crc32, transfer, key);
  },
);

function isOurs(object: StoredObject, execution: string): boolean {
  return object.metadata['offsite-execution'] === execution;
}

/** Throws `IncompleteTransfer` unless the parts are 1…n, each of its planned size and with a checksum. */
async function listed(parts: AsyncIterable<StoredPart>, transfer: Transfer, key: string): Promise<StoredPart[]> {
  const all: StoredPart[] = [];
  for await (const part of parts) {
    const number = all.length + 1;
    const { length } = partRange(transfer, number);
    if (!part.crc32) {
      throw new IncompleteTransfer(
        `${key}: storage lists part ${part.number} without its CRC-32, so the parts cannot be joined and checked. The store must keep the CRC-32 of every part: docs/local.md, "A real S3-compatible store".`,
      );
    }
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

function crcOfAll(parts: readonly StoredPart[]): string {
  const crc = parts.reduce((sum, part) => crc32Combine(sum, crc32FromBase64(part.crc32), part.size), 0);
  return crc32ToBase64(crc);
}

/** A store that keeps no checksum shows none; then ours stands, and VerifySpans reads every byte in any case. */
function toStored(object: StoredObject, crc32: string | undefined, transfer: Transfer, key: string): Stored {
  if (object.size !== transfer.size) {
    throw new ChecksumMismatch(`${key} has ${object.size} bytes in storage, ${transfer.size} were sent.`);
  }
  if (object.compositeCrc32 !== undefined) {
    throw new IncompleteTransfer(
      `${key}: storage answers with a checksum of its parts (${object.compositeCrc32}) where one of the whole archive was asked for. Nothing is damaged, but the store cannot vouch for the whole. It must support full-object checksums: docs/local.md, "A real S3-compatible store".`,
    );
  }
  if (crc32 === undefined || (object.crc32 !== undefined && object.crc32 !== crc32)) {
    throw new ChecksumMismatch(
      `${key} has CRC-32 ${object.crc32 ?? 'unknown'} in storage, ${crc32 ?? 'another'} was sent.`,
    );
  }
  return { size: object.size, crc32, versionId: object.versionId, storedAt: object.storedAt.toISOString() };
}

export const handler = toHandler(completeTransfer, runtime);

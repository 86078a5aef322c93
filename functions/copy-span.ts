import type { Deps } from '../lib/deps.ts';
import type { Transfer } from '../lib/export/contract.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { copyParts } from '../lib/transfer/copy-parts.ts';
import { consecutive, partRange, partsOf } from '../lib/transfer/part-plan.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { crc32Joined } from '../lib/zip/crc32.ts';

/**
 * Copies one span from the manager to storage: one GET for each run of parts that storage does not have yet, cut into
 * parts on the fly. Tried again after a failure it copies only what is missing. Gives the CRC-32 of its bytes: there are
 * stores that do not list it with the parts.
 */
export const copySpan = defineStep('CopySpan', async ({ manager, snapshot, transfer, span }, deps) => {
  const key = keysOf(manager, snapshot).archive;
  const numbers = partsOf(transfer, span);
  const sums = await storedSums(key, transfer, numbers, deps);
  const missing = numbers.filter((number) => !sums.has(number));
  const source = await deps.managers.archive(manager, transfer.node, snapshot);
  for (const run of transfer.ranges ? consecutive(missing) : wholeIfAny(missing, numbers)) {
    const parts = run.map((number) => ({ number, ...partRange(transfer, number) }));
    const start = parts[0]?.start ?? 0;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const put = async (part: { number: number; body: Buffer; crc32: string }) => {
      await deps.bandwidth.take(part.body.length, deps.signal);
      await deps.uploadLimiter.run(() => deps.archive.multipart.putPart(key, transfer.uploadId, part), deps.signal);
      sums.set(part.number, part.crc32);
      deps.progress.bytes('copied', part.body.length);
    };
    await copyParts((take) => source.pour(transfer, start, length, take), parts, put, {
      buffers: deps.buffers,
      partSize: Math.min(transfer.partSize, transfer.size),
    });
  }
  const parts = numbers.map((number) => ({
    crc32: sums.get(number) ?? '',
    size: partRange(transfer, number).length,
  }));
  return { bytes: parts.reduce((sum, { size: bytes }) => sum + bytes, 0), crc32: crc32Joined(parts) };
});

/**
 * The checksums of the parts that need not be copied, by storage's word and not ours: a part counts when its size is the
 * plan's and a checksum stands beside it.
 */
async function storedSums(
  key: string,
  transfer: Transfer,
  numbers: number[],
  deps: Deps,
): Promise<Map<number, string>> {
  const sums = new Map<number, string>();
  const [first = 1] = numbers;
  const last = numbers.at(-1) ?? 0;
  for await (const { number, size, crc32 } of deps.archive.multipart.listParts(key, transfer.uploadId, first)) {
    if (number > last) break;
    if (number >= first && crc32 && size === partRange(transfer, number).length) sums.set(number, crc32);
  }
  return sums;
}

/** Without ranges the body can only be read from its first byte, so all parts are sent again. */
function wholeIfAny(missing: number[], all: number[]): number[][] {
  return missing.length > 0 ? [all] : [];
}

export const handler = toHandler(copySpan, runtime);

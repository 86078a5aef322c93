import type { Deps } from '../lib/deps.ts';
import type { Transfer } from '../lib/export/contract.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { copyParts } from '../lib/transfer/copy-parts.ts';
import { consecutive, partRange, partsOf } from '../lib/transfer/part-plan.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Copies one span from the manager to storage: one GET for each run of parts that storage does not have yet, cut into
 * parts on the fly. Tried again after a failure it copies only what is missing.
 */
export const copySpan = defineStep('CopySpan', async ({ manager, snapshot, transfer, span }, deps) => {
  const key = keysOf(manager, snapshot).archive;
  const numbers = partsOf(transfer, span);
  const missing = await missingParts(key, transfer, numbers, deps);
  const source = await deps.managers.archive(manager, transfer.node, snapshot);
  for (const run of transfer.ranges ? consecutive(missing) : wholeIfAny(missing, numbers)) {
    const parts = run.map((number) => ({ number, ...partRange(transfer, number) }));
    const start = parts[0]?.start ?? 0;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const put = async (part: { number: number; body: Buffer; crc32: string }) => {
      await deps.uploadLimiter.run(() => deps.archive.multipart.putPart(key, transfer.uploadId, part), deps.signal);
      deps.progress.bytes('copied', part.body.length);
    };
    await copyParts((take) => source.pour(transfer, start, length, take), parts, put, {
      buffers: deps.buffers,
      partSize: Math.min(transfer.partSize, transfer.size),
    });
  }
  return { bytes: numbers.reduce((sum, number) => sum + partRange(transfer, number).length, 0) };
});

/** Storage's word, not ours: a part counts when its size is the plan's and a checksum stands beside it. */
async function missingParts(key: string, transfer: Transfer, numbers: number[], deps: Deps): Promise<number[]> {
  const missing = new Set(numbers);
  const last = numbers.at(-1) ?? 0;
  for await (const part of deps.archive.multipart.listParts(key, transfer.uploadId, numbers[0])) {
    if (part.number > last) break;
    if (part.crc32 && part.size === partRange(transfer, part.number).length) missing.delete(part.number);
  }
  return numbers.filter((number) => missing.has(number));
}

/** Without ranges the body can only be read from its first byte, so all parts are sent again. */
function wholeIfAny(missing: number[], all: number[]): number[][] {
  return missing.length > 0 ? [all] : [];
}

export const handler = toHandler(copySpan, runtime);

import { VerificationIncomplete } from '../lib/base/errors.ts';
import { InspectionRecord } from '../lib/catalogue/records.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { verifySpan as verifyMembers } from '../lib/zip/verify-span.ts';

/**
 * Re-reads one span of the stored archive, inflates every member and compares its size and CRC-32 with the directory that
 * the manager wrote: an end-to-end check that no transport in between can fool.
 */
export const verifySpan = defineStep('VerifySpan', async ({ manager, snapshot, stored, span }, deps) => {
  const keys = keysOf(manager, snapshot);
  const inspection = (await deps.archive.records.read(keys.inspection, InspectionRecord))?.value;
  const cut = inspection?.versionId === stored.versionId ? inspection.spans[span - 1] : undefined;
  if (!cut)
    throw new VerificationIncomplete(`${keys.archive} has no inspection with a span ${span}. Run the export again.`);
  const source = deps.archive.source(keys.archive, stored.versionId, stored.size);
  let seen = 0;
  const onProgress = (bytes: number) => {
    deps.progress.bytes('verified', bytes - seen);
    seen = bytes;
  };
  return await verifyMembers(source, keys.archive, cut, { signal: deps.signal, onProgress });
});

export const handler = toHandler(verifySpan, runtime);

import { VerificationIncomplete } from '../lib/base/errors.ts';
import { recordedRanges, requireDigest } from '../lib/catalogue/range-digests.ts';
import { InspectionRecord } from '../lib/catalogue/records.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { verifySpan as verifyMembers } from '../lib/zip/verify-span.ts';

/**
 * Re-reads one span of the stored archive, inflates every member and compares its size and CRC-32 with the directory that
 * the manager wrote: an end-to-end check that no transport in between can fool. Somebody who replaces bytes can: where no
 * version pins them, their SHA-256 is compared with that of the manifest, or given for it.
 */
export const verifySpan = defineStep('VerifySpan', async ({ manager, snapshot, stored, span }, deps) => {
  const { archive } = deps;
  const keys = keysOf(manager, snapshot);
  const inspection = (await archive.records.read(keys.inspection, InspectionRecord))?.value;
  const cut = inspection?.versionId === stored.versionId ? inspection.spans[span - 1] : undefined;
  if (!inspection || !cut)
    throw new VerificationIncomplete(`${keys.archive} has no inspection with a span ${span}. Run the export again.`);
  const source = archive.source(keys.archive, stored.versionId, stored.size);
  let seen = 0;
  const onProgress = (bytes: number) => {
    deps.progress.bytes('verified', bytes - seen);
    seen = bytes;
  };
  const options = { signal: deps.signal, onProgress };
  if (archive.pins(stored.versionId)) return await verifyMembers(source, keys.archive, cut, options);
  const ranges = await recordedRanges({ manager, snapshot }, stored, archive.records);
  const isLast = span === inspection.spans.length;
  const digested = { start: inspection.spans[span - 2]?.end ?? 0, end: isLast ? stored.size : cut.end };
  const verified = await verifyMembers(source, keys.archive, cut, { ...options, digested });
  requireDigest(keys.archive, ranges?.[span - 1], verified.sha256 ?? '');
  return verified;
});

export const handler = toHandler(verifySpan, runtime);

import { VerificationIncomplete } from '../lib/base/errors.ts';
import { recordedRanges, requireDigest } from '../lib/catalogue/range-digests.ts';
import { InspectionRecord } from '../lib/catalogue/records.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { crc32Share, crc32ToBase64 } from '../lib/zip/crc32.ts';
import { verifySpan as verifyMembers } from '../lib/zip/verify-span.ts';
import { requireWhole } from '../lib/zip/whole-archive.ts';

/**
 * Re-reads one span of the stored archive, inflates every member and compares its size and CRC-32 with the directory that
 * the manager wrote: an end-to-end check that no transport in between can fool. What no member covers (headers, the
 * directory) is in the CRC-32 of the whole: to that each span gives its share. Somebody who replaces bytes can fool both:
 * where no version pins them, their SHA-256 is compared with that of the manifest, or given for it.
 */
export const verifySpan = defineStep('VerifySpan', async ({ manager, snapshot, stored, span }, deps) => {
  const { archive } = deps;
  const keys = keysOf(manager, snapshot);
  const inspection = (await archive.records.read(keys.inspection, InspectionRecord))?.value;
  const cut = inspection?.versionId === stored.versionId ? inspection.spans[span - 1] : undefined;
  if (!inspection || !cut)
    throw new VerificationIncomplete(`${keys.archive} has no inspection with a range ${span}. Run the export again.`);
  let seen = 0;
  const onProgress = (bytes: number) => {
    deps.progress.bytes('verified', bytes - seen);
    seen = bytes;
  };
  const { spans } = inspection;
  const range = { start: spans[span - 2]?.end ?? 0, end: span === spans.length ? stored.size : cut.end };
  const withDigest = !archive.pins(stored.versionId);
  const watched = { signal: deps.signal, onProgress };
  const here = async () => {
    const source = archive.source(keys.archive, stored.versionId, stored.size);
    return await verifyMembers(source, keys.archive, cut, { ...watched, range, withDigest });
  };
  const { versionId, size } = stored;
  const told = { key: keys.archive, versionId, size, span: cut, range, withDigest };
  const { crc32, ...verified } = await (deps.threads?.verify(told, watched, here) ?? here());
  const share = crc32ToBase64(crc32Share(crc32, stored.size - range.end));
  // Of one span it is that of the whole, and now it can still be read again.
  if (spans.length === 1) requireWhole(keys.archive, stored, [share]);
  if (withDigest) {
    const ranges = await recordedRanges({ manager, snapshot }, stored, archive.records);
    requireDigest(keys.archive, ranges?.[span - 1], verified.sha256 ?? '');
  }
  return { ...verified, share };
});

export const handler = toHandler(verifySpan, runtime);

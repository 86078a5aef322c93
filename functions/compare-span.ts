import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ContractViolation, OffsiteError } from '../lib/base/errors.ts';
import { isDamage } from '../lib/catalogue/damage.ts';
import { type DigestedRange, requireDigest } from '../lib/catalogue/range-digests.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { storedOf } from '../lib/restore/choose/archive-source.ts';
import { selectedRanges } from '../lib/restore/choose/selected-ranges.ts';
import { rangeOf } from '../lib/restore/choose/stored-spans.ts';
import type { Selection } from '../lib/restore/state.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { ByteCursor } from '../lib/zip/byte-cursor.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';

/**
 * Reads one span of the stored archive and gives its CRC-32, or why it cannot be read if that is about the archive; where
 * no version pins the bytes it must have the SHA-256 of the manifest as well. CheckStored decides what follows from it.
 */
export const compareSpan = defineStep('CompareSpan', async ({ selection, span }, deps) => {
  const range = (await selectedRanges(selection, deps))?.[span - 1];
  const bytes = range && { bytes: range.end - range.start };
  try {
    return { span, crc32: await checksumOf(selection, span, range, deps), ...bytes };
  } catch (error) {
    if (!(error instanceof OffsiteError) || !isDamage(error.name)) throw error;
    return { span, crc32: null, fault: error.name, ...bytes };
  }
});

async function checksumOf(
  selection: Selection,
  span: number,
  range: DigestedRange | undefined,
  deps: Deps,
): Promise<string> {
  const at = storedOf(selection);
  if (!at) throw new ContractViolation('An archive from a URL has no manifest to be compared with.');
  const { start, length } = range ? { ...range, length: range.end - range.start } : rangeOf(selection.size, span);
  const source = deps.archive.source(at.key, at.versionId, selection.size);
  const cursor = await ByteCursor.open(source, start, length, { signal: deps.signal });
  const hash = range && createHash('sha256');
  try {
    let crc = 0;
    for await (const piece of cursor.stream(length)) {
      crc = crc32(piece, crc);
      hash?.update(piece);
      deps.progress.bytes('compared', piece.length);
    }
    await cursor.finish();
    if (hash) requireDigest(at.key, range, hash.digest('base64'));
    return crc32ToBase64(crc);
  } finally {
    cursor.close();
  }
}

export const handler = toHandler(compareSpan, runtime);

import { crc32 } from 'node:zlib';
import { ContractViolation, OffsiteError } from '../lib/base/errors.ts';
import { isDamage } from '../lib/catalogue/damage.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { storedOf } from '../lib/restore/choose/archive-source.ts';
import { rangeOf } from '../lib/restore/choose/stored-spans.ts';
import type { Selection } from '../lib/restore/state.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { ByteCursor } from '../lib/zip/byte-cursor.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';

/**
 * Reads one span of the stored archive and gives its CRC-32, or why it cannot be read if that is about the archive.
 * CheckStored decides what follows from it.
 */
export const compareSpan = defineStep('CompareSpan', async ({ selection, span }, deps) => {
  try {
    return { span, crc32: await checksumOf(selection, span, deps) };
  } catch (error) {
    if (!(error instanceof OffsiteError) || !isDamage(error.name)) throw error;
    return { span, crc32: null, fault: error.name };
  }
});

async function checksumOf(selection: Selection, span: number, deps: Deps): Promise<string> {
  const at = storedOf(selection);
  if (!at) throw new ContractViolation('An archive from a URL has no manifest to be compared with.');
  const { start, length } = rangeOf(selection.size, span);
  const source = deps.archive.source(at.key, at.versionId, selection.size);
  const cursor = await ByteCursor.open(source, start, length, { signal: deps.signal });
  try {
    let crc = 0;
    for await (const piece of cursor.stream(length)) {
      crc = crc32(piece, crc);
      deps.progress.bytes('compared', piece.length);
    }
    await cursor.finish();
    return crc32ToBase64(crc);
  } finally {
    cursor.close();
  }
}

export const handler = toHandler(compareSpan, runtime);

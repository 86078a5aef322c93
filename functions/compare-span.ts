import { crc32 } from 'node:zlib';
import { ContractViolation } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { storedOf } from '../lib/restore/choose/archive-source.ts';
import { rangeOf } from '../lib/restore/choose/stored-spans.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { ByteCursor } from '../lib/zip/byte-cursor.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';

/**
 * Reads one span of the stored archive and gives its CRC-32. UploadArchive joins those of all spans and compares them with
 * the manifest, before it asks the manager to fetch anything: a manager restores whatever bytes it is given.
 */
export const compareSpan = defineStep('CompareSpan', async ({ selection, span }, deps) => {
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
    return { span, crc32: crc32ToBase64(crc) };
  } finally {
    cursor.close();
  }
});

export const handler = toHandler(compareSpan, runtime);

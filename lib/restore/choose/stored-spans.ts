import { ArchiveDamaged, ArchiveGone, ContractViolation } from '../../base/errors.ts';
import type { DigestedRange } from '../../catalogue/range-digests.ts';
import { crc32Joined } from '../../zip/crc32.ts';
import type { ComparedSpan, Selection } from '../state.ts';
import { adviceFor } from './next-good.ts';

/** One function reads a span in 103 s at 20 MB/s, the slowest that is planned for. */
const SPAN_BYTES = 2 * 1024 ** 3;

/** Their checksums are carried in the state: 40 bytes each. */
export const MAX_COMPARED_SPANS = 500;

/** Numbers of the spans, from 1, in which an archive is read before a manager may fetch it: the manifest's own, if it has any. */
export function spansOf({ size, ranges }: Pick<Selection, 'size' | 'ranges'>): number[] {
  return Array.from({ length: ranges ?? Math.ceil(size / spanBytes(size)) }, (_, index) => index + 1);
}

/** The bytes of one span. */
export function rangeOf(size: number, span: number): { readonly start: number; readonly length: number } {
  const start = (span - 1) * spanBytes(size);
  const length = Math.min(spanBytes(size), size - start);
  if (length < 1) throw new ContractViolation(`An archive of ${size} bytes has no range ${span}.`);
  return { start, length };
}

/** Throws `ArchiveGone` or `ArchiveDamaged` unless the spans, which must be all of them, have the CRC-32 of the manifest together. */
export function requireManifestsBytes(selection: Selection, compared: readonly ComparedSpan[], now: Date): void {
  const { key, versionId, size, crc32 } = selection;
  const found = [...compared].sort((a, b) => a.span - b.span);
  const expected = spansOf(selection);
  if (found.length !== expected.length || found.some(({ span }, index) => span !== expected[index])) {
    throw new ContractViolation(`Of the ${expected.length} ranges of ${key} ${found.length} were compared.`);
  }
  const fault = found.find((one) => one.fault !== undefined)?.fault;
  if (fault === 'ArchiveGone') {
    throw new ArchiveGone(`Storage has no version ${versionId} of ${key} any more. ${adviceFor(selection, now)}`);
  }
  if (fault !== undefined) {
    throw new ArchiveDamaged(
      `${key} (version ${versionId}) is not as it was stored (${fault}). ${adviceFor(selection, now)}`,
    );
  }
  const pieces = found.map((one) => ({ crc32: one.crc32 ?? '', size: one.bytes ?? rangeOf(size, one.span).length }));
  const whole = crc32Joined(pieces);
  if (whole !== crc32) throw damaged(selection, whole, now);
}

/** The words for an archive whose bytes are not the manifest's. */
export function damaged(selection: Selection, found: string, now: Date): ArchiveDamaged {
  const { key, versionId, crc32 } = selection;
  return new ArchiveDamaged(
    `Storage gave other bytes than the verified archive's: ${key} (version ${versionId}) has the CRC-32 ${found}, and its manifest says ${crc32}. ${adviceFor(selection, now)}`,
  );
}

/** The same where the CRC-32 may be the manifest's, and the SHA-256 of a range is not. */
export function damagedRange(
  selection: Selection,
  { start, end, sha256 }: DigestedRange,
  found: string,
  now: Date,
): ArchiveDamaged {
  const { key, versionId } = selection;
  return new ArchiveDamaged(
    `Storage gave other bytes than the verified archive's: bytes ${start} to ${end - 1} of ${key} (version ${versionId}) have the SHA-256 ${found}, and its manifest says ${sha256}. ${adviceFor(selection, now)}`,
  );
}

function spanBytes(size: number): number {
  return Math.max(SPAN_BYTES, Math.ceil(size / MAX_COMPARED_SPANS));
}

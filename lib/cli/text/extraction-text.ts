import { printable } from '../../base/printable.ts';
import type { Extractions, SeenExtraction } from '../../catalogue/extractions.ts';
import { formatBytes, type Terminal } from '../usage.ts';
import { localTime } from './local-time.ts';
import type { TextRow } from './rows.ts';

/** `Copied to root@backup1, 2026-11-30 10:00 UTC: 3 files of it, 12.0 KiB`, one row for each record. */
export function extractionRows({ seen, unreadable }: Extractions, clocks: Pick<Terminal, 'timeZone'>): TextRow[] {
  return [
    ...seen.map((one): TextRow => ['Copied to', extractionText(one, clocks)]),
    ...unreadable.map((key): TextRow => ['Copied to', `${key} cannot be read`]),
  ];
}

function extractionText(
  { what, files = 0, size, by, at, standing }: SeenExtraction,
  clocks: Pick<Terminal, 'timeZone'>,
) {
  const things = what === 'download' ? 'the whole archive' : `${files} ${files === 1 ? 'file' : 'files'} of it`;
  const doubt =
    standing === undefined || standing.state === 'signed'
      ? ''
      : `; the record is ${standing.state === 'unsigned' ? 'not signed' : 'FORGED, or of a key that is not trusted here'}`;
  return `${printable(by)}, ${localTime(at, clocks)}: ${things}, ${formatBytes(size)}${doubt}`;
}

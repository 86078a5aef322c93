import { type ExportDocument, isDuplicate } from '../../text/report-text.ts';
import { tableText } from '../../text/table.ts';
import { formatBytes, formatSeconds } from '../../usage.ts';

/** How the export of one manager ended, of several. */
export interface OfMany {
  readonly manager: string;
  readonly report: ExportDocument;
  /** A verified archive is there, made now or before. */
  readonly verified: boolean;
  readonly seconds: number;
}

/** The one JSON document of `export --all --json`. */
export interface Summary {
  readonly outcome: 'succeeded' | 'failed';
  readonly error: string | null;
  readonly message: string;
  readonly managers: readonly ExportDocument[];
  readonly finishedAt: string;
}

export function summaryOf(ended: readonly OfMany[], now: Date): Summary {
  const bad = ended.filter(({ verified }) => !verified);
  const message = `${ended.length - bad.length} of ${ended.length} managers have a verified archive of this run.`;
  const isStopped = bad.some(({ report }) => report.error === 'Interrupted');
  return {
    outcome: bad.length === 0 ? 'succeeded' : 'failed',
    error: bad.length === 0 ? null : isStopped ? 'Interrupted' : 'ExportsFailed',
    message,
    managers: ended.map(({ report }) => report),
    finishedAt: now.toISOString(),
  };
}

const HEADS = ['MANAGER', 'RESULT', 'ARCHIVE', 'SIZE', 'TIME'];

export function summaryText(ended: readonly OfMany[], { message }: Summary): string {
  const rows = ended.map(({ manager, report, verified, seconds }) => {
    const size = !isDuplicate(report) && report.archive ? formatBytes(report.archive.size) : '-';
    const result = verified ? 'verified' : (report.error ?? 'not verified');
    return [manager, result, report.snapshot ?? '-', size, formatSeconds(seconds)];
  });
  return `${tableText(HEADS, rows)}${message}\n`;
}

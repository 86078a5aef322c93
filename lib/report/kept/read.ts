import { createHash } from 'node:crypto';
import { capitalized } from '../../base/capitalized.ts';
import { ArchiveGone, RecordForged } from '../../base/errors.ts';
import { ReportId } from '../../base/ids.ts';
import { runbookPage } from '../../base/runbook.ts';
import type { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { Entry } from '../../storage/json-records.ts';
import { prefixOf, reportKeysOf, reportsIn } from '../../storage/layout.ts';
import { type ReportFile, ReportRecord } from './record.ts';

/**
 * The newest report that is kept, or the newest of a month; undefined: there is none. One whose record is missing was never
 * finished. Throws `RecordForged`, `UnreadableRecord`: an older one would be taken for the newest.
 */
export async function newestReport(
  { records }: Pick<ArchiveBucket, 'records'>,
  month?: string,
): Promise<Entry<ReportRecord> | undefined> {
  const months = (await records.folders(prefixOf('reports'))).filter((one) => month === undefined || one === month);
  for (const one of months.sort().reverse()) {
    const reports = (await records.folders(reportsIn(one))).filter((name) => ReportId.safeParse(name).success);
    for (const report of reports.sort().reverse()) {
      const found = await records.read(reportKeysOf(report).record, ReportRecord);
      if (found) return found;
    }
  }
  return undefined;
}

/** One file of it, as it was signed. Throws `RecordForged` when it is another, `ArchiveGone` when it is gone. */
export async function fileOf(
  { report }: ReportRecord,
  { name, sha256, versionId }: ReportFile,
  { files, place }: ArchiveBucket,
): Promise<Buffer> {
  const key = reportKeysOf(report).fileOf(name);
  const body = await files.get(key, versionId);
  if (!body) throw new ArchiveGone(`${capitalized(place)} has no ${key} any more, of the version that was signed.`);
  if (createHash('sha256').update(body).digest('hex') === sha256) return body;
  throw new RecordForged(
    `${key} in ${place} is not what was signed: its SHA-256 is another. Find out who wrote it: ${runbookPage('a-record-is-forged')}.`,
  );
}

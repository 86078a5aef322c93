import { join, resolve } from 'node:path';
import { mapAtMost, REQUESTS_AT_ONCE } from '../../../base/concurrency.ts';
import { ArchiveNotFound } from '../../../base/errors.ts';
import { fileOf, newestReport } from '../../../report/kept/read.ts';
import { FIRST_PAGE, type ReportRecord } from '../../../report/kept/record.ts';
import type { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import type { Entry } from '../../../storage/json-records.ts';
import { showInBrowser } from '../../browser.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { writePage } from '../../page-files.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { reportLiteral } from './command.ts';
import { FOLDER } from './folder.ts';

type ReportGiven = Given<typeof reportLiteral>;

/** `offsite report --open`: the pages of a report that was kept, each as it was signed, and the first one on the screen. */
export async function openKept(given: ReportGiven, terminal: Terminal): Promise<number> {
  const manager = managerName(given.manager);
  if (given.html !== undefined && /\.html?$/i.test(given.html))
    throw new UsageError(`--html ${given.html}: name a folder; a report that was kept has a page for each manager.`);
  return await withArchives(given, terminal, 'read', async ({ archive, place }) => {
    const found = await newestReport(archive, given.month);
    if (!found) throw noReport(place, given);
    const record = found.value;
    const folder = given.html ?? join(FOLDER, record.report);
    const first = manager === undefined ? FIRST_PAGE : `manager-${manager}.html`;
    if (!record.files.some(({ name }) => name === first))
      throw new ArchiveNotFound(`The report ${record.report} has no page ${first}: no manager of this name was in it.`);
    await fetchPages(record, folder, archive);
    const file = resolve(folder, first);
    terminal.out.write(textOf(found, file));
    if (!(await showInBrowser(file, terminal)))
      terminal.out.write('There is no desktop here to show it on: open that file in a browser.\n');
    return EXIT.ok;
  });
}

function noReport(place: string, { month, local }: ReportGiven): ArchiveNotFound {
  const when = month === undefined ? '' : ` of ${month}`;
  const how = local ? 'offsite report --local --keep' : 'offsite report --keep';
  return new ArchiveNotFound(`No report${when} was kept in ${place}. To make one now: ${how}`);
}

/** Pages alone: JSON and CSV are for programs, which read them from the bucket. */
async function fetchPages(record: ReportRecord, folder: string, archive: ArchiveBucket): Promise<void> {
  const pages = record.files.filter(({ name }) => name.endsWith('.html'));
  await mapAtMost(REQUESTS_AT_ONCE, pages, async (page) => {
    await writePage(resolve(folder, page.name), await fileOf(record, page, archive));
  });
}

function textOf({ value, standing }: Entry<ReportRecord>, file: string): string {
  const { verdicts, openFindings, why, madeAt, files } = value;
  const counts = `${verdicts.protected} protected, ${verdicts['at-risk']} at risk, ${verdicts.unknown} unknown`;
  const key = standing?.state === 'signed' ? `Signed with the key ${standing.key}.\n` : '';
  return [
    `Made on ${madeAt.slice(0, 16).replace('T', ' ')} UTC, of ${files.length} files.\n`,
    `Managers: ${counts}; ${openFindings} open findings.\n`,
    ...(why === '' ? [] : [`${why}\n`]),
    key,
    `Report: ${file}\n`,
  ].join('');
}

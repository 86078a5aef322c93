import { resolve } from 'node:path';
import { days } from '../../../base/durations.ts';
import { SOFTWARE } from '../../../base/software.ts';
import { configDigest } from '../../../config/config-digest.ts';
import { RUNS_HEAD, runsCsv } from '../../../report/csv.ts';
import { fleetDocument, managerDocument } from '../../../report/document.ts';
import { type MadeManager, makeReport } from '../../../report/make-report.ts';
import type { FleetReport } from '../../../report/model/fleet-report.ts';
import { periodOf } from '../../../report/model/period.ts';
import { pageAssets } from '../../../report/page/assets.ts';
import { allManagers } from '../../../status/managers.ts';
import type { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import { prefixOf } from '../../../storage/layout.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { expectedBy } from '../../inputs/expected-runs.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { PageFiles } from '../../page-files.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { reportLiteral } from './command.ts';
import { FOLDER } from './folder.ts';

type ReportGiven = Given<typeof reportLiteral>;

/** `offsite report`: pages, one JSON document, or lines of CSV. Exit code 1 when a manager is at risk. */
export async function reportCommand(given: ReportGiven, terminal: Terminal): Promise<number> {
  if (given.keep) return await (await import('./keep.ts')).keepNow(given, terminal);
  if (given.open) return await (await import('./open.ts')).openKept(given, terminal);
  const manager = managerName(given.manager);
  const period = periodOf(terminal.clock.now(), given.since, given.until);
  requirePeriod(period, given);
  const isPrinted = given.json === true || given.csv === true;
  const html = given.html ?? (isPrinted ? undefined : FOLDER);
  const files = html === undefined ? undefined : new PageFiles(html, manager);
  await files?.prepare();
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  return await withArchives(
    given,
    terminal,
    'read',
    async ({ archive, place, installation, configuration, schedules }) => {
      const config = named ?? (await readConfig(undefined, installation));
      const isFolder = installation === undefined && !place.startsWith('s3://');
      const origin = {
        place: isFolder ? resolve(place) : place,
        installation: installation ?? null,
        configured: config !== undefined,
        software: SOFTWARE,
        period,
      };
      const all = await allManagers(config, archive.records);
      if (manager !== undefined && !all.includes(manager)) await requireRestored(manager, all, archive);
      const managers = manager === undefined ? all : [manager];
      const expected = expectedBy(config, await schedules(managers), period.now);
      const isDeployed = config && configuration ? configDigest(config) === configuration : null;
      const request = { archive, isFolder, config, origin, managers, expected, isDeployed };
      if (given.csv) terminal.out.write(RUNS_HEAD);
      const { report, page } = await makeReport(request, async (made) => {
        await files?.writeManager(made, pageAssets());
        printManager(made, given, origin, terminal);
      });
      if (manager === undefined) {
        if (files) await files.writeFleet(await page(pageAssets(), files.hrefOf));
        if (given.json) terminal.out.write(`${JSON.stringify(fleetDocument(report), null, 2)}\n`);
      }
      if (files && !isPrinted) terminal.out.write(summaryOf(report, files.first));
      return report.verdicts['at-risk'] > 0 ? EXIT.failed : EXIT.ok;
    },
  );
}

/** A table of every day of it must fit a page; kept reports go after ten years as well. */
const MOST_YEARS = 10;

function requirePeriod({ since, until, now }: FleetReport['origin']['period'], given: ReportGiven): void {
  const begins = `--since ${(given.since ?? since).toISOString()}`;
  const end = until < now ? `the end of the period, --until ${until.toISOString()}` : `now, ${now.toISOString()}`;
  if (since >= until)
    throw new UsageError(`${begins}: must be before ${end}. Give an earlier --since; a date begins at 00:00 UTC.`);
  if (until.getTime() - since.getTime() > days(MOST_YEARS * 366))
    throw new UsageError(`${begins}: a report is of ${MOST_YEARS} years at most. Give a later --since.`);
}

/** One that is only restored to has a report as well. Of a mistyped name a page would say that it is at risk. */
async function requireRestored(manager: string, all: readonly string[], archive: ArchiveBucket): Promise<void> {
  const restored = await archive.records.folders(prefixOf('restores'));
  if (restored.includes(manager)) return;
  const names = all.length === 0 ? 'none' : all.slice(0, MOST_NAMED).join(', ');
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : '';
  throw new UsageError(
    `--manager ${manager}: no configuration and no record has it. Managers that are known: ${names}${more}.`,
  );
}

const MOST_NAMED = 10;

function printManager(
  { report }: MadeManager,
  { manager, json, csv }: ReportGiven,
  origin: FleetReport['origin'],
  { out }: Terminal,
): void {
  if (csv) out.write(runsCsv(report.manager, report.runs));
  if (json && manager !== undefined) out.write(`${JSON.stringify(managerDocument(report, origin), null, 2)}\n`);
}

function summaryOf({ verdicts, rows, openFindings }: FleetReport, file: string): string {
  const worst = rows.find(({ verdict }) => verdict.state === 'at-risk');
  const counts = `${verdicts.protected} protected, ${verdicts['at-risk']} at risk, ${verdicts.unknown} unknown`;
  const why = worst ? `${worst.manager}: ${worst.verdict.why}\n` : '';
  return `Managers: ${counts}; ${openFindings} open findings.\n${why}Report: ${file}\n`;
}

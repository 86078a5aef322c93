import { SOFTWARE } from '../../../base/software.ts';
import { configDigest } from '../../../config/config-digest.ts';
import { RUNS_HEAD, runsCsv } from '../../../report/csv.ts';
import { fleetDocument, managerDocument } from '../../../report/document.ts';
import { type MadeManager, makeReport } from '../../../report/make-report.ts';
import type { FleetReport } from '../../../report/model/fleet-report.ts';
import { periodOf } from '../../../report/model/period.ts';
import { pageAssets } from '../../../report/page/assets.ts';
import { allManagers } from '../../../status/managers.ts';
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
  if (period.since >= period.until)
    throw new UsageError(
      `--since ${period.since.toISOString()}: must be before the end, ${period.until.toISOString()}.`,
    );
  const isPrinted = given.json === true || given.csv === true;
  const html = given.html ?? (isPrinted ? undefined : FOLDER);
  const files = html === undefined ? undefined : new PageFiles(html, manager);
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  return await withArchives(
    given,
    terminal,
    'read',
    async ({ archive, place, installation, configuration, schedules }) => {
      const config = named ?? (await readConfig(undefined, installation));
      const origin = {
        place,
        installation: installation ?? null,
        configured: config !== undefined,
        software: SOFTWARE,
        period,
      };
      const managers = manager === undefined ? await allManagers(config, archive.records) : [manager];
      const expected = expectedBy(config, await schedules(managers), period.now);
      const isDeployed = config && configuration ? configDigest(config) === configuration : null;
      const isFolder = installation === undefined && !place.startsWith('s3://');
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

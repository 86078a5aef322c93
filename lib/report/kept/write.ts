import { createHash } from 'node:crypto';
import { days } from '../../base/durations.ts';
import { SOFTWARE } from '../../base/software.ts';
import type { Deps, Installed } from '../../deps.ts';
import { expectedOf } from '../../status/expected.ts';
import { allManagers } from '../../status/managers.ts';
import type { ArchiveBucket } from '../../storage/archive-bucket.ts';
import { reportKeysOf } from '../../storage/layout.ts';
import { RUNS_HEAD, runsCsv } from '../csv.ts';
import { fleetDocument, managerDocument } from '../document.ts';
import { type MadeManager, makeReport } from '../make-report.ts';
import type { FleetReport } from '../model/fleet-report.ts';
import { periodOf } from '../model/period.ts';
import { pageAssets } from '../page/assets.ts';
import { FIRST_PAGE, type ReportFile, ReportRecord } from './record.ts';

/** Which report, and who makes it. */
export interface Wanted {
  readonly report: string;
  readonly execution: string;
  readonly reason?: string | undefined;
}

type WriteDeps = Pick<Deps, 'archive' | 'clock' | 'installation' | 'rulesOf'>;

/**
 * Pages, JSON and CSV, file by file, and at last the record that has their digests. Whoever finds the record finds the
 * report whole, and makes it no second time; whoever dies before it leaves files that nothing names, and writes them anew.
 */
export async function keepReport(wanted: Wanted, deps: WriteDeps): Promise<ReportRecord> {
  const { records } = deps.archive;
  const { record: key } = reportKeysOf(wanted.report);
  const known = await records.read(key, ReportRecord);
  if (known) return known.value;
  const installed = await deps.installation();
  const files = new KeptFiles(wanted.report, deps.archive, lockOf(deps));
  const report = await writeFiles(installed, files, deps);
  const record = recordOf(wanted, report, files.written());
  if (await records.write(key, record, 'absent')) {
    await files.lock(key);
    return record;
  }
  return (await records.read(key, ReportRecord))?.value ?? record;
}

async function writeFiles(
  { config, name, place, isFolder, isDeployed }: Installed,
  files: KeptFiles,
  { archive, clock }: WriteDeps,
): Promise<FleetReport> {
  const period = periodOf(clock.now());
  const origin = { place, installation: name, configured: config !== undefined, software: SOFTWARE, period };
  const managers = await allManagers(config, archive.records);
  const expected = (manager: string) => expectedOf(config, manager, period.now);
  const request = { archive, isFolder, config, origin, managers, expected, isDeployed };
  const { report, page } = await makeReport(request, async (made) => await files.putManager(made, origin));
  await files.put('report.json', JSON.stringify(fleetDocument(report)));
  await files.put(FIRST_PAGE, await page(pageAssets(), (manager) => `manager-${manager}.html`));
  return report;
}

interface Lock {
  readonly mode: 'governance' | 'compliance';
  readonly until: Date;
}

/** As archives and manifests are locked; undefined: there is no Object Lock. A report is of no one manager: no name is empty. */
function lockOf({ rulesOf, clock }: WriteDeps): Lock | undefined {
  const { lock } = rulesOf('');
  return lock && { mode: lock.mode, until: new Date(clock.now().getTime() + days(lock.days)) };
}

const TYPES = { html: 'text/html; charset=utf-8', json: 'application/json', csv: 'text/csv; charset=utf-8' } as const;

/** The files of one report as they are written. */
class KeptFiles {
  readonly #report: string;
  readonly #archive: ArchiveBucket;
  readonly #lock: Lock | undefined;
  readonly #written: ReportFile[] = [];

  constructor(report: string, archive: ArchiveBucket, lock: Lock | undefined) {
    this.#report = report;
    this.#archive = archive;
    this.#lock = lock;
  }

  async putManager({ report, page }: MadeManager, origin: FleetReport['origin']): Promise<void> {
    const name = `manager-${report.manager}`;
    await Promise.all([
      this.put(`${name}.json`, JSON.stringify(managerDocument(report, origin))),
      this.put(`${name}.csv`, `${RUNS_HEAD}${runsCsv(report.manager, report.runs)}`),
      page(pageAssets(), FIRST_PAGE).then(async (text) => await this.put(`${name}.html`, text)),
    ]);
  }

  async put(name: string, text: string): Promise<void> {
    const key = reportKeysOf(this.#report).fileOf(name);
    const body = Buffer.from(text);
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1) as keyof typeof TYPES];
    const versionId = await this.#archive.files.put(key, body, type);
    await this.lock(key, versionId);
    const sha256 = createHash('sha256').update(body).digest('hex');
    this.#written.push({ name, bytes: body.length, sha256, versionId });
  }

  async lock(key: string, versionId: string | null = null): Promise<void> {
    if (!this.#lock) return;
    await this.#archive.protection.lock({ key, versionId }, this.#lock.mode, this.#lock.until);
  }

  written(): ReportFile[] {
    return [...this.#written].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** An error of a manager may be long. */
const MOST_WHY = 300;

function recordOf({ report, execution, reason }: Wanted, made: FleetReport, files: ReportFile[]): ReportRecord {
  const { now, since, until } = made.origin.period;
  const worst = made.rows.find(({ verdict }) => verdict.state !== 'protected');
  return {
    schema: 'cloudify-offsite/report-record/1',
    ...{ report, execution, ...(reason === undefined ? {} : { reason }) },
    madeAt: now.toISOString(),
    since: since.toISOString(),
    until: until.toISOString(),
    software: made.origin.software,
    outcome: made.state,
    why: worst ? `${worst.manager}: ${worst.verdict.why.slice(0, MOST_WHY)}` : '',
    ...{ verdicts: made.verdicts, openFindings: made.openFindings, files },
  };
}

import { readAhead } from '../base/concurrency.ts';
import type { Article } from '../base/runbook.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import type { Expected } from '../status/expected.ts';
import { indexedIn } from '../status/managers.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { spanOf } from './charts/draw.ts';
import { inventoryChart } from './charts/inventory-chart.ts';
import { ladderChart } from './charts/ladder-chart.ts';
import { nightsChart } from './charts/nights-chart.ts';
import { restoresChart } from './charts/restores-chart.ts';
import { durationChart, sizeChart } from './charts/runs-chart.ts';
import { readManager } from './facts/manager-facts.ts';
import { type Deployed, readDeployed } from './facts/protection-facts.ts';
import { type RestoreFacts, readRestores } from './facts/restore-facts.ts';
import { fleetBody } from './html/fleet-page.ts';
import type { HrefOf } from './html/fleet-table.ts';
import { managerBody } from './html/manager-page.ts';
import { pageOf } from './html/shell.ts';
import { controlsOf } from './model/controls.ts';
import { type FleetReport, fleetReport, type Origin } from './model/fleet-report.ts';
import { type FleetRow, rowOf } from './model/fleet-row.ts';
import { type ManagerReport, managerReport } from './model/manager-report.ts';
import { daysIn } from './model/period.ts';
import { policyOf } from './model/policy.ts';
import type { PageAssets } from './page/build-page.ts';

export interface ReportRequest {
  readonly archive: ArchiveBucket;
  readonly isFolder: boolean;
  readonly config: OffsiteConfig | undefined;
  readonly origin: Origin;
  readonly managers: readonly string[];
  readonly expected: (manager: string) => Expected;
  /** Whether the configuration is the one that is deployed; null: nobody can tell. */
  readonly isDeployed: boolean | null;
}

/** One manager of the report, as it is made. What is kept of it for the page of all managers is small. */
export interface MadeManager {
  readonly report: ManagerReport;
  /** Its page; `home`: where that of all managers lies, if there is one. */
  page(assets: PageAssets, home: string | null): Promise<string>;
}

export interface MadeFleet {
  readonly report: FleetReport;
  page(assets: PageAssets, hrefOf: HrefOf): Promise<string>;
}

/** What is the same for all managers. */
interface Around {
  readonly request: ReportRequest;
  readonly deployed: Deployed;
  readonly evidence: RestoreFacts;
}

/** In a bucket most of the time is waiting, and lists come before records; in a folder nothing waits. */
const AHEAD = 2;

/**
 * Reads and reckons manager by manager, and hands each over before the next: with hundreds of them no more than three are in
 * memory, beside the rows.
 */
export async function makeReport(
  request: ReportRequest,
  each: (made: MadeManager) => Promise<void>,
): Promise<MadeFleet> {
  const { archive, isFolder, config, origin } = request;
  const [evidence, deployed, indexed] = await Promise.all([
    readRestores(archive.records),
    readDeployed(archive, isFolder),
    indexedIn(archive.records),
  ]);
  const around = { request, deployed, evidence };
  const rows: FleetRow[] = [];
  const read = async (manager: string) => await readManager(manager, { archive, indexed }, origin.period);
  for await (const facts of readAhead(isFolder ? 0 : AHEAD, request.managers, read)) {
    const report = managerReport(facts, {
      config,
      evidence,
      period: origin.period,
      canLock: deployed.kind === 'bucket' ? deployed.settings.lock : deployed.kind === 'unseen',
      expected: request.expected,
    });
    const days = daysIn(origin.period, report.rules.timeZone);
    const row = rowOf(report, days);
    rows.push(row);
    await each({
      report,
      page: async (assets, home) => await managerPage({ report, row, days, assets, home }, around),
    });
  }
  const report = fleetReport(rows, { origin, config, deployed, evidence, isDeployed: request.isDeployed });
  return { report, page: async (assets, hrefOf) => await fleetPage(report, assets, hrefOf) };
}

interface OnPage {
  readonly report: ManagerReport;
  readonly row: FleetRow;
  readonly days: readonly string[];
  readonly assets: PageAssets;
  readonly home: string | null;
}

async function managerPage(
  { report, row, days, assets, home }: OnPage,
  { request, deployed }: Around,
): Promise<string> {
  const { config, origin } = request;
  const span = spanOf(days);
  const charts = {
    size: await sizeChart(report.runs, span),
    inventory: await inventoryChart(report.runs, span),
    duration: await durationChart(report.runs, span),
    restores: await restoresChart(report.restores),
    ladder: await ladderChart(report.archives, origin.period.now),
  };
  const policy = policyOf(config, deployed, { isDeployed: request.isDeployed, rows: [row], now: origin.period.now });
  const controls = controlsOf({ rows: [row], config, deployed, now: origin.period.now });
  const { isFolder } = request;
  const body = managerBody(report, { origin, isFolder, days, charts, policy, controls });
  const title = `${report.manager}: ${report.verdict.state} – backup report`;
  return pageOf(
    { title, origin, body, home, articles: articlesIn(report.findings), hasScript: charts.ladder !== undefined },
    assets,
  );
}

async function fleetPage(report: FleetReport, assets: PageAssets, hrefOf: HrefOf): Promise<string> {
  const body = fleetBody(report, hrefOf, await nightsChart(report.rows));
  const articles = articlesIn(report.rows.flatMap(({ findings }) => findings));
  return pageOf(
    { title: 'Backup report', origin: report.origin, body, home: null, articles, hasScript: false },
    assets,
  );
}

const articlesIn = (findings: readonly { readonly article: Article }[]): Article[] =>
  findings.map(({ article }) => article);

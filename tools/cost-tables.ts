import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCost, total, verifyCost } from './cost-model.ts';
import { HOURS, PRICES } from './cost-prices.ts';
import { retrievalCost, type Stored, storageCost, storedBy, VERIFIED_PER_MONTH } from './cost-storage.ts';

/** Writes the tables of docs/reference/cost.md as they are reckoned now: `node tools/cost-tables.ts`. */

/** The worked example: a manager of 5 GiB whose snapshot takes ten minutes, each night. */
const EXAMPLE = { sizeGiB: 5, snapshotMinutes: 10 };
const NIGHTS = 365 / 12;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const dollars = (value: number) => (value < 0.0095 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`);
const number = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** A month of one manager, in its three parts. */
function monthOf(stored: Stored, sizeGiB: number, snapshotMinutes: number) {
  const runs = total(runCost({ sizeGiB, snapshotMinutes, archives: Math.round(stored.archives) })) * NIGHTS;
  const read = stored.archives * sizeGiB * VERIFIED_PER_MONTH;
  const verifying = verifyCost(read) + retrievalCost(stored, sizeGiB);
  return { runs, verifying, storing: storageCost(stored, sizeGiB) };
}

/** A secret, an alarm, and the metrics of one run a night: each by manager and by installation. */
const PER_MANAGER = PRICES.secret + PRICES.alarm + (4 * NIGHTS * PRICES.customMetric) / HOURS;

function summaryTable(): string {
  const stored = storedBy({});
  const rows = [1, 5, 20, 100].map((sizeGiB) => {
    const { runs, verifying, storing } = monthOf(stored, sizeGiB, EXAMPLE.snapshotMinutes);
    const all = runs + verifying + storing + PER_MANAGER;
    return [`${sizeGiB} GiB`, ...[runs, storing, verifying, PER_MANAGER].map(dollars), `**${dollars(all)}**`];
  });
  return table(['Archive', 'Exports', 'Storage', 'Verifications', 'Secret, alarm, metrics', 'A month'], rows);
}

function runTable(): string {
  const lines = runCost({ ...EXAMPLE, archives: Math.round(storedBy({}).archives) });
  const rows = lines.map(({ what, amount, price }) => [what, amount, `$${price.toFixed(5)}`]);
  return table(['One export', 'How much', 'Price'], [...rows, ['**All**', '', `**$${total(lines).toFixed(4)}**`]]);
}

const POLICIES: Readonly<Record<string, object>> = {
  'the default: 35 days, 13 weeks, 13 months, 7 years': {},
  'the same, all in `STANDARD`': { storage: { monthly: 'STANDARD', yearly: 'STANDARD' } },
  'two weeks, and nothing older': { days: { daily: 14, weekly: 14, monthly: 14, yearly: 14 } },
  '35 days, 13 weeks, 13 months': { days: { yearly: 396 } },
  'every day for a year': { days: { daily: 366, weekly: 366, monthly: 396, yearly: 396 } },
};

function policyTable(): string {
  const rows = Object.entries(POLICIES).map(([name, policy]) => {
    const stored = storedBy(policy);
    const { storing, verifying } = monthOf(stored, EXAMPLE.sizeGiB, EXAMPLE.snapshotMinutes);
    const cold = stored.byClass.GLACIER_IR + stored.byClass.STANDARD_IA;
    const counts = [stored.archives, stored.noncurrent, cold].map(number);
    return [name, ...counts, ...[storing, verifying, storing + verifying].map(dollars)];
  });
  const head = ['`retention`', 'Archives', 'noncurrent', 'in `GLACIER_IR`', 'Storage', 'Verifications', 'Both'];
  return table(head, rows);
}

/** Of the alarms that are about no one manager. Those on failed executions look at three metrics each. */
export const ALARM_METRICS = 31;

const INSTALLATION: readonly (readonly [string, number])[] = [
  ['the key that encrypts', PRICES.kmsKey],
  ['the key that signs records, without its $0.15 for 10,000 signatures', PRICES.kmsKey],
  [`alarms, ${ALARM_METRICS} metrics`, ALARM_METRICS * PRICES.alarm],
  ['the dashboard, if the account has three others already', PRICES.dashboard],
];

function installationTable(): string {
  const rows = INSTALLATION.map(([what, price]) => [what, dollars(price)]);
  const all = INSTALLATION.reduce((sum, [, price]) => sum + price, 0);
  return table(['A stack', 'A month'], [...rows, ['**All**', `**${dollars(all)}**`]]);
}

function networkTable(): string {
  const GB = ((EXAMPLE.sizeGiB * 1024 ** 3) / 1e9) * NIGHTS;
  const endpoints = (services: number, zones: number) => services * zones * HOURS * PRICES.endpointHour;
  return table(
    ['In a VPC', 'A month'],
    [
      ['S3 by its gateway endpoint', '$0'],
      ['Secrets Manager by an interface endpoint, in one zone', dollars(endpoints(1, 1))],
      ['Secrets Manager, Step Functions and SNS, in one zone', dollars(endpoints(3, 1))],
      ['the three in two zones', dollars(endpoints(3, 2))],
      ['a NAT gateway in one zone, S3 by the gateway endpoint', dollars(HOURS * PRICES.natHour)],
      [
        'a NAT gateway in one zone, and the archives of the example through it',
        dollars(HOURS * PRICES.natHour + GB * PRICES.natGB),
      ],
    ],
  );
}

const TABLES: Readonly<Record<string, () => string>> = {
  summary: summaryTable,
  run: runTable,
  policies: policyTable,
  installation: installationTable,
  network: networkTable,
};

/** The text with what stands between `<!-- name -->` and `<!-- end -->` reckoned anew. */
export function withTables(text: string): string {
  const between = /(<!-- (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;
  return text.replaceAll(between, (whole: string, begin: string, name: string, end: string) => {
    const made = TABLES[name];
    return made ? `${begin}\n${made()}\n\n${end}` : whole;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = new URL('../docs/reference/cost.md', import.meta.url);
  await writeFile(page, withTables(await readFile(page, 'utf8')));
}

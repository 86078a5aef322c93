import type { PlannedArchive, PlannedChange, RetentionPlan } from '../../retention/plan.ts';
import { formatBytes, type Terminal } from '../usage.ts';
import { localDay, localTime, withLocalTimes, zoneText } from './local-time.ts';
import { rowsText, type TextRow } from './rows.ts';
import { tablePieces, tableText } from './table.ts';

export interface ShownPlan extends RetentionPlan {
  readonly place: string;
  readonly configured: boolean;
  /** Whether a month of storage there has a price of S3. */
  readonly isPriced: boolean;
  readonly changed: Changed | null;
}

interface Changed extends Pick<RetentionPlan, 'policy' | 'timeZone' | 'totals' | 'gone'> {
  readonly archives: readonly PlannedChange[];
}

type Clocks = Pick<Terminal, 'timeZone'>;

/** What a person reads of a plan, piece by piece. */
export function* planPieces(plan: ShownPlan, clocks: Clocks): Generator<string> {
  const { manager, place, at, nightly, archives, changed, isPriced } = plan;
  const shown = (cells: string[]) => (isPriced ? cells : cells.filter((_, at) => at !== PRICE));
  const rows: TextRow[] = [
    ['Plan', `of manager ${manager} in ${place}, for ${localTime(at, clocks)}; nothing is changed`],
    ['Assumes', nightly ? 'a valid archive of each scheduled time until then' : 'no further archive until then'],
    ['Rules', `${policyText(plan)}${plan.configured ? '' : ' (the defaults; no configuration was given)'}`],
    ['Days', `SOFT-DELETED and DELETED are days ${zoneText(clocks)}`],
  ];
  yield `${rowsText(rows)}\n`;
  if (archives.length === 0) yield 'There are no archives then.\n';
  else yield* tablePieces(shown(HEADS), archives, (one) => shown(rowOf(one, clocks)));
  const end: TextRow[] = [
    ...(plan.gone.length === 0 ? [] : [['Deleted', `${listed(plan.gone)} by then`] as TextRow]),
    ['Sum', sumText(plan)],
  ];
  yield `\n${rowsText(end)}${changed ? changedText(plan, changed, clocks) : ''}`;
}

const HEADS = ['ARCHIVE', 'SIZE', 'IS', 'TAG', 'SOFT-DELETED', 'DELETED', 'STORED AS', 'USD/MONTH', 'WHY'];
const PRICE = HEADS.indexOf('USD/MONTH');

function rowOf(one: PlannedArchive, clocks: Clocks): string[] {
  const is = one.isFuture ? 'to come' : one.is;
  const times = [one.hiddenAt, one.goneAt].map((time) => (time === null ? '-' : localDay(time, clocks)));
  const cost = one.monthlyCost.toFixed(4);
  return [
    one.snapshot,
    formatBytes(one.size),
    is,
    one.expire,
    ...times,
    one.storageClass,
    cost,
    withLocalTimes(one.why, clocks),
  ];
}

function policyText({ policy, timeZone }: Pick<RetentionPlan, 'policy' | 'timeZone'>): string {
  const { held, days, undoDays } = policy;
  const classes = `${days.daily} days daily, ${days.weekly} weekly, ${days.monthly} monthly, ${days.yearly} yearly`;
  return `${held} protected; ${classes}, soft-deleted for the last ${undoDays}; days of ${timeZone}`;
}

function sumText({ totals, prices, isPriced }: Pick<ShownPlan, 'totals' | 'prices' | 'isPriced'>): string {
  const { bytes, monthlyCost } = totals;
  if (!isPriced) return formatBytes(bytes);
  const basis = `list prices of ${prices.region}, ${prices.asOf}, storage alone`;
  return `${formatBytes(bytes)}, ${monthlyCost.toFixed(2)} ${prices.currency} a month (${basis})`;
}

function changedText({ prices, isPriced }: ShownPlan, { archives, ...would }: Changed, clocks: Clocks): string {
  const rows: TextRow[] = [
    ['Changed', policyText(would)],
    ['Sum', sumText({ ...would, prices, isPriced })],
  ];
  const table =
    archives.length === 0
      ? 'The change affects no archive.\n'
      : tableText(
          ['ARCHIVE', 'NOW', 'CHANGED'],
          archives.map(({ snapshot, now, changed }) => [snapshot, fateText(now, clocks), fateText(changed, clocks)]),
        );
  return `\n${rowsText(rows)}\n${table}`;
}

function fateText(fate: PlannedChange['now'], clocks: Clocks): string {
  if (!fate) return 'deleted by then';
  if (fate.hiddenAt === null || fate.goneAt === null) return fate.expire;
  return `${fate.expire}, soft-deleted ${localDay(fate.hiddenAt, clocks)}, deleted ${localDay(fate.goneAt, clocks)}`;
}

function listed(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.length} archives, ${ids[0]} to ${ids.at(-1)},`;
}

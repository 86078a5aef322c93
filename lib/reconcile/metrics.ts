import type { MetricName } from '../base/metric-names.ts';
import { isGood, readyAt } from '../catalogue/entry.ts';
import type { Deps } from '../deps.ts';
import type { ReconcileReport } from './contract.ts';
import type { Observed } from './observe.ts';

/** Age of the newest good archive's content, in hours; null: there is none. */
export function hoursSinceVerified({ retention, now }: Observed): number | null {
  const newest = retention.decisions.map(({ entry }) => entry).findLast(isGood);
  if (!newest) return null;
  return Math.max(0, Math.round((now.getTime() - readyAt(newest)) / 36_000) / 100);
}

/** Bytes of archives by what their tag should be, of everything that is hidden, and of all. */
export function bytesOf({ objects, inPlace, retention }: Observed): ReconcileReport['bytes'] {
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  const of = (expire: string) =>
    sum(retention.decisions.flatMap((one) => (one.expire === expire ? (one.entry.stored?.size ?? []) : [])));
  return {
    ...Object.fromEntries(Object.keys(CLASS_METRICS).map((name) => [name, of(name)])),
    noncurrent: sum(objects.filter(({ hiddenAt }) => hiddenAt !== null).map(({ size }) => size)),
    all: inPlace.bytes + sum(objects.map(({ size }) => size)),
  };
}

const CLASS_METRICS: Readonly<Record<string, MetricName>> = {
  held: 'HeldBytes',
  kept: 'KeptBytes',
  daily: 'DailyBytes',
  weekly: 'WeeklyBytes',
  monthly: 'MonthlyBytes',
  yearly: 'YearlyBytes',
};

export function emit(
  { manager, bytes, counts, missingNights, ...report }: ReconcileReport,
  { metrics }: Pick<Deps, 'metrics'>,
): void {
  for (const [name, metric] of Object.entries(CLASS_METRICS)) metrics.put(metric, 'Bytes', bytes[name] ?? 0, manager);
  metrics.put('NoncurrentBytes', 'Bytes', bytes['noncurrent'] ?? 0, manager);
  metrics.put('ManagerBytes', 'Bytes', bytes['all'] ?? 0, manager);
  metrics.put('MissingNights', 'Count', missingNights, manager);
  metrics.put('ReconcileFindings', 'Count', counts.open + counts.failed, manager);
  if (report.hoursSinceVerified !== null)
    metrics.put('HoursSinceVerified', 'Count', report.hoursSinceVerified, manager);
}

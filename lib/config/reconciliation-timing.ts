import { hours } from '../base/durations.ts';
import { REFERENCE_YEAR } from './manager-timing.ts';
import type { OffsiteConfig } from './offsite-config.ts';
import { intervals } from './schedule.ts';

/** The longest that an alarm looks back, with periods of an hour (aws: PutMetricAlarm, EvaluationPeriods). */
export const MOST_ALARM_HOURS = 168;

/** An hour of the flexible window, and twelve of the scheduler's patience. */
const LATE_HOURS = 13;

/**
 * Within so many hours a reconciliation comes to its end, or something is wrong. Undefined: it has no regular schedule, or one
 * that is too rare for an alarm.
 */
export function reconciledWithinHours({
  reconciliation: { schedule },
  defaults,
}: Pick<OffsiteConfig, 'reconciliation' | 'defaults'>): number | undefined {
  const gaps = schedule === null ? undefined : intervals(schedule, defaults.timeZone, REFERENCE_YEAR.from);
  const within = gaps && Math.ceil(gaps.longest / hours(1)) + LATE_HOURS;
  return within !== undefined && within <= MOST_ALARM_HOURS ? within : undefined;
}

import { minutes, seconds } from '../base/durations.ts';
import { notChecked, ok, warning } from './check.ts';
import type { Check } from './contract.ts';

/** S3 refuses requests from a clock that is 15 minutes off; tokens and schedules notice sooner. */
const SKEW_MS = minutes(2);

export function checkClock(what: string, date: Date | undefined, now: Date): Check {
  if (!date || Number.isNaN(date.getTime())) return notChecked(what, 'its replies have no date');
  const off = Math.round((date.getTime() - now.getTime()) / seconds(1));
  if (Math.abs(off) * seconds(1) <= SKEW_MS) return ok(what, 'agrees with this machine');
  return warning(
    what,
    `is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} this machine. Check NTP on both: names of archives and signed URLs depend on the time.`,
  );
}

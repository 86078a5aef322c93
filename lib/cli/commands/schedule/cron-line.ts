import { defined } from '../../../base/defined.ts';
import { days } from '../../../base/durations.ts';
import { type CalendarDays, calendarTimes } from '../../../config/calendar-times.ts';
import { daylightSavingRuns } from '../../../config/schedule.ts';

/** The five fields of a crontab, in the time of a zone. */
export interface CronTimes {
  readonly fields: string;
  readonly timeZone: string;
  /** Of the days that the fields name only this weekday is meant; 0 is Sunday. A crontab would take either. */
  readonly onlyOn?: number;
}

/**
 * A schedule in the five fields of a crontab. Cron and Kubernetes differ about times that daylight saving skips or repeats,
 * so one that has any within five years of `now` is refused. Throws `RangeError`.
 */
export function cronTimes(expression: string, timeZone: string, now: Date): CronTimes {
  const times = calendarTimes(expression, timeZone);
  if (times.years !== undefined) throw new RangeError('a crontab has no years and no single times');
  const changed = daylightSavingRuns(expression, timeZone, {
    from: now,
    to: new Date(now.getTime() + days(5 * 366)),
  })[0];
  if (changed)
    throw new RangeError(
      `daylight saving of ${timeZone} means that ${changed.wall.toISOString().slice(0, 16).replace('T', ' ')} is ${changed.what}, and cron daemons differ about it: choose another hour, UTC, or --systemd`,
    );
  const [first, ...others] = times.days;
  if (first === undefined || others.length > 0) throw new RangeError('a crontab cannot say these days in one line');
  const list = (values: readonly number[] | undefined) => values?.join(',') ?? '*';
  const { date = '*', weekday = '*', onlyOn } = daysOf(first);
  const fields = [list(times.minutes), list(times.hours), date, list(times.months), weekday].join(' ');
  return { fields, timeZone: times.timeZone, ...defined({ onlyOn }) };
}

function daysOf(one: CalendarDays): { date?: string; weekday?: string; onlyOn?: number } {
  if (one.kind === 'every') return {};
  if (one.kind === 'dates') return { date: one.dates.join(',') };
  if (one.kind === 'weekdays') return { weekday: one.weekdays.join(',') };
  if (one.kind === 'nth weekday') {
    const first = (one.nth - 1) * 7 + 1;
    return { date: `${first}-${Math.min(first + 6, 31)}`, onlyOn: one.weekday };
  }
  throw new RangeError(`a crontab cannot say L (the ${one.kind} of a month): use --systemd`);
}

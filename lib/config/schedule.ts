import { Cron } from 'croner';
import { days, hours, minutes } from '../base/durations.ts';
import { instantsOf, wallTimeAt } from './wall-time.ts';

/**
 * Schedule expressions as EventBridge Scheduler reads them (aws: scheduler, schedule types): `cron(minute hour
 * day-of-month month day-of-week year)` with 1 = SUN, `rate(12 hours)`, `at(2026-11-22T02:00:00)`; in a time zone, where
 * a time that spring skips is skipped and one that autumn repeats runs once.
 */
export type Schedule = CronSchedule | RateSchedule | AtSchedule;

interface CronSchedule {
  readonly kind: 'cron';
  /** Reckons with wall times, as if all days had 24 hours; daylight saving is ours. */
  readonly cron: Cron;
}
interface RateSchedule {
  readonly kind: 'rate';
  readonly milliseconds: number;
}
interface AtSchedule {
  readonly kind: 'at';
  readonly wall: Date;
}

const UNITS = { minute: minutes(1), hour: hours(1), day: days(1) };

/** A search ends after so many wall times without one that is: a cron that has only skipped times in the years ahead. */
const MOST_SKIPPED = 1000;

/** Throws `RangeError` with a sentence that says what is wrong with the expression. */
export function parseSchedule(expression: string): Schedule {
  const [, kind, body = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'cron') return { kind, cron: parseCron(body) };
  if (kind === 'rate') return { kind, milliseconds: parseRate(body) };
  if (kind === 'at') return { kind, wall: parseAt(body) };
  throw new RangeError('must be cron(minute hour day-of-month month day-of-week year), rate(…) or at(…)');
}

function parseCron(body: string): Cron {
  const fields = body.split(' ');
  if (fields.length !== 6)
    throw new RangeError(
      'a cron needs 6 fields with one blank between: minute hour day-of-month month day-of-week year',
    );
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw new RangeError('exactly one of day-of-month and day-of-week must be "?"');
  if ([minute, hour, month, year].includes('?'))
    throw new RangeError('"?" stands only for day-of-month or day-of-week');
  // Quartz numbers as EventBridge: 1 is Sunday. croner also takes 8, which AWS refuses; "?" means "now" to it.
  if (/(^|[,-])[089]/.test(dayOfWeek)) throw new RangeError('day-of-week goes from 1 (SUN) to 7 (SAT)');
  const days = dayOfWeek === 'L' ? '7' : dayOfWeek.replace('?', '*');
  const pattern = ['0', minute, hour, dayOfMonth.replace('?', '*'), month, days, year].join(' ');
  try {
    return new Cron(pattern, { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true, timezone: 'UTC' });
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message.replace('CronPattern: ', '') : String(error));
  }
}

function parseRate(body: string): number {
  const [, value, unit] = /^([1-9]\d{0,4}) (minute|hour|day)s?$/.exec(body) ?? [];
  if (value === undefined) throw new RangeError('a rate is a number and minutes, hours or days: rate(12 hours)');
  return Number(value) * UNITS[unit as keyof typeof UNITS];
}

function parseAt(body: string): Date {
  const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body) ? new Date(`${body}Z`) : new Date(Number.NaN);
  if (Number.isNaN(wall.getTime())) throw new RangeError('a single time is at(yyyy-mm-ddThh:mm:ss), without a zone');
  return wall;
}

/**
 * The first run after an instant, that instant excluded; undefined when there is none any more. A rate counts from the
 * creation of its schedule, which nobody here knows: it is taken to have run at `after`.
 */
export function nextRun(expression: string, timeZone: string, after: Date): Date | undefined {
  return nextOf(parseSchedule(expression), timeZone, after);
}

/** Hundreds of managers share a few schedules, and 400 runs take 0.1 s. */
const reckoned = new Map<string, readonly Date[]>();
const MOST_RECKONED = 50;

/** The runs from `from` on, included, until `to`, excluded. Of a rate: one interval after `from`, and so on. */
export function runsBetween(expression: string, timeZone: string, from: Date, to: Date): readonly Date[] {
  const key = `${expression} ${timeZone} ${from.getTime()} ${to.getTime()}`;
  const known = reckoned.get(key);
  if (known) return known;
  if (reckoned.size >= MOST_RECKONED) reckoned.clear();
  const runs = reckon(parseSchedule(expression), timeZone, from, to);
  reckoned.set(key, runs);
  return runs;
}

function reckon(schedule: Schedule, timeZone: string, from: Date, to: Date): Date[] {
  const runs: Date[] = [];
  let run = nextOf(schedule, timeZone, schedule.kind === 'rate' ? from : new Date(from.getTime() - 1));
  while (run && run < to) {
    runs.push(run);
    run = nextOf(schedule, timeZone, run);
  }
  return runs;
}

function nextOf(schedule: Schedule, timeZone: string, after: Date): Date | undefined {
  if (schedule.kind === 'rate') return new Date(after.getTime() + schedule.milliseconds);
  if (schedule.kind === 'at') return instantsOf(schedule.wall, timeZone).find((instant) => instant > after);
  let wall: Date | null = new Date(wallTimeAt(after, timeZone).getTime() - 1000);
  for (let skipped = 0; skipped < MOST_SKIPPED; skipped++) {
    wall = schedule.cron.nextRun(wall);
    if (!wall) return undefined;
    // Of a time that there is twice only the first counts.
    const [instant] = instantsOf(wall, timeZone);
    if (instant && instant > after) return instant;
  }
  return undefined;
}

interface Intervals {
  readonly shortest: number;
  readonly longest: number;
}

/** Hundreds of managers share a few schedules, and a year of runs takes a tenth of a second. */
const measured = new Map<string, Intervals | undefined>();

/**
 * The shortest and the longest time between two runs in the year after `from`, in ms; undefined when there are fewer than
 * two. Of what runs more than once a day the first 800 runs are enough to see it.
 */
export function intervals(expression: string, timeZone: string, from: Date): Intervals | undefined {
  const key = `${expression} ${timeZone} ${from.getTime()}`;
  if (!measured.has(key)) measured.set(key, measure(parseSchedule(expression), timeZone, from));
  return measured.get(key);
}

function measure(schedule: Schedule, timeZone: string, from: Date): Intervals | undefined {
  if (schedule.kind === 'rate') return { shortest: schedule.milliseconds, longest: schedule.milliseconds };
  const gaps: number[] = [];
  let last = nextOf(schedule, timeZone, from);
  while (last && gaps.length < 800 && last.getTime() - from.getTime() < days(366)) {
    const next = nextOf(schedule, timeZone, last);
    if (next) gaps.push(next.getTime() - last.getTime());
    last = next;
  }
  return gaps.length === 0 ? undefined : { shortest: Math.min(...gaps), longest: Math.max(...gaps) };
}

/** One run of a cron that daylight saving changes: its time on the wall is not there, or there twice. */
export interface ChangedRun {
  readonly wall: Date;
  readonly what: 'skipped' | 'repeated';
}

/** The runs that daylight saving changes, in a span of time; of a rate, which counts hours, none. */
export function daylightSavingRuns(expression: string, timeZone: string, span: { from: Date; to: Date }): ChangedRun[] {
  const schedule = parseSchedule(expression);
  if (schedule.kind === 'rate') return [];
  if (schedule.kind === 'at') return changed(schedule.wall, timeZone);
  const found: ChangedRun[] = [];
  for (const day of daysOf(timeZone, span)) {
    let wall = schedule.cron.nextRun(new Date(day.getTime() - 1000));
    for (; wall && wall.getTime() < day.getTime() + days(1); wall = schedule.cron.nextRun(wall))
      found.push(...changed(wall, timeZone));
  }
  return found;
}

function changed(wall: Date, timeZone: string): ChangedRun[] {
  const { length } = instantsOf(wall, timeZone);
  return length === 1 ? [] : [{ wall, what: length === 0 ? 'skipped' : 'repeated' }];
}

const changingDays = new Map<string, Date[]>();

/** Days on the wall, at midnight, on which a zone changes its offset. */
function daysOf(timeZone: string, span: { from: Date; to: Date }): Date[] {
  const key = `${timeZone} ${span.from.getTime()} ${span.to.getTime()}`;
  const days = changingDays.get(key) ?? findDays(timeZone, span);
  changingDays.set(key, days);
  return days;
}

function findDays(timeZone: string, { from, to }: { from: Date; to: Date }): Date[] {
  const found: Date[] = [];
  const offsetAt = (time: number) => wallTimeAt(new Date(time), timeZone).getTime() - time;
  for (let time = from.getTime(); time < to.getTime(); time += days(1)) {
    if (offsetAt(time) === offsetAt(time + days(1))) continue;
    // The change is in these 24 h, which lie on two days on the wall.
    const day = new Date(wallTimeAt(new Date(time), timeZone).setUTCHours(0, 0, 0, 0));
    found.push(day, new Date(day.getTime() + days(1)));
  }
  return found;
}

import { days, hours, minutes } from '../base/durations.ts';
import { parseSchedule } from './schedule.ts';

/** On which days something runs; in some languages each of these is a line of its own. */
export type CalendarDays =
  | { readonly kind: 'every' }
  | { readonly kind: 'dates'; readonly dates: readonly number[] }
  | { readonly kind: 'last day' }
  /** 0 is Sunday. */
  | { readonly kind: 'weekdays'; readonly weekdays: readonly number[] }
  | { readonly kind: 'nth weekday'; readonly weekday: number; readonly nth: number }
  | { readonly kind: 'last weekday'; readonly weekday: number };

/**
 * A schedule as lists of numbers, for those who have another language for it than EventBridge. Undefined: all that there
 * are.
 */
export interface CalendarTimes {
  readonly timeZone: string;
  readonly second: number;
  readonly minutes: readonly number[] | undefined;
  readonly hours: readonly number[] | undefined;
  readonly months: readonly number[] | undefined;
  readonly years: readonly number[] | undefined;
  readonly days: readonly CalendarDays[];
}

const ALL = {
  second: 0,
  minutes: [0],
  hours: [0],
  months: undefined,
  years: undefined,
  days: [{ kind: 'every' }],
} as const;

/**
 * The same times as those of the expression in the zone. A rate counts from a beginning that nobody has named, so any
 * beat is right: midnight UTC, where days always have 24 hours. Throws `RangeError` with a sentence about what cannot be
 * said in a calendar.
 */
export function calendarTimes(expression: string, timeZone: string): CalendarTimes {
  const schedule = parseSchedule(expression);
  if (schedule.kind === 'rate') return ofRate(expression, schedule.milliseconds);
  if (schedule.kind === 'at') {
    const { wall } = schedule;
    return {
      timeZone,
      second: wall.getUTCSeconds(),
      minutes: [wall.getUTCMinutes()],
      hours: [wall.getUTCHours()],
      months: [wall.getUTCMonth() + 1],
      years: [wall.getUTCFullYear()],
      days: [{ kind: 'dates', dates: [wall.getUTCDate()] }],
    };
  }
  const [minute = '', hour = '', date = '', month = '', weekday = '', year = ''] = expression.slice(5, -1).split(' ');
  return {
    timeZone,
    second: 0,
    minutes: numbers(minute, { least: 0, most: 59 }),
    hours: numbers(hour, { least: 0, most: 23 }),
    months: numbers(month, { least: 1, most: 12, names: MONTHS }),
    years: numbers(year, { least: 1970, most: 2199 }),
    days: weekday === '?' ? datesOf(date) : weekdaysOf(weekday),
  };
}

function ofRate(expression: string, milliseconds: number): CalendarTimes {
  const steps = (count: number, step: number) => Array.from({ length: count / step }, (_, n) => n * step);
  const [inHour, inDay] = [milliseconds / minutes(1), milliseconds / hours(1)];
  if (60 % inHour === 0) return { ...ALL, timeZone: 'UTC', minutes: steps(60, inHour), hours: undefined };
  if (24 % inDay === 0) return { ...ALL, timeZone: 'UTC', hours: steps(24, inDay) };
  const even = milliseconds === days(1) ? '' : ` A rate that divides an hour or a day, such as rate(6 hours), does.`;
  throw new RangeError(`${expression} does not fall on the same times of every day. Write it as cron(…).${even}`);
}

interface Field {
  readonly least: number;
  readonly most: number;
  /** The first is called `least`. */
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKDAY: Field = { least: 1, most: 7, names: WEEKDAYS };
const DATE: Field = { least: 1, most: 31 };

function datesOf(text: string): CalendarDays[] {
  const parts = text.split(',');
  const odd = parts.find((part) => part !== 'L' && /[LW]/i.test(part));
  if (odd !== undefined) throw new RangeError(`${odd} as a day of the month cannot be said there`);
  const dates = numbers(parts.filter((part) => part !== 'L').join(','), DATE);
  if (dates === undefined && !parts.includes('L')) return [{ kind: 'every' }];
  return [
    ...(dates === undefined || dates.length === 0 ? [] : [{ kind: 'dates', dates } as const]),
    ...(parts.includes('L') ? [{ kind: 'last day' } as const] : []),
  ];
}

function weekdaysOf(text: string): CalendarDays[] {
  // Alone it is the last day of a week.
  if (text === 'L') return [{ kind: 'weekdays', weekdays: [6] }];
  const parts = text.split(',');
  const special = parts.flatMap((part): CalendarDays[] => {
    const [, day, nth] = /^(\w+?)(?:#([1-5]|L)|L)$/.exec(part) ?? [];
    if (day === undefined) return [];
    const weekday = numberOf(day, WEEKDAY) - 1;
    return nth === undefined || nth === 'L'
      ? [{ kind: 'last weekday', weekday }]
      : [{ kind: 'nth weekday', weekday, nth: Number(nth) }];
  });
  const plain = parts.filter((part) => !/#|\wL$/.test(part)).join(',');
  const weekdays = numbers(plain, WEEKDAY)?.map((day) => day - 1);
  if (weekdays === undefined) return special.length > 0 ? special : [{ kind: 'every' }];
  return [...(weekdays.length > 0 ? [{ kind: 'weekdays', weekdays } as const] : []), ...special];
}

/** `1,10-12,0/30` as numbers in order; undefined: all. */
function numbers(text: string, field: Field): number[] | undefined {
  if (text === '*') return undefined;
  const { least, most } = field;
  const found = new Set<number>();
  for (const part of text.split(',').filter(Boolean)) {
    const [range = '', step] = part.split('/');
    const [first = '', last] = range.split('-');
    const from = first === '*' ? least : numberOf(first, field);
    const to = last !== undefined ? numberOf(last, field) : first === '*' || step !== undefined ? most : from;
    if (from > to) throw new RangeError(`the range ${range} goes backwards: write both parts of it`);
    for (let value = from; value <= to; value += Number(step ?? 1)) found.add(value);
  }
  if (text !== '' && found.size === most - least + 1) return undefined;
  return [...found].sort((a, b) => a - b);
}

function numberOf(word: string, { least, names = [] }: Field): number {
  const at = names.indexOf(word.toUpperCase().slice(0, 3));
  const value = at >= 0 ? least + at : Number(word);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`${word} cannot be said there`);
}

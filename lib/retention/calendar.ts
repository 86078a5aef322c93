import { days } from '../base/durations.ts';
import type { RetentionClass } from '../config/retention.ts';
import { wallTimeAt } from '../config/wall-time.ts';

/** The day, ISO week, month and year that a time is in, by the clocks of a zone. Two times in one have the same name. */
export type Periods = Readonly<Record<RetentionClass, string>>;

/** @example periodsAt(Date.parse('2026-11-22T23:30:00Z'), 'Europe/Berlin') is in 2026-11-23, 2026-W48, 2026-11, 2026 */
export function periodsAt(time: number, timeZone: string): Periods {
  const wall = wallTimeAt(new Date(time), timeZone);
  const day = wall.toISOString().slice(0, 10);
  return { daily: day, weekly: isoWeek(wall), monthly: day.slice(0, 7), yearly: day.slice(0, 4) };
}

/**
 * ISO 8601: weeks begin on Monday, and the first week of a year is the one with its first Thursday. So a week belongs to
 * the year of its Thursday, and 1 January may be in week 52 or 53 of the year before.
 */
function isoWeek(wall: Date): string {
  const sinceMonday = (wall.getUTCDay() + 6) % 7;
  const thursday = new Date(wall.getTime() + days(3 - sinceMonday));
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / days(7));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

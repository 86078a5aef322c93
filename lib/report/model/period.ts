import { days } from '../../base/durations.ts';
import { periodsAt } from '../../retention/calendar.ts';

/** What a report is about: runs that were due from `since` on, included, until `until`, excluded; and when it was made. */
export interface Period {
  readonly since: Date;
  readonly until: Date;
  readonly now: Date;
}

/** Days that a report looks back unless told. */
export const USUAL_DAYS = 90;

export function periodOf(now: Date, since?: Date, until?: Date): Period {
  const end = until === undefined || until > now ? now : until;
  return { since: since ?? new Date(end.getTime() - days(USUAL_DAYS)), until: end, now };
}

/** By zone and time: hundreds of managers run at the same times of a few zones, and to ask for a zone takes 20 µs. */
const dates = new Map<string, Map<number, string>>();
const MOST_DATES = 10_000;

/** The date on the wall, `2026-11-22`. */
export function dayOf(time: number, timeZone: string): string {
  const known = dates.get(timeZone) ?? new Map<number, string>();
  dates.set(timeZone, known);
  const day = known.get(time) ?? periodsAt(time, timeZone).daily;
  if (known.size >= MOST_DATES) known.clear();
  known.set(time, day);
  return day;
}

/** Every date of the period on the walls of a zone, each once, whatever the clocks do on it. */
export function daysIn({ since, until }: Pick<Period, 'since' | 'until'>, timeZone: string): string[] {
  const first = dayOf(since.getTime(), timeZone);
  const last = dayOf(Math.max(since.getTime(), until.getTime() - 1), timeZone);
  const found: string[] = [];
  for (let day = Date.parse(first); day <= Date.parse(last); day += days(1)) {
    found.push(new Date(day).toISOString().slice(0, 10));
  }
  return found;
}

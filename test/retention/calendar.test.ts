import { describe, expect, test } from 'vitest';
import { periodsAt } from '../../lib/retention/calendar.ts';

const at = (time: string, zone = 'UTC') => Object.values(periodsAt(Date.parse(time), zone)).join(' ');

describe('the day, ISO week, month and year of a time', () => {
  test.each([
    // ISO 8601's own examples of weeks that belong to another year.
    ['2005-01-01T12:00:00Z', 'UTC', '2005-01-01 2004-W53 2005-01 2005'],
    ['2005-01-02T12:00:00Z', 'UTC', '2005-01-02 2004-W53 2005-01 2005'],
    ['2005-12-31T12:00:00Z', 'UTC', '2005-12-31 2005-W52 2005-12 2005'],
    ['2007-01-01T12:00:00Z', 'UTC', '2007-01-01 2007-W01 2007-01 2007'],
    ['2007-12-30T12:00:00Z', 'UTC', '2007-12-30 2007-W52 2007-12 2007'],
    ['2007-12-31T12:00:00Z', 'UTC', '2007-12-31 2008-W01 2007-12 2007'],
    ['2008-12-28T12:00:00Z', 'UTC', '2008-12-28 2008-W52 2008-12 2008'],
    ['2008-12-29T12:00:00Z', 'UTC', '2008-12-29 2009-W01 2008-12 2008'],
    ['2010-01-03T12:00:00Z', 'UTC', '2010-01-03 2009-W53 2010-01 2010'],
    ['2026-12-31T12:00:00Z', 'UTC', '2026-12-31 2026-W53 2026-12 2026'],
    ['2027-01-03T23:59:59Z', 'UTC', '2027-01-03 2026-W53 2027-01 2027'],
    ['2027-01-04T00:00:00Z', 'UTC', '2027-01-04 2027-W01 2027-01 2027'],
    ['2028-02-29T12:00:00Z', 'UTC', '2028-02-29 2028-W09 2028-02 2028'],
    ['2100-03-01T00:00:00Z', 'UTC', '2100-03-01 2100-W09 2100-03 2100'],
    // The first and the last hour of the year, elsewhere.
    ['2026-12-31T18:14:59Z', 'Asia/Kathmandu', '2026-12-31 2026-W53 2026-12 2026'],
    ['2026-12-31T18:15:00Z', 'Asia/Kathmandu', '2027-01-01 2026-W53 2027-01 2027'],
    ['2027-01-01T04:59:59Z', 'America/New_York', '2026-12-31 2026-W53 2026-12 2026'],
    ['2027-01-01T05:00:00Z', 'America/New_York', '2027-01-01 2026-W53 2027-01 2027'],
    ['2026-12-31T10:00:00Z', 'Pacific/Kiritimati', '2027-01-01 2026-W53 2027-01 2027'],
    ['2027-01-01T10:59:59Z', 'Pacific/Pago_Pago', '2026-12-31 2026-W53 2026-12 2026'],
    // The clocks are put forward, and back.
    ['2026-03-28T22:59:59Z', 'Europe/Berlin', '2026-03-28 2026-W13 2026-03 2026'],
    ['2026-03-28T23:00:00Z', 'Europe/Berlin', '2026-03-29 2026-W13 2026-03 2026'],
    ['2026-03-29T21:59:59Z', 'Europe/Berlin', '2026-03-29 2026-W13 2026-03 2026'],
    ['2026-03-29T22:00:00Z', 'Europe/Berlin', '2026-03-30 2026-W14 2026-03 2026'],
    ['2026-10-24T22:00:00Z', 'Europe/Berlin', '2026-10-25 2026-W43 2026-10 2026'],
    ['2026-10-25T22:59:59Z', 'Europe/Berlin', '2026-10-25 2026-W43 2026-10 2026'],
    ['2026-10-25T23:00:00Z', 'Europe/Berlin', '2026-10-26 2026-W44 2026-10 2026'],
    // Samoa left out 30 December 2011: it went from one side of the date line to the other.
    ['2011-12-30T09:59:59Z', 'Pacific/Apia', '2011-12-29 2011-W52 2011-12 2011'],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31 2011-W52 2011-12 2011'],
  ])('%s in %s: %s', (time, zone, expected) => {
    expect(at(time, zone).split(' ').sort()).toEqual(expected.split(' ').sort());
    const { daily, weekly, monthly, yearly } = periodsAt(Date.parse(time), zone);
    expect(`${daily} ${weekly} ${monthly} ${yearly}`).toBe(expected);
  });
});

test('in 400 years every day is in one week of seven days, and years have 52 weeks or 53', () => {
  const days = new Map<string, number>();
  for (let day = Date.UTC(2000, 0, 3); day < Date.UTC(2400, 0, 3); day += 86_400_000) {
    const { weekly } = periodsAt(day, 'UTC');
    days.set(weekly, (days.get(weekly) ?? 0) + 1);
  }
  expect(new Set(days.values())).toEqual(new Set([7]));
  const weeksOf = Map.groupBy(days.keys(), (week) => week.slice(0, 4));
  const long = [...weeksOf.values()].filter((weeks) => weeks.length === 53);
  expect(long).toHaveLength(71); // of 400 years (ISO 8601)
  for (const weeks of weeksOf.values()) expect([52, 53]).toContain(weeks.length);
});

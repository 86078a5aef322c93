import { describe, expect, test } from 'vitest';
import { intervals, nextRun, parseSchedule, runsBetween } from '../../lib/config/schedule.ts';

const at = (iso: string) => new Date(iso);
const runs = (expression: string, zone: string, from: string, to: string) =>
  runsBetween(expression, zone, at(from), at(to)).map((run) => run.toISOString().slice(0, 16));

describe('fields as EventBridge Scheduler reads them', () => {
  test.each([
    ['1 is Sunday', 'cron(0 4 ? * 1 *)', '2026-11-01T04:00'],
    ['7 is Saturday', 'cron(0 4 ? * 7 *)', '2026-11-07T04:00'],
    ['L alone as a weekday is Saturday', 'cron(0 4 ? * L *)', '2026-11-07T04:00'],
    ['6L is the last Friday', 'cron(0 4 ? * 6L *)', '2026-11-27T04:00'],
    ['6#3 is the third Friday', 'cron(0 4 ? * 6#3 *)', '2026-11-20T04:00'],
    ['names of days', 'cron(0 4 ? * MON-FRI *)', '2026-11-02T04:00'],
    ['L is the last day of the month', 'cron(0 4 L * ? *)', '2026-11-30T04:00'],
    ['15W is the weekday next to the 15th, a Sunday here', 'cron(0 4 15W * ? *)', '2026-11-16T04:00'],
    ['0/15 counts from 0', 'cron(7/15 4 * * ? *)', '2026-11-01T04:07'],
    ['names of months', 'cron(0 4 1 DEC ? *)', '2026-12-01T04:00'],
    ['a year', 'cron(0 4 1 1 ? 2030)', '2030-01-01T04:00'],
    ['a single time', 'at(2026-11-05T04:00:00)', '2026-11-05T04:00'],
  ])('%s', (_, expression, expected) => {
    expect(nextRun(expression, 'UTC', at('2026-11-01T00:00:00Z'))?.toISOString().slice(0, 16)).toBe(expected);
  });

  test.each([
    ['0 4 * * ?', 'must be cron('],
    ['cron(0 4 * * ?)', '6 fields'],
    ['cron(0 4 * * * *)', 'exactly one of'],
    ['cron(0 4 ? * ? *)', 'exactly one of'],
    ['cron(? 4 * * ? *)', '"?" stands only'],
    ['cron(61 4 * * ? *)', 'minute'],
    ['cron(0 24 * * ? *)', 'hour'],
    ['cron(0 4 ? * 0 *)', '1 (SUN) to 7 (SAT)'],
    ['cron(0 4 ? * 8 *)', '1 (SUN) to 7 (SAT)'],
    ['rate(0 hours)', 'a rate is'],
    ['rate(1 week)', 'a rate is'],
    ['at(2026-11-05)', 'a single time'],
  ])('%s is refused: %s', (expression, message) => {
    expect(() => parseSchedule(expression)).toThrow(message);
  });
});

describe('time zones and daylight saving', () => {
  test('a night keeps its hour on the wall all year', () => {
    expect(nextRun('cron(30 4 * * ? *)', 'Europe/Berlin', at('2026-07-01T00:00:00Z'))).toEqual(
      at('2026-07-01T02:30:00Z'),
    );
    expect(nextRun('cron(30 4 * * ? *)', 'Europe/Berlin', at('2026-12-01T00:00:00Z'))).toEqual(
      at('2026-12-01T03:30:00Z'),
    );
  });

  test('the hour that spring skips is skipped, without a run at another hour', () => {
    // Berlin, 2027-03-28: 02:00 becomes 03:00.
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2027-03-27T00:00:00Z', '2027-03-30T00:00:00Z')).toEqual([
      '2027-03-27T01:30',
      '2027-03-29T00:30',
    ]);
  });

  test('the hour that autumn repeats runs once, the first time', () => {
    // Berlin, 2026-10-25: 03:00 becomes 02:00.
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  test('seen from within the repeated hour the next run is that of the next day', () => {
    expect(nextRun('cron(30 2 * * ? *)', 'Europe/Berlin', at('2026-10-25T00:45:00Z'))).toEqual(
      at('2026-10-26T01:30:00Z'),
    );
    expect(nextRun('cron(30 2 * * ? *)', 'Europe/Berlin', at('2026-10-25T01:10:00Z'))).toEqual(
      at('2026-10-26T01:30:00Z'),
    );
  });

  test('half an hour of daylight saving, in a zone far ahead of UTC', () => {
    // Lord Howe, 2026-10-04: 02:00 becomes 02:30.
    expect(runs('cron(15 2 * * ? *)', 'Australia/Lord_Howe', '2026-10-02T00:00:00Z', '2026-10-05T00:00:00Z')).toEqual([
      '2026-10-02T15:45',
      '2026-10-04T15:15',
    ]);
  });

  test('a day that a zone left out altogether', () => {
    // Samoa had no 2011-12-30.
    expect(runs('cron(0 12 * * ? *)', 'Pacific/Apia', '2011-12-29T00:00:00Z', '2012-01-01T00:00:00Z')).toEqual([
      '2011-12-29T22:00',
      '2011-12-30T22:00',
      '2011-12-31T22:00',
    ]);
  });
});

test('from is included, to is not', () => {
  expect(runs('cron(0 4 * * ? *)', 'UTC', '2026-11-01T04:00:00Z', '2026-11-03T04:00:00Z')).toEqual([
    '2026-11-01T04:00',
    '2026-11-02T04:00',
  ]);
});

test('nothing more to come is undefined', () => {
  expect(nextRun('cron(0 4 * * ? 2020)', 'UTC', at('2026-11-01T00:00:00Z'))).toBeUndefined();
  expect(nextRun('cron(0 4 30 2 ? *)', 'UTC', at('2026-11-01T00:00:00Z'))).toBeUndefined();
  expect(nextRun('at(2026-11-01T00:00:00)', 'UTC', at('2026-11-01T00:00:00Z'))).toBeUndefined();
});

test('a rate counts from where one looks', () => {
  expect(runs('rate(12 hours)', 'UTC', '2026-11-01T01:00:00Z', '2026-11-02T02:00:00Z')).toEqual([
    '2026-11-01T13:00',
    '2026-11-02T01:00',
  ]);
});

test.each([
  ['cron(0 4 * * ? *)', 'UTC', [24, 24]],
  // The nights of daylight saving have 23 and 25 hours.
  ['cron(0 4 * * ? *)', 'Europe/Berlin', [23, 25]],
  ['cron(0 4,10 * * ? *)', 'UTC', [6, 18]],
  ['cron(0 4 ? * MON-FRI *)', 'UTC', [24, 72]],
  ['rate(3 hours)', 'UTC', [3, 3]],
  ['at(2027-01-01T00:00:00)', 'UTC', undefined],
])('the shortest and the longest time between two runs of %s in %s are %j hours', (expression, zone, hours) => {
  const found = intervals(expression, zone, at('2026-11-01T00:00:00Z'));
  expect(found && [found.shortest / 3600_000, found.longest / 3600_000]).toEqual(hours);
});

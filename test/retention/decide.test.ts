import { describe, expect, test } from 'vitest';
import type { Entry } from '../../lib/catalogue/entry.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { decide } from '../../lib/retention/decide.ts';
import { FELL, keepOf, manifestOf, markOf } from '../support/manifests.ts';

interface Night {
  readonly ready: string;
  readonly is?: 'flagged' | 'damaged' | 'gone' | 'unreadable mark' | 'unreadable keep' | 'sound';
  readonly keep?: string | null;
}

const unreadable = (kind: 'mark' | 'keep') => ({
  ...{ snapshot: '', kind, key: '', why: '', isForged: false },
  fault: 'unreadable' as const,
});

function entryOf({ ready, is, keep }: Night): Entry {
  const id = `offsite-${ready.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const manifest = manifestOf('m1', id, { ready, versionId: 'v', ...(is === 'flagged' ? { flags: FELL } : {}) });
  const { key, size } = manifest.archive;
  const stored = { key, versionId: 'v', size, storedAt: new Date(ready), storageClass: 'STANDARD', hiddenAt: null };
  return {
    manifest,
    stored: is === 'gone' ? null : stored,
    missing: is === 'gone' ? 'gone' : null,
    mark: is === 'damaged' || is === 'sound' ? markOf('m1', id, 'v', is === 'damaged') : null,
    accept: null,
    keep: keep === undefined ? null : keepOf('m1', id, keep),
    unreadable: is === 'unreadable mark' ? [unreadable('mark')] : is === 'unreadable keep' ? [unreadable('keep')] : [],
  };
}

/** `held` and so on, and in brackets the class when that is another. */
function verdicts(
  nights: readonly Night[],
  { held = 1, timeZone = 'UTC', now = '2026-12-31T00:00:00Z' } = {},
): string[] {
  const rules = { timeZone, retention: RetentionPolicy.parse({ held }) };
  return decide(nights.map(entryOf), rules, new Date(now)).map((one) =>
    one.expire === one.class ? one.expire : `${one.expire} (${one.class})`,
  );
}

const at = (day: string, time = '03:00') => ({ ready: `${day}T${time}:00.000Z` });

describe('classes', () => {
  test('the first of a day, week, month, year; a second one of a day is daily', () => {
    // 2026-11-22 is a Sunday.
    const days = [
      '2026-11-22',
      '2026-11-22',
      '2026-11-23',
      '2026-11-24',
      '2026-12-01',
      '2026-12-02',
      '2027-01-01',
      '2027-01-02',
    ];
    const nights = days.map((day, n) => at(day, `0${n}:00`));
    expect(verdicts(nights)).toEqual([
      'yearly',
      'daily',
      'weekly',
      'daily',
      'monthly',
      'daily',
      'yearly',
      'held (daily)',
    ]);
  });

  test('by the clocks of the manager', () => {
    const nights = [at('2026-10-01'), at('2026-10-31', '22:59'), at('2026-10-31', '23:01'), at('2026-12-01')];
    expect(verdicts(nights, { timeZone: 'UTC' })).toEqual(['yearly', 'weekly', 'daily', 'held (monthly)']);
    expect(verdicts(nights, { timeZone: 'Europe/Berlin' })).toEqual(['yearly', 'weekly', 'monthly', 'held (monthly)']);
  });

  test.each(['flagged', 'damaged', 'gone', 'unreadable mark'] as const)('one that is %s takes nobody’s place', (is) => {
    const nights = [{ ...at('2026-11-01'), is }, at('2026-11-01', '04:00'), at('2026-11-02'), at('2026-11-03')];
    expect(verdicts(nights)).toEqual(['yearly', 'yearly', 'weekly', 'held (daily)']);
  });

  test('nobody’s class depends on what comes after', () => {
    const nights = Array.from({ length: 60 }, (_, n) =>
      at(new Date(Date.UTC(2026, 10, 1 + n)).toISOString().slice(0, 10)),
    );
    const all = verdicts(nights);
    for (let n = 2; n < 60; n++) expect(verdicts(nights.slice(0, n)).slice(0, -1)).toEqual(all.slice(0, n - 1));
  });
});

describe('held', () => {
  const week = ['23', '24', '25', '26', '27'].map((day) => at(`2026-11-${day}`));
  const with_ = (changes: Record<number, Omit<Night, 'ready'>>) =>
    week.map((night, n) => ({ ...night, ...changes[n] }));
  const tags = (nights: readonly Night[], held: number) => verdicts(nights, { held }).map((text) => text.split(' ')[0]);

  test.each([
    ['the newest good ones', {}, 2, 'yearly daily daily held held'],
    ['all, when there are no more', {}, 9, 'held held held held held'],
    ['one that a scrub found sound counts', { 4: { is: 'sound' } }, 1, 'yearly daily daily daily held'],
    [
      'a flagged one does not count, and is held beside them',
      { 4: { is: 'flagged' } },
      2,
      'yearly daily held held held',
    ],
    ['so is a damaged one', { 3: { is: 'damaged' } }, 2, 'yearly daily held held held'],
    ['an older doubtful one is not', { 1: { is: 'damaged' } }, 2, 'yearly daily daily held held'],
    [
      'of the doubtful ones as many at most',
      { 2: { is: 'flagged' }, 3: { is: 'flagged' }, 4: { is: 'flagged' } },
      1,
      'yearly held daily daily held',
    ],
    [
      'one whose archive is gone does not count, nor is it held',
      { 4: { is: 'gone' } },
      2,
      'yearly daily held held daily',
    ],
    [
      'one whose mark nobody can read does not count',
      { 4: { is: 'unreadable mark' } },
      1,
      'yearly daily daily held held',
    ],
    [
      'with too few good ones the newest of the others',
      { 0: { is: 'flagged' }, 1: { is: 'flagged' }, 2: { is: 'flagged' }, 3: { is: 'damaged' } },
      2,
      'yearly daily held held held',
    ],
  ] as const)('%s', (_, changes, held, expected) => {
    expect(tags(with_(changes), held).join(' ')).toBe(expected);
  });

  test('a kept one counts like any other, and is called kept', () => {
    expect(tags(with_({ 4: { keep: null }, 0: { keep: null } }), 2)).toEqual([
      'kept',
      'daily',
      'daily',
      'held',
      'kept',
    ]);
  });

  test('a wish to keep ends at its time; one that nobody can read does not', () => {
    const until = '2026-12-01T00:00:00.000Z';
    const nights = with_({ 0: { keep: until }, 1: { is: 'unreadable keep' } });
    const now = (time: string) => verdicts(nights, { now: time }).slice(0, 2);
    expect(now('2026-11-30T23:59:59.999Z')).toEqual(['kept (yearly)', 'kept (daily)']);
    expect(now(until)).toEqual(['yearly', 'kept (daily)']);
  });
});

import { expect, test } from 'vitest';
import { statusOf } from '../../lib/cli/text/progress-words.ts';

const AWAY_SINCE = '2026-11-22T02:00:00.000Z';
const after = (minutes: number, awaySince: string | null | undefined = AWAY_SINCE): string =>
  statusOf(
    'CheckRestore',
    { restoring: { lastStatus: 'started', awaySince } },
    Date.parse(AWAY_SINCE) + minutes * 60_000,
  );

test.each([
  [0, 'execution started'],
  [4.9, 'execution started'],
  [5, /^execution started, no answer for over 5 min: .*cfy_manager status/],
  [14, /over 5 min/],
  [15, /over 15 min/],
  [600, /over 240 min/],
])('a manager that has not answered for %d min in a restore', (minutes, said) => {
  expect(after(minutes)).toMatch(said);
});

test('one that answers, and a state of an older run that does not say', () => {
  expect([after(60, null), statusOf('CheckRestore', { restoring: { lastStatus: 'started' } }, Date.now())]).toEqual([
    'execution started',
    'execution started',
  ]);
});

import { expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../lib/base/durations.ts';

test('a day is 24 hours of 60 minutes of 60 seconds of 1,000 ms', () => {
  const start = Date.parse('2026-03-01T00:00:00Z');
  expect(start + days(31)).toBe(Date.parse('2026-04-01T00:00:00Z'));
  expect(start + hours(1.5)).toBe(Date.parse('2026-03-01T01:30:00Z'));
  expect(start + minutes(90)).toBe(start + hours(1.5));
  expect(seconds(0.5)).toBe(500);
});

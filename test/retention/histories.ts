import fc from 'fast-check';
import type { Happening, History } from './player.ts';

/** Days are few, so that some happenings go through all of an archive's life. */
const POLICIES = [
  { held: 2, days: { daily: 4, weekly: 10, monthly: 40, yearly: 100 }, undoDays: 2 },
  { held: 1, days: { daily: 3, weekly: 3, monthly: 8, yearly: 400 }, undoDays: 1 },
  { held: 4, days: { daily: 9, weekly: 21, monthly: 45, yearly: 60 }, undoDays: 3 },
  { held: 3, days: { daily: 2, weekly: 2, monthly: 2, yearly: 2 }, undoDays: 1 },
];

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe'];

/** Just before the clocks change in spring and in autumn, a leap day, ends of years with 52 and with 53 weeks. */
const STARTS = [
  '2026-03-26',
  '2026-10-22',
  '2028-02-26',
  '2026-12-29',
  '2025-12-28',
  '2027-12-30',
  '2011-12-27',
  '2026-04-02',
];

const kill = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 160 }) },
);
const pick = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, { weight: 1, arbitrary: fc.nat(40) });

const night: fc.Arbitrary<Happening> = fc.record({
  what: fc.constant('night' as const),
  minute: fc.integer({ min: 0, max: 1439 }),
  result: fc.constantFrom('good', 'good', 'good', 'good', 'flagged', 'failed', 'corrupt'),
  lateDays: fc.constantFrom(0, 0, 0, 0, 3, 30),
  hours: fc.integer({ min: 1, max: 300 }),
  kills: fc.array(kill, { maxLength: 2 }),
});

const days = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: 13, max: 200 }) },
);
const wait: fc.Arbitrary<Happening> = fc.record({ what: fc.constant('wait' as const), days });
const scrub: fc.Arbitrary<Happening> = fc.record({
  ...{ what: fc.constant('scrub' as const), pick, kill },
  damaged: fc.constantFrom(true, true, false),
});
const keep: fc.Arbitrary<Happening> = fc.record({
  ...{ what: fc.constant('keep' as const), pick, kill },
  days: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 60 })) as fc.Arbitrary<number | null>,
});
const unkeep: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom('unkeep' as const, 'accept' as const),
  pick,
});
const policy: fc.Arbitrary<Happening> = fc.record({
  what: fc.constant('policy' as const),
  policy: fc.constantFrom(...POLICIES),
});

const alone = fc.oneof(
  { weight: 12, arbitrary: night },
  { weight: 3, arbitrary: scrub },
  { weight: 2, arbitrary: keep },
  { weight: 2, arbitrary: unkeep },
);
const together: fc.Arbitrary<Happening> = fc.record({
  what: fc.constant('together' as const),
  these: fc.array(alone, { minLength: 2, maxLength: 3 }),
  seed: fc.nat(),
});

export const histories: fc.Arbitrary<History> = fc.record({
  zone: fc.constantFrom(...ZONES),
  start: fc.constantFrom(...STARTS),
  policy: fc.constantFrom(...POLICIES),
  happenings: fc.array(
    fc.oneof(
      { weight: 14, arbitrary: alone },
      { weight: 3, arbitrary: wait },
      { weight: 1, arbitrary: together },
      { weight: 1, arbitrary: policy },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
});

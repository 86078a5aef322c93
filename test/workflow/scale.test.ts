import { describe, expect, test } from 'vitest';
import { assumptions, copyMemoryMB, GiB, planOf } from '../../bench/scale-model.ts';
import { simulate } from '../../bench/scale-run.ts';
import { defaults } from '../../lib/base/settings.ts';
import { planParts } from '../../lib/transfer/part-plan.ts';

/** The scale model (bench/README.md) against the state machine itself, in virtual time. */
describe.each([1, 156, 1000, 5120])('an export of %d GiB', (size) => {
  test('copies as fast as the manager gives, with a flat state, a history that fits, and no function too long', async () => {
    const plan = planOf(size * GiB);
    const run = await simulate(plan, 512);
    const ideal = (size * GiB) / assumptions.managerBytesPerSecond;
    // One span has a quarter of the line; the last of many is alone for a while.
    const share = size === 1 ? assumptions.spansAtOnce : 1;
    expect(run.copySeconds).toBeGreaterThanOrEqual(ideal * share);
    expect(run.copySeconds).toBeLessThan(ideal * share * 1.12 + 60);
    expect(run.largestPayload).toBeLessThan(32_000);
    expect(run.historyEvents).toBeLessThan(20_000);
    expect(run.longestStep).toBeLessThan(900);
  });
});

test('5 TiB are refused by name as things stand, and are 833 spans of 6 GiB', () => {
  expect(() => planParts(5120 * GiB, true, defaults, 'The archive')).toThrow(
    expect.objectContaining({ name: 'ArchiveTooLarge', message: expect.stringMatching(/OFFSITE_SPAN_SIZE/) }),
  );
  const plan = planOf(5120 * GiB);
  expect([plan.spanSize / GiB, plan.cut.spans]).toEqual([6, 833]);
});

test('up to 1,000 GiB the 512 MB of CopySpan hold what it needs; at 5 TiB they do not', () => {
  expect(1.3 * copyMemoryMB(planOf(1000 * GiB).cut.partSize)).toBeLessThan(512);
  expect(copyMemoryMB(planOf(5120 * GiB).cut.partSize)).toBeGreaterThan(512);
});

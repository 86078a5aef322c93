import { afterAll, beforeAll, expect, test } from 'vitest';
import { days } from '../../lib/base/durations.ts';
import { configuredRules, functionConfigOf } from '../../lib/config/function-config.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { underPolicy } from '../support/policy.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
  expect((await world.run()).outcome.status).toBe('SUCCEEDED');
});
afterAll(async () => await world.stop());

/** The digest of an installation with so many managers, of which m1 alone is exported, with the rights of its function. */
async function digest(many: number, input: unknown = { scheduledTime: '2026-11-23T07:00:00Z' }) {
  const ids = ['m1', ...Array.from({ length: many - 1 }, (_, i) => `site-${i}`)];
  const config = functionConfigOf(parseConfig({ version: 2, managers: ids.map((id) => ({ id })) }));
  const rulesOf = (manager: string) => configuredRules(config, manager);
  const { refused, run } = underPolicy(world);
  const parts = { ...(many === 1 ? run.parts : {}), rulesOf, configured: Object.keys(config.managers) };
  return { ...(await world.run({ machine: 'digest', input, ...(many === 1 ? run : {}), parts })), refused };
}

test('one manager that is backed up: one message that says so', async () => {
  const { outcome, published, refused } = await digest(1);
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'good', managers: 1, good: 1 } });
  expect(published.map(({ subject }) => subject)).toEqual(['cloudify-offsite: 1 of 1 managers backed up']);
  expect(refused).toEqual([]);
});

test('150 managers are one message, with as many names as it has room for', async () => {
  const { outcome, published } = await digest(150);
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'attention', managers: 150, good: 1 } });
  expect(published.map(({ subject }) => subject)).toEqual([
    'cloudify-offsite: 1 of 150 managers backed up, attention needed',
  ]);
  const { overdue = [], notes = [] } = (published[0]?.body ?? {}) as { overdue?: unknown[]; notes?: string[] };
  expect([overdue.length, notes.length, notes.at(-1)]).toEqual([100, 51, 'and 99 more managers: see offsite status']);
  // A message of SNS has room for 256 KB.
  expect(JSON.stringify(published[0]?.body).length).toBeLessThan(20_000);
});

test('an archive that is older than the alarm allows is overdue', async () => {
  world.clock.advance(days(3) / 1000);
  const { published } = await digest(1);
  expect(published[0]?.body).toMatchObject({ outcome: 'attention', overdue: [{ manager: 'm1' }] });
});

test.each([['text'], [{ manager: 'm1' }]])('the input %j is refused by name', async (input) => {
  expect((await digest(1, input)).outcome).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
});

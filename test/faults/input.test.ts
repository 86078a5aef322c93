import { expect, test } from 'vitest';
import { World } from '../support/world.ts';

const reasons: readonly [string, unknown, RegExp][] = [
  ['no manager', {}, /manager/],
  ['a manager in capitals', { manager: 'M1' }, /manager.*lower-case letters/],
  ['a manager with a slash', { manager: 'm1/../x' }, /manager/],
  ['a number for a manager', { manager: 7 }, /manager/],
  ['a field that nobody knows', { manager: 'm1', managers: [] }, /managers/],
  ['a time that is none', { manager: 'm1', scheduledTime: 'tonight' }, /scheduledTime/],
  ['the 30th of February', { manager: 'm1', scheduledTime: '2026-02-30T02:00:00Z' }, /scheduledTime/],
  ['a time without a zone', { manager: 'm1', scheduledTime: '2026-11-22T02:00:00' }, /scheduledTime/],
  ['a time beyond the calendar', { manager: 'm1', scheduledTime: '9999-12-31T23:59:59-10:00' }, /scheduledTime/],
  ['a novel for a reason', { manager: 'm1', reason: 'x'.repeat(501) }, /reason/],
  ['a text', 'm1', /expected object/],
  ['a list', ['m1'], /expected object/],
  ['nothing', null, /expected object/],
];

test.each(reasons)('%s: InvalidInput names it, one message goes out, nothing is touched', async (_, input, names) => {
  const world = await World.start();
  const result = await world.run({ input });
  expect(result.outcome).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
  expect(result.outcome).toMatchObject({ cause: expect.stringMatching(names) });
  expect(result.outcome).toMatchObject({
    cause: expect.stringMatching(/^The execution input is not valid: [^\n]*Nothing was started\.$/),
  });
  expect(result.published).toHaveLength(1);
  expect(world.manager.requests).toEqual([]);
  expect(await world.files('')).toEqual([]);
  await world.checkInvariants([result]);
  await world.stop();
});

test('a time in another zone is the same night', async () => {
  const world = await World.start();
  const first = await world.run({ input: { manager: 'm1', scheduledTime: '2026-11-22T03:00:00+01:00' } });
  const second = await world.run({
    input: { manager: 'm1', scheduledTime: '2026-11-22T02:00:00.750Z', reason: 'again' },
  });
  expect(first.outcome.status).toBe('SUCCEEDED');
  expect(second.outcome).toMatchObject({ output: { claim: { outcome: 'duplicate' } } });
  expect((await world.manifests()).map((one) => one.snapshot.id)).toEqual(['offsite-20261122T020000Z']);
  await world.stop();
});

test('a manager whose secret does not exist, or is not whole, is named with the field', async () => {
  const world = await World.start({ secret: { endpoints: ['http://127.0.0.1:1/console'] } });
  const result = await world.run();
  expect(result.outcome).toMatchObject({
    error: 'InvalidSecret',
    cause: expect.stringMatching(/The secret of manager m1 is not valid: endpoints.*without a path/),
  });
  await world.checkInvariants([result]);
  await world.stop();
});

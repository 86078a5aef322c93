import { afterAll, beforeAll, expect, test } from 'vitest';
import { underPolicy } from '../support/policy.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
  expect((await world.run()).outcome.status).toBe('SUCCEEDED');
});
afterAll(async () => await world.stop());

const diagnose = async (input: unknown) => {
  const { refused, run } = underPolicy(world);
  return { ...(await world.run({ machine: 'diagnose', input, ...run })), refused };
};

test('with the rights of its function it reads manager and bucket, and writes to neither', async () => {
  const before = await world.files('.');
  const asked = world.manager.requests.length;
  const { outcome, refused, published } = await diagnose({ manager: 'm1' });
  expect(outcome.status).toBe('SUCCEEDED');
  const { checks } = (outcome as { output: { checks: { what: string; state: string; text: string }[] } }).output;
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(checks).toContainEqual({
    what: 'bucket from the VPC',
    state: 'ok',
    text: expect.stringMatching(/decrypted$/),
  });
  expect([refused, published]).toEqual([[], []]);
  expect(await world.files('.')).toEqual(before);
  const methods = world.manager.requests.slice(asked).map(({ method }) => method);
  expect([...new Set(methods)].sort()).toEqual(['GET', 'HEAD']);
});

test.each([['m1'], [{ manager: 'M 1' }], [{ manager: 'm1', scheduledTime: 'now' }]])(
  'the input %j is refused by name',
  async (input) => {
    expect((await diagnose(input)).outcome).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
  },
);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysOf } from '../../lib/storage/layout.ts';
import { underPolicy } from '../support/policy.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
  expect((await world.run()).outcome.status).toBe('SUCCEEDED');
});
afterAll(async () => await world.stop());

const decide = async (input: unknown) => {
  const { refused, run } = underPolicy(world);
  const { outcome } = await world.run({ machine: 'decide', input, ...run });
  return { outcome, refused };
};

test.each([
  [{ decision: 'keep', until: null }, 'kept'],
  [{ decision: 'keep', until: null }, 'kept'],
  [{ decision: 'unkeep' }, 'released'],
  [{ decision: 'accept', reason: 'moved' }, 'nothing odd'],
])('%j is recorded with no more rights than its function has', async (decision, outcome) => {
  const done = await decide({ manager: 'm1', snapshot: await only(), ...decision });
  expect(done).toMatchObject({ outcome: { status: 'SUCCEEDED', output: { outcome } }, refused: [] });
});

test.each([
  ['no object', 'keep'],
  ['no time with keep', { manager: 'm1', snapshot: 'offsite-20261122T020000Z', decision: 'keep' }],
  ['a time with unkeep', { manager: 'm1', snapshot: 'offsite-20261122T020000Z', decision: 'unkeep', until: null }],
  ['another field', { manager: 'm1', snapshot: 'offsite-20261122T020000Z', decision: 'accept', who: 'me' }],
])('an input with %s is refused by name', async (_, input) => {
  expect((await decide(input)).outcome).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
});

test('what was recorded is signed', async () => {
  const { keep } = keysOf('m1', await only());
  expect(JSON.parse(await world.text(keep))).toMatchObject({ signature: expect.anything() });
});

async function only(): Promise<string> {
  return (await world.manifests())[0]?.snapshot.id ?? '';
}

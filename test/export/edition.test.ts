import { afterEach, expect, test } from 'vitest';
import { World } from '../support/world.ts';

let world: World | undefined;

afterEach(async () => {
  await world?.stop();
});

test.each(['7.0.1', '7.0.5', '7.1.0.dev1'])(
  'a community manager of %s is refused within the first look, and nothing is asked of it',
  async (version) => {
    world = await World.start({ manager: { version, edition: 'community' } });
    const { report } = await world.run();
    expect(report).toMatchObject({ outcome: 'failed', error: 'ManagerUnsupported' });
    expect(report?.message).toMatch(
      `Manager m1 is the community edition of ${version}, which cannot make a snapshot that a manager restores`,
    );
    expect(world.manager.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(world.manager.state.snapshots).toEqual([]);
  },
);

test.each([
  ['6.4.2', 'community'],
  ['7.0.0', 'community'],
  ['7.0.1', 'premium'],
  ['7.1.0.dev1', 'premium'],
] as const)('a manager of %s %s makes plain snapshots', async (version, edition) => {
  world = await World.start({ manager: { version, edition } });
  expect((await world.run()).report).toMatchObject({ outcome: 'succeeded' });
});

test.each([
  'The disk is full.',
  'The disk is full...',
  'The disk is full.\n',
  'Traceback (most recent call last):\n  …\nOSError: The disk is full. ',
])('a sentence about what a manager says has one full stop: %j', async (error) => {
  world = await World.start();
  world.manager.faults.inject('createFails', { error });
  expect((await world.run()).report?.message).toMatch(/The disk is full\.( |$)(?!.*\.\.)/);
});

import { afterEach, expect, test } from 'vitest';
import { World } from '../support/world.ts';

let world: World;
afterEach(async () => await world.stop());

test('an export stores what the manager has, byte for byte, and vouches for it', async () => {
  world = await World.start();
  const result = await world.run();
  expect(result.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
  const [manifest] = await world.manifests();
  expect(manifest).toBeDefined();
  await world.checkInvariants([result]);
});

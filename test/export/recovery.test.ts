import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Notifier, Occasion } from '../../lib/base/ports.ts';
import { manager } from '../support/breakages.ts';
import { World } from '../support/world.ts';

/* Whether a success is a recovery is known from the records of the runs before it, in whatever process. */

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const fails = manager('createFails', { error: 'disk full' });

async function night(broken = false, scheduledTime?: string): Promise<string> {
  world.sleepTillTomorrow();
  const heard: Occasion[] = [];
  const notifier: Notifier = {
    publish: async (_subject, _body, occasion) => {
      heard.push(occasion);
      return undefined;
    },
  };
  const broke = broken ? fails(world) : undefined;
  await world.run({ processes: 'each', notifier, ...(scheduledTime === undefined ? {} : { scheduledTime }) });
  await broke?.mend();
  return heard.map(({ outcome }) => outcome).join();
}

test('the first success after failures is a recovery, once', async () => {
  expect(await night()).toBe('success');
  expect(await night(true)).toBe('failure');
  expect(await night(true)).toBe('failure');
  expect(await night()).toBe('recovery');
  expect(await night()).toBe('success');
});

test('a failed run that is run again by its own time is a recovery, though its record is taken over', async () => {
  const scheduledTime = world.clock.now().toISOString();
  expect(await night(true, scheduledTime)).toBe('failure');
  expect(await night(false, scheduledTime)).toBe('recovery');
  expect(await night()).toBe('success');
});

import { afterEach, describe, test } from 'vitest';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

/** Three nodes behind one address: every call is answered by another one. Nothing is broken. */

const HOUR = 3600;
const balancers: Balancer[] = [];
afterEach(async () => {
  await Promise.all(balancers.splice(0).map((one) => one.close()));
});

const behind =
  (passesOver502 = true) =>
  async ({ world, target }: RestoreWorld) => {
    const balancer = await startBalancer(target.urls, passesOver502);
    balancers.push(balancer);
    Object.assign(world.secret, { endpoints: [balancer.url] });
  };

const restored = (version: string, target: object): RestoreCase => ({
  name: version,
  world: { version, source: { version, edition: 'premium' }, target: { nodes: 3, restoreNode: 2, ...target } },
  prepare: behind(),
  ends: 'SUCCEEDED',
  notes: /The manager has 3 nodes: stop all but one/,
});

describe.each(['5.2.7', '6.4.2', '7.0.5'])('%s behind a load balancer', (version) => {
  test('files reach the other nodes half a minute later: waited for', async () => {
    await playRestore({ ...restored(version, { replicationSeconds: 30 }), within: 600 });
  });

  test('the same, as a stream', async () => {
    await playRestore({ ...restored(version, { replicationSeconds: 30 }), input: { method: 'stream' }, within: 600 });
  });

  test('that passes on the 502 of the node that restores', async () => {
    await playRestore({ ...restored(version, { restoreSeconds: 600 }), prepare: behind(false), within: 900 });
  });

  test('a restore of 4 h, in which legacy lines reject all passwords for over an hour', async () => {
    await playRestore({ ...restored(version, { restoreSeconds: 4 * HOUR }), within: 4.2 * HOUR });
  });
});

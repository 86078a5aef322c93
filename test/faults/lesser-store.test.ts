import { crc32 } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { LACKS, type Lack, startLesserStore } from '../support/lesser-store.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { World } from '../support/world.ts';
import { KiB } from '../support/world-options.ts';

const stopping: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
});

/** The world's store, as it looks to somebody from whom it hides what it lacks. */
async function lesser(world: World, lacks: readonly Lack[]) {
  const store = await startLesserStore(world.s3.url, lacks);
  const s3 = s3Client({ ...world.s3.access, endpoint: store.url, maxAttempts: 1 });
  stopping.push(
    () => store.close(),
    () => s3.destroy(),
  );
  return { s3 };
}

const CHECKSUMS = [
  'lists parts without CRC-32',
  'shows no checksum of an object',
  'shows a checksum of the checksums of parts',
] as const;

test.each([
  ...CHECKSUMS.map((name) => [name, LACKS[name]] as const),
  ['has none of these checksums', CHECKSUMS.flatMap((name): readonly Lack[] => LACKS[name])] as const,
])('parts of a store that %s: a copy that breaks off is whole in the end, by our own sums', async (_, lacks) => {
  const world = await World.start();
  stopping.push(() => world.stop());
  const parts = await lesser(world, lacks);
  world.manager.faults.inject('dropConnectionAtByte', { afterBytes: 50 * KiB }, { times: 2 });
  const { outcome } = await world.run({ parts });
  expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
  const [manifest] = await world.manifests();
  const { key = '', parts: count = 0, crc32: sum } = manifest?.archive ?? {};
  expect(count).toBeGreaterThan(4);
  expect(sum).toBe(crc32ToBase64(crc32(await world.bytes(key))));
});

test.each([
  'names no versions, and refuses the id "null"',
  'names no versions, and has no list of them',
  'names versions, and has no list of them',
  'has no tags',
] as const)('from a store that %s an archive is restored', async (name) => {
  const both = await RestoreWorld.start();
  stopping.push(() => both.stop());
  const parts = await lesser(both.world, LACKS[name]);
  both.world.clock.advance(3600);
  const scheduledTime = both.world.clock.now().toISOString();
  const made = await both.world.run({ scheduledTime, parts: { ...parts, secret: both.sourceSecret } });
  expect(made.outcome).toMatchObject({ status: 'SUCCEEDED' });
  const snapshot = both.world.snapshotOfRun;
  const { restoreReport } = await both.restore({}, { parts });
  expect(restoreReport).toMatchObject({ outcome: 'succeeded' });
  expect(JSON.stringify(restoreReport)).toContain(snapshot);
});

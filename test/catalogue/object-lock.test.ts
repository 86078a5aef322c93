import type { PutObjectRetentionCommandInput } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { Nights } from '../support/nights.ts';
import { underPolicy } from '../support/policy.ts';
import type { World } from '../support/world.ts';

const running: Nights[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((nights) => nights.stop()));
});

/** A store that takes locks, which the embedded one does not know, and grants what the table says. */
function withLock(world: World, lock?: { mode: 'governance' | 'compliance'; days: number }) {
  const { refused, run } = underPolicy(world);
  const locks: PutObjectRetentionCommandInput[] = [];
  run.parts.s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'PutObjectRetentionCommand') return await next(args);
        locks.push(args.input as PutObjectRetentionCommandInput);
        return { output: { $metadata: {} }, response: {} } as never;
      },
    // After the policy has been asked.
    { step: 'initialize', priority: 'low', name: 'locks' },
  );
  const rulesOf = () => ({ ...defaultRules, ...(lock ? { lock } : {}) });
  return { refused, locks, run: { parts: { ...run.parts, rulesOf } } };
}

async function begin(): Promise<Nights> {
  const nights = await Nights.begin();
  running.push(nights);
  nights.world.sleepTillTomorrow();
  return nights;
}

const DAYS = 14;

test('a recorded archive and its manifest are locked, each version by its id, from the storing on', async () => {
  const nights = await begin();
  const { world } = nights;
  const { refused, locks, run } = withLock(world, { mode: 'compliance', days: DAYS });
  await nights.play({ name: 'a night', run, ends: 'SUCCEEDED' });
  const manifest = (await world.manifests()).find(({ snapshot }) => snapshot.id === world.snapshotOfRun);
  const until = new Date(Date.parse(manifest?.times.stored ?? '') + DAYS * 86_400_000);
  const lock = { Mode: 'COMPLIANCE', RetainUntilDate: until };
  expect(locks.map(({ Key, VersionId, Retention }) => ({ Key, VersionId, Retention }))).toEqual([
    { Key: manifest?.archive.key, VersionId: manifest?.archive.versionId, Retention: lock },
    { Key: keysOf('m1', world.snapshotOfRun).manifest, VersionId: expect.any(String), Retention: lock },
  ]);
  expect(refused).toEqual([]);
});

test('a night that dies before the lock is locked by the one that takes it over, until the same time', async () => {
  const nights = await begin();
  const { world } = nights;
  const first = withLock(world, { mode: 'governance', days: DAYS });
  await world.run({ ...first.run, kill: { step: 'RecordArchive', when: 'after' } });
  const second = withLock(world, { mode: 'governance', days: DAYS });
  await nights.again({ run: second.run }, world.snapshotOfRun);
  expect(second.locks).toEqual(first.locks);
  expect(second.locks).toHaveLength(2);
});

test('what was never recorded is not locked, so clean-up can remove it', async () => {
  const nights = await begin();
  const { world } = nights;
  const { locks, run } = withLock(world, { mode: 'governance', days: DAYS });
  await world.run({ ...run, kill: { step: 'VerifySpan', when: 'before' } });
  expect(await world.files('archives')).toHaveLength(2);
  expect(locks).toEqual([]);
});

test('without Object Lock nothing is locked', async () => {
  const nights = await begin();
  const { locks, run } = withLock(nights.world);
  await nights.play({ name: 'a night', run, ends: 'SUCCEEDED' });
  expect(locks).toEqual([]);
});

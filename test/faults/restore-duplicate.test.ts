import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { manager } from '../support/breakages.ts';
import { changesAsked, restoresOn } from '../support/restore-breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { playIn, playRestore } from '../support/restores.ts';

describe('the same restore started again', () => {
  test.each<[StepName, number]>([
    ['SelectArchive', 1],
    ['UploadArchive', 1],
    ['StartRestore', 1],
    ['CheckRestore', 3],
    ['VerifyRestore', 1],
    ['TidyTarget', 1],
  ])('while the first is at %s is refused, and takes nothing away from it', async (at, nth) => {
    let played = 0;
    await playRestore({
      name: at,
      world: { version: '6.4.2' },
      ends: 'SUCCEEDED',
      during: async (both, step, call) => {
        if (step !== at || call !== nth) return;
        const before = changesAsked(both);
        await playIn(both, {
          name: 'second',
          ends: 'TargetClaimed',
          says: /is at work on manager m2 \(execution .*Wait for it, or stop that execution first/,
          unclaimed: true,
        });
        expect(changesAsked(both), 'nothing was asked of the manager').toEqual(before);
        played += 1;
      },
      also: (both) => expect(restoresOn(both)).toEqual(['terminated']),
    });
    expect(played).toBe(1);
  });

  test('after it has ended is one of its own: refused as the manager is not empty', async () => {
    const both = await RestoreWorld.start();
    await playIn(both, { name: 'first', ends: 'SUCCEEDED' });
    await playIn(both, { name: 'second', ends: 'TargetNotEmpty' });
    expect(await both.evidence()).toHaveLength(2);
    await both.stop();
  });

  test('after it has ended, with force: restored once more', async () => {
    const both = await RestoreWorld.start({ version: '6.4.2' });
    await playIn(both, { name: 'first', ends: 'SUCCEEDED' });
    Object.assign(both.world.secret, { password: both.sourcePassword });
    await playIn(both, { name: 'second', input: { force: true }, ends: 'SUCCEEDED' });
    await both.stop();
  });

  test('after a failed one: nothing of that is in its way', async () => {
    const both = await RestoreWorld.start();
    await playIn(both, { name: 'first', broken: manager('uploadOtherBytes', {}), ends: 'UploadMismatch' });
    await playIn(both, { name: 'second', ends: 'SUCCEEDED' });
    await both.stop();
  });

  test('while the worker of the first, lost one may still be at it: refused for as long as that runs', async () => {
    const both = await RestoreWorld.start();
    await playIn(both, { name: 'first', broken: manager('restoreForever', {}), ends: 'RestoreUnknown', atWork: true });
    await playIn(both, { name: 'second', ends: 'ManagerBusy', says: /restore_snapshot \S+ \(started\)/, atWork: true });
    await both.stop();
  });

  test('after one whose manager had gone: its claim is taken over, its upload is left to people', async () => {
    const both = await RestoreWorld.start();
    const broken = [manager('uploadOtherBytes', {}), manager('refuse', {}, { step: 'TidyTarget' })];
    await playIn(both, { name: 'first', broken, ends: 'UploadMismatch', atWork: true, claimStays: true });
    await playIn(both, { name: 'second', ends: 'SUCCEEDED', atWork: true });
    await both.stop();
  });
});

describe('a manager that another machine has claimed', () => {
  const claim =
    (hoursAgo: number) =>
    async ({ world }: RestoreWorld) => {
      const claimedAt = new Date(world.clock.now().getTime() - hoursAgo * 3600_000).toISOString();
      const restore = '20261122T020000Z-00000000';
      const who = { manager: 'm2', restore, execution: 'arn:of:aws', claimedAt, state: 'held' };
      await world.put('claims/m2.json', JSON.stringify({ schema: 'cloudify-offsite/claim/1', ...who }));
    };

  test('is left to it for as long as it can live', async () => {
    await playRestore({ name: '40 h', prepare: claim(40), ends: 'TargetClaimed', says: /arn:of:aws/, unclaimed: true });
  });
  test('is taken over when it cannot live any more', async () => {
    await playRestore({ name: '50 h', prepare: claim(50), ends: 'SUCCEEDED' });
  });
  test('is not claimed by words that are none', async () => {
    const both = await RestoreWorld.start();
    await both.world.put('claims/m2.json', '{"held": true}');
    const { outcome } = await both.restore();
    const cause = expect.stringMatching(/claims\/m2\.json is not a record that this version knows/);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'RecordConflict', cause });
    expect(both.target.requests).toEqual([]);
    expect(await both.world.text('claims/m2.json')).toBe('{"held": true}');
    await both.stop();
  });
});

describe('an export of the target', () => {
  const created = ({ target }: RestoreWorld) =>
    target.state.executions.find((row) => row.workflowId === 'create_snapshot');

  test('waits while it is restored: what it would hold is half a manager', async () => {
    const both = await RestoreWorld.start({ target: { restoreSeconds: 600 } });
    let exported: unknown;
    const { outcome } = await both.restore(
      {},
      {
        before: async (step, call) => {
          if (step !== 'CheckRestore' || call !== 9) return;
          const scheduledTime = both.world.clock.now().toISOString();
          exported = (await both.world.run({ input: { manager: 'm2', scheduledTime }, scheduledTime })).outcome;
        },
      },
    );
    expect([outcome, exported]).toMatchObject([{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }]);
    const [evidence] = await both.evidence();
    expect(evidence?.state).toBe('succeeded');
    const restored = both.target.state.executions.find((row) => row.workflowId === 'restore_snapshot');
    expect(created(both)?.createdAt.getTime()).toBeGreaterThan(
      restored?.endedAt?.getTime() ?? Number.POSITIVE_INFINITY,
    );
    await both.stop();
  });

  test('that is under way is waited for', async () => {
    const both = await RestoreWorld.start({ target: { createSeconds: 400 } });
    const scheduledTime = both.world.clock.now().toISOString();
    const { outcome } = await both.world.run({
      input: { manager: 'm2', scheduledTime },
      scheduledTime,
      before: async (step, call) => {
        if (step !== 'CheckSnapshot' || call !== 3) return;
        expect(created(both)?.status).not.toBe('terminated');
        await playIn(both, { name: 'meanwhile', ends: 'SUCCEEDED' });
        expect(created(both)?.status).toBe('terminated');
      },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    await both.stop();
  });
});

import { describe, expect, test } from 'vitest';
import { timeOfSnapshotId } from '../../lib/base/ids.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { handlersOf } from '../../lib/local/handlers.ts';
import { type Breakage, manager, storageForEver } from '../support/breakages.ts';
import { openUploads } from '../support/invariants.ts';
import { type ErrorName, Nights, playAlone } from '../support/nights.ts';
import type { RunResult, World } from '../support/world.ts';

const writes = (world: World) =>
  (['PutObject', 'DeleteObject', 'AbortMultipartUpload', 'PutObjectTagging'] as const)
    .map((operation) => world.s3.requests(operation))
    .reduce((sum, count) => sum + count);

/** Runs the same night once more, and holds that this changes nothing anywhere. */
async function playDuplicate(world: World, snapshot: string): Promise<void> {
  const before = [writes(world), world.manager.requests.length];
  const result = await world.run({ scheduledTime: timeOf(snapshot) });
  expect(result.outcome).toMatchObject({ status: 'SUCCEEDED', output: { claim: { outcome: 'duplicate' } } });
  expect(result.published, 'the owner reports').toEqual([]);
  expect([writes(world), world.manager.requests.length], 'writes to storage, requests to the manager').toEqual(before);
}

function timeOf(snapshot: string): string {
  return timeOfSnapshotId(snapshot)?.toISOString() ?? '';
}

describe('a second delivery of the same night', () => {
  test.each<StepName>(['CreateSnapshot', 'CheckSnapshot', 'PlanTransfer', 'CopySpan', 'VerifySpan', 'ReportRun'])(
    'while the first is at %s is a harmless duplicate',
    async (at) => {
      let played = 0;
      await playAlone({
        name: at,
        // One span, so that nothing else is under way that could write.
        world: { settings: { spanSize: 1024 * 1024 } },
        ends: 'SUCCEEDED',
        during: async (world, step, call) => {
          if (step !== at || call !== 1) return;
          await playDuplicate(world, world.snapshotOfRun);
          played += 1;
        },
      });
      expect(played).toBe(1);
    },
  );

  test('after success changes nothing', async () => {
    const nights = await Nights.begin();
    await nights.play({ name: 'tonight', ends: 'SUCCEEDED' });
    await playDuplicate(nights.world, nights.world.snapshotOfRun);
    await nights.checkNothingChanged();
    await nights.stop();
  });

  test('that cannot even read the records fails, and leaves the first one its upload and its snapshot', async () => {
    await playAlone({
      name: 'the second is blind',
      ends: 'SUCCEEDED',
      during: async (world, step, call) => {
        if (step !== 'CopySpan' || call !== 3) return;
        const where = { operation: 'GetObject', step: 'ClaimRun', key: /^runs/ } as const;
        const blindness = storageForEver(where, 'accessDenied')(world);
        const second = await world.run({ scheduledTime: timeOf(world.snapshotOfRun) });
        await blindness.mend();
        expect(second.outcome).toMatchObject({ status: 'FAILED', error: 'StorageRefused' });
        expect(second.report?.notes).toEqual([]);
      },
    });
  });
});

describe('a second delivery of PlanTransfer, whose first answer counts', () => {
  /** As Lambda does when its answer is lost and the first invocation lives on. */
  async function planAgain(world: World): Promise<void> {
    const snapshot = world.snapshotOfRun;
    const execution = (await world.runRecord(snapshot))?.execution ?? '';
    const deps = localDeps(world.parts(new AbortController().signal));
    await handlersOf(deps).PlanTransfer({ manager: 'm1', node: world.manager.urls[0], snapshot, execution });
    await deps.close();
  }

  test.each<[StepName, number]>([
    ['CopySpan', 1],
    ['CopySpan', 3],
    ['CompleteTransfer', 1],
  ])('at %s %i: the upload of the first goes on, and that of the second is ended', async (at, nth) => {
    await playAlone({
      name: at,
      ends: 'SUCCEEDED',
      during: async (world, step, call) => {
        if (step === at && call === nth) await planAgain(world);
        if (step === 'RecordArchive') expect(await openUploads(world)).toEqual([]);
      },
    });
  });
});

describe('another night of the same manager', () => {
  test.each<StepName>(['CheckSnapshot', 'CopySpan'])(
    'that begins while the first is at %s takes nothing away from it',
    async (at) => {
      let second: RunResult | undefined;
      await playAlone({
        name: at,
        ends: 'SUCCEEDED',
        during: async (world, step, call) => {
          if (step !== at || call !== 2) return;
          second = await world.run();
        },
      });
      expect(second?.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
    },
  );
});

describe('a night that failed', () => {
  test.each<[string, ErrorName, Breakage]>([
    ['before its snapshot was made', 'SnapshotFailed', manager('createFails', { error: 'disk full' })],
    ['in the transfer', 'TransferInterrupted', manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan' })],
    ['at verification', 'MemberCorrupt', manager('archiveCorrupt', {}, { step: 'CopySpan' })],
  ])('%s is taken over by the next delivery', async (_, ends, broken) => {
    const nights = await Nights.begin();
    const first = await nights.play({ name: 'fails', broken, ends });
    const second = await nights.again();
    expect((await nights.world.runRecord(nights.world.snapshotOfRun))?.execution).toBe(second.execution);
    expect(second.execution).not.toBe(first.execution);
    await nights.stop();
  });
});

describe('a night that another machine has claimed', () => {
  const claimed = async (hoursAgo: number) => {
    const nights = await Nights.begin();
    const { world } = nights;
    world.sleepTillTomorrow();
    const snapshot = world.snapshotNow;
    const claimedAt = new Date(world.clock.now().getTime() - hoursAgo * 3600_000).toISOString();
    const record = {
      schema: 'cloudify-offsite/run/1',
      manager: 'm1',
      snapshot,
      execution: 'arn:of:aws',
      claimedAt,
      state: 'running',
    };
    await world.put(`runs/m1/${snapshot}.json`, JSON.stringify(record));
    const result = await world.run();
    await nights.stop();
    return result.outcome;
  };

  test('is left to it for as long as it can live', async () => {
    expect(await claimed(24)).toMatchObject({
      status: 'SUCCEEDED',
      output: { claim: { outcome: 'duplicate', owner: 'arn:of:aws' } },
    });
  });
  test('is taken over when it cannot live any more', async () => {
    expect(await claimed(50)).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
  });
});

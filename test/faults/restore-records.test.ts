import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { RestoreClaim } from '../../lib/restore/target/claim.ts';
import { manager, storage, storageForEver } from '../support/breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

/** The first failure: everything after it is the failure path. */
const otherBytes = manager('uploadOtherBytes', {});
const failed = { broken: otherBytes, ends: 'UploadMismatch' } as const;

const EVIDENCE = { operation: 'PutObject', key: /^restores\// } as const;

describe('evidence', () => {
  test('that storage takes at the third attempt', async () => {
    await playRestore({
      name: 'slow',
      broken: storage(EVIDENCE, 'slowDown', 'resetBefore', 'lostResponse'),
      ends: 'SUCCEEDED',
    });
  });

  test('of a success that cannot be written: a failure, told with what became of the restore', async () => {
    await playRestore({
      name: 'refused',
      broken: storageForEver(EVIDENCE, 'accessDenied'),
      ends: 'StorageRefused',
      notes: /There is no report of this restore/,
      holds: 'archive',
      unrecorded: true,
    });
  });

  test('of a failure that cannot be written: the first failure is told all the same', async () => {
    await playRestore({
      name: 'refused',
      ...failed,
      broken: [otherBytes, storageForEver(EVIDENCE, 'internalError')],
      notes: /There is no report of this restore/,
      unrecorded: true,
    });
  });

  test('that somebody else has put there before is not overwritten', async () => {
    const both = await RestoreWorld.start();
    const before = async (step: StepName, call: number) => {
      if (step !== 'RecordRestore' || call !== 1) return;
      const { restore } = RestoreClaim.parse(JSON.parse(await both.world.text('claims/m2.json')));
      await both.world.put(`restores/m2/${restore}.json`, '{"somebody": "else"}');
    };
    const { outcome, restoreReport } = await both.restore({}, { before });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'RecordConflict' });
    expect(restoreReport?.notes.join(' ')).toMatch(/There is no report of this restore/);
    const [key = ''] = await both.world.files('restores');
    expect(await both.world.text(key)).toBe('{"somebody": "else"}');
    await both.stop();
  });

  test('and all of storage away from the restore on: told without it', async () => {
    await playRestore({
      name: 'no storage',
      ...failed,
      broken: otherBytes,
      during: ({ world }, step, call) => {
        if (step !== 'TidyTarget' || call !== 1) return;
        for (const operation of ['GetObject', 'PutObject'] as const)
          storageForEver({ operation }, 'internalError')(world);
      },
      notes: /There is no report of this restore.*could not be read|The restore report could not be read/,
      unrecorded: true,
      atWork: true,
      claimStays: true,
    });
  });
});

describe('clean-up', () => {
  const CLAIM = { operation: 'GetObject', key: /^claims\//, step: 'TidyTarget' } as const;
  const CASES: readonly RestoreCase[] = [
    {
      name: 'meets a manager that is away for a while',
      ...failed,
      broken: [otherBytes, manager('serverError', { status: 502 }, { step: 'TidyTarget', times: 3 })],
    },
    {
      name: 'meets a manager that has gone',
      ...failed,
      broken: [otherBytes, manager('refuse', {}, { step: 'TidyTarget' })],
      notes: /was not removed: Manager m2/,
      atWork: true,
      claimStays: true,
    },
    {
      name: 'is rejected',
      ...failed,
      broken: [otherBytes, manager('expiredCredentials', {}, { step: 'TidyTarget' })],
      notes: /Nothing could be removed from manager m2.*delete it by hand/,
      atWork: true,
    },
    {
      name: 'is refused the deletion',
      ...failed,
      broken: [otherBytes, manager('deleteFails', {}, { step: 'TidyTarget' })],
      notes: /was not removed|stays/,
      atWork: true,
      claimStays: true,
    },
    {
      name: 'reads its claim at the third attempt',
      ...failed,
      broken: [otherBytes, storage(CLAIM, 'slowDown', 'resetBefore')],
    },
    {
      name: 'cannot read whose the manager is: it touches nothing',
      ...failed,
      broken: [otherBytes, storageForEver(CLAIM, 'accessDenied')],
      notes: /was not removed: Bucket offsite/,
      atWork: true,
      claimStays: true,
      also: ({ target }) => expect(target.requests.filter(({ method }) => method === 'DELETE')).toEqual([]),
    },
    {
      name: 'of a success meets a manager that has gone: the restore stands',
      broken: manager('refuse', {}, { step: 'TidyTarget' }),
      ends: 'SUCCEEDED',
      notes: /was not removed: Manager m2/,
      atWork: true,
      claimStays: true,
    },
  ];
  test.each(CASES)('$name', playRestore);
});

describe('the claim', () => {
  const CLAIM = { operation: 'PutObject', key: /^claims\// } as const;
  test.each<RestoreCase>([
    {
      name: 'is written at the third attempt',
      broken: storage(CLAIM, 'slowDown', 'resetBefore', 'lostResponse'),
      ends: 'SUCCEEDED',
    },
    {
      name: 'cannot be written: nothing is asked of the manager',
      broken: storageForEver({ ...CLAIM, step: 'FindTarget' }, 'accessDenied'),
      ends: 'StorageRefused',
      unclaimed: true,
      also: ({ target }) => expect(target.requests.filter(({ method }) => method !== 'GET')).toEqual([]),
    },
    {
      name: 'cannot be released: it stays, and the restore stands',
      broken: storageForEver({ ...CLAIM, step: 'TidyTarget' }, 'accessDenied'),
      ends: 'SUCCEEDED',
      claimStays: true,
    },
  ])('$name', playRestore);
});

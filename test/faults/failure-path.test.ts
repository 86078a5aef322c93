import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { FaultKind } from '../../folder-s3/service/faults.ts';
import { ReportFailed } from '../../lib/base/errors.ts';
import { manager, storage, storageForEver } from '../support/breakages.ts';
import { openUploads } from '../support/invariants.ts';
import { type Case, Nights, playAlone } from '../support/nights.ts';
import { oneIn } from '../support/sampled.ts';

/** The first failure: everything after it is the failure path. */
const corrupt = manager('archiveCorrupt', {}, { step: 'CopySpan' });
const unstable = manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan' });

const CLEANING: readonly [Operation, RegExp | undefined, typeof corrupt, Case['ends']][] = [
  ['GetObject', /^runs\//, corrupt, 'MemberCorrupt'],
  ['GetObject', /^manifests\//, corrupt, 'MemberCorrupt'],
  ['ListMultipartUploads', undefined, corrupt, 'MemberCorrupt'],
  ['HeadObject', undefined, corrupt, 'MemberCorrupt'],
  ['DeleteObject', /^archives\//, corrupt, 'MemberCorrupt'],
  ['DeleteObject', /^inspections\//, corrupt, 'MemberCorrupt'],
  ['AbortMultipartUpload', undefined, unstable, 'TransferInterrupted'],
];

describe.each(oneIn(2, CLEANING))('RemoveUnverified: %s %s', (operation, key, first, ends) => {
  const place = { operation, step: 'RemoveUnverified' as const, ...(key ? { key } : {}) };

  let nights: Nights;
  beforeAll(async () => {
    nights = await Nights.begin();
  });
  afterAll(async () => await nights.stop());

  test.each<FaultKind>(['slowDown', 'resetBefore', 'lostResponse'])('%s: cleaned all the same', async (kind) => {
    await nights.play({ name: kind, broken: [first, storage(place, kind)], ends });
  });

  test('refused: the first failure keeps its name, people are told, the same night clears it', async () => {
    await nights.play({
      name: 'refused',
      broken: [first, storageForEver(place, 'accessDenied')],
      ends,
      // Whoever may not read the manifest removes nothing: the archive may be recorded.
      notes:
        /Clean-up did not finish: Bucket offsite could not .*start this run again|Nothing was removed, as the archive may be recorded: Bucket offsite could not read/,
      skipsInvariants: true,
    });
    await nights.again();
  });
});

const MANAGER: readonly Case[] = [
  {
    name: 'the manager does not answer for a while',
    broken: [manager('createForever', {}), manager('serverError', { status: 503 }, { step: 'CleanUp', times: 3 })],
    ends: 'SnapshotTimedOut',
    leaves: 'nothing',
  },
  {
    name: 'the manager has gone',
    broken: [manager('createForever', {}), manager('refuse', {}, { step: 'CleanUp' })],
    ends: 'SnapshotTimedOut',
    notes: /Clean-up did not finish: Manager m1/,
    leaves: 'creating',
  },
  {
    name: 'the credentials are rejected',
    broken: [manager('createForever', {}), manager('expiredCredentials', {}, { step: 'CleanUp' })],
    ends: 'SnapshotTimedOut',
    leaves: 'creating',
  },
];

describe('CleanUp and the manager', () => {
  test.each(MANAGER)('$name', playAlone);

  test('what it could not remove, the next night removes', async () => {
    const nights = await Nights.begin();
    await nights.play({
      name: 'nothing can be cleaned',
      broken: [manager('createForever', {}), manager('refuse', {}, { step: 'CleanUp' })],
      ends: 'SnapshotTimedOut',
      leaves: 'creating',
    });
    const left = nights.world.snapshotOfRun;
    await nights.play({ name: 'the next', ends: 'SUCCEEDED' });
    expect(nights.world.manager.state.snapshot(left, 'default_tenant')).toBeUndefined();
    await nights.stop();
  });

  test("what it could not remove blocks nobody's next snapshot on managers that make one thing at a time", async () => {
    const nights = await Nights.begin({ manager: { version: '6.4.0' } });
    await nights.play({
      name: 'nothing can be cleaned',
      broken: [manager('createForever', {}), manager('refuse', {}, { step: 'CleanUp' })],
      ends: 'SnapshotTimedOut',
      leaves: 'creating',
    });
    await nights.play({ name: 'the next', ends: 'SUCCEEDED' });
    await nights.stop();
  });

  test('an upload that it could not abort, the next night aborts', async () => {
    const nights = await Nights.begin();
    await nights.play({
      name: 'the upload stays',
      broken: [
        unstable,
        storageForEver({ operation: 'AbortMultipartUpload', step: 'RemoveUnverified' }, 'accessDenied'),
      ],
      ends: 'TransferInterrupted',
      skipsInvariants: true,
    });
    expect(await openUploads(nights.world)).toHaveLength(1);
    await nights.play({ name: 'the next', ends: 'SUCCEEDED' });
    await nights.stop();
  });
});

describe('ReportRun', () => {
  const mute = async () => {
    throw new ReportFailed('The report could not be sent to the topic of manager m1 (Throttling).');
  };

  test('that is not heard keeps the first failure, and nothing is left', async () => {
    await playAlone({ name: 'mute', broken: corrupt, run: { publish: mute }, ends: 'MemberCorrupt', messages: 0 });
  });

  test('that is not heard after a success ends as a failure, with the archive safe', async () => {
    await playAlone({ name: 'mute', run: { publish: mute }, ends: 'ReportFailed', messages: 0, recorded: true });
  });

  test('that is heard at the third attempt says it once', async () => {
    const heard: string[] = [];
    const publish = async (subject: string) => {
      heard.push(subject);
      if (heard.length < 3) await mute();
    };
    await playAlone({ name: 'deaf at first', run: { publish }, ends: 'SUCCEEDED', messages: 0 });
    expect(heard).toHaveLength(3);
  });
});

import { describe, expect, test } from 'vitest';
import { manager, storage } from '../support/breakages.ts';
import { at } from '../support/restore-breakages.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';

/** It failed before a restore was asked for. */
const neverAsked: Also = ({ target }) => {
  expect(target.requests.filter(({ method }) => method === 'POST')).toEqual([]);
};
const EITHER: readonly RestoreCase[] = [
  { name: 'the answer is lost', broken: manager('lostUploadResponse', {}, { times: 1 }), ends: 'SUCCEEDED' },
  { name: 'a 500, but done', broken: manager('upload500ButDone', {}, { times: 1 }), ends: 'SUCCEEDED' },
  { name: 'every answer is a 500, and all is done', broken: manager('upload500ButDone', {}), ends: 'SUCCEEDED' },
  {
    name: 'an answer without a snapshot',
    broken: manager('uploadNullReply', {}),
    ends: 'SUCCEEDED',
    notes: /had a snapshot offsite-restore-\S+ already and replaced its file/,
  },
  {
    name: 'the disk is full',
    broken: manager('uploadFull', {}),
    ends: 'ManagerUnavailable',
    says: /no space left on its disk/,
    also: neverAsked,
  },
  {
    name: 'the disk is full for a while',
    broken: manager('uploadFull', {}, { times: 2 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'cut short and accepted',
    broken: manager('uploadTruncated', { missingBytes: 1 }),
    ends: 'UploadMismatch',
    says: /m2 took the upload .* has stored 119999 bytes instead of 120000.*m2 is as it was/,
    also: neverAsked,
  },
  {
    name: 'a row without a file',
    broken: manager('uploadRowWithoutFile', {}),
    ends: 'UploadMismatch',
    says: /has stored no file instead of 120000 bytes/,
    also: neverAsked,
  },
  {
    name: 'other bytes of the same number',
    broken: manager('uploadOtherBytes', {}),
    ends: 'UploadMismatch',
    says: /has stored other bytes than the archive's, from byte 60000/,
    also: neverAsked,
  },
  {
    name: 'somebody deletes it',
    during: at('CheckUpload', ({ target: { state } }) => {
      for (const row of [...state.snapshots]) state.removeSnapshot(row);
    }),
    ends: 'SnapshotLost',
    says: /Find out who deleted it/,
    also: neverAsked,
  },
  {
    name: 'the role was taken away',
    broken: manager('forbidden', {}, { method: 'PUT' }),
    ends: 'PermissionDenied',
    also: neverAsked,
  },
  {
    name: 'the password was rotated, and the secret with it',
    during: at('UploadArchive', ({ target, world }) => {
      target.state.setPassword('admin', 'another-password');
      Object.assign(world.secret, { password: 'another-password' });
    }),
    ends: 'SUCCEEDED',
  },
];

describe.each(['url', 'stream'] as const)('UploadArchive, method %s', (method) => {
  test.each(EITHER)('$name', async (one) => {
    await playRestore({ ...one, input: { method } });
  });
});

describe('CheckUpload', () => {
  const cluster = (replicationSeconds: number) => ({
    version: '7.0.2',
    target: { nodes: 2, replicationSeconds },
  });
  test.each<RestoreCase>([
    { name: 'the file travels to the other node for a minute', world: cluster(60), ends: 'SUCCEEDED' },
    {
      name: 'the file never reaches the other node',
      world: cluster(1e6),
      ends: 'SnapshotLost',
      says: /has no file of the uploaded snapshot \(yet\)/,
      also: neverAsked,
    },
    {
      name: 'a manager that serves no ranges: the upload is read back whole',
      broken: manager('noRanges', {}),
      ends: 'SUCCEEDED',
      also: (_both, _result, evidence) => {
        expect(evidence?.compared).toEqual({ storage: 'all', upload: 'all', uploadBytes: 120_000 });
      },
    },
    {
      name: 'a large archive on a manager that serves no ranges: the size is compared, and that is said',
      world: { settings: { readBackBytes: 1000 } },
      broken: manager('noRanges', {}),
      ends: 'SUCCEEDED',
      notes: /serves no ranges: of the uploaded archive only the size was compared/,
    },
    {
      name: 'archives that break off when they are read back, twice',
      broken: manager('shortBody', { missingBytes: 5 }, { step: 'CheckUpload', times: 2 }),
      ends: 'SUCCEEDED',
    },
    {
      name: 'storage is away for a while',
      world: { settings: { readBackBytes: 1000 } },
      broken: storage({ operation: 'GetObject', step: 'CheckUpload' }, 'slowDown', 'truncateRead'),
      ends: 'SUCCEEDED',
    },
  ])('$name', playRestore);
});

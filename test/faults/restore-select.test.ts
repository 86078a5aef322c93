import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { newestManifest, removeNewestArchive } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';
import { worldSealing } from '../support/signing.ts';

/** Which archive was restored, by the evidence. */
const restored = (number: 'first' | 'second'): Also => {
  return async ({ world }, _result, evidence) => {
    const keys = (await world.files('manifests')).sort();
    const key = keys[number === 'first' ? 0 : 1] ?? '';
    expect(key).toContain(evidence?.archive?.snapshot ?? 'no archive');
  };
};

const nothingAsked: Also = ({ target }, _result, evidence) => {
  expect(target.state.snapshots).toEqual([]);
  expect(evidence?.archive, 'no archive was chosen').toBeNull();
};

async function rewrite(both: RestoreWorld, change: (manifest: Record<string, Record<string, unknown>>) => void) {
  const { key } = await newestManifest(both);
  // As a version of ours with a fault would have recorded it later on, whose signature is right.
  const { signature: _, ...manifest } = JSON.parse(await both.world.text(key));
  change(manifest);
  Object.assign(manifest.times, { recorded: both.world.clock.now().toISOString() });
  const { client, bucket } = both.world;
  const { records } = new ArchiveBucket(client, bucket, new AbortController().signal, worldSealing);
  await records.write(key, manifest, 'any');
}

const CASES: readonly RestoreCase[] = [
  {
    name: 'a manager that was never exported',
    input: { sourceManager: 'm9' },
    ends: 'ArchiveNotFound',
    says: /Manager m9 has no verified archive.*none at all.*sourceManager.*m2 is as it was/,
    also: nothingAsked,
  },
  {
    name: 'without a source the archives of the target itself are meant',
    input: { sourceManager: undefined },
    ends: 'ArchiveNotFound',
    says: /Manager m2 has no verified archive/,
    also: nothingAsked,
  },
  {
    name: 'an id that there is not: those that there are',
    input: { archive: 'offsite-20200101T000000Z' },
    ends: 'ArchiveNotFound',
    says: /no verified archive offsite-20200101T000000Z.*There is one \w+: offsite-2026/,
    also: nothingAsked,
  },
  {
    name: 'one by its id, which is not the newest',
    prepare: (both) => both.export(),
    input: { archive: 'offsite-20261122T030000Z' },
    ends: 'SUCCEEDED',
    also: restored('first'),
  },
  {
    name: 'the newest',
    prepare: (both) => both.export(),
    input: { archive: 'latest' },
    ends: 'SUCCEEDED',
    also: restored('second'),
  },
  {
    name: 'the newest of a time, written in another zone',
    prepare: (both) => both.export(),
    input: { archive: { asOf: '2026-11-22T04:30:00+01:00' } },
    ends: 'SUCCEEDED',
    also: restored('first'),
  },
  {
    name: 'a time before everything',
    input: { archive: { asOf: '2026-11-01T00:00:00Z' } },
    ends: 'ArchiveNotFound',
    says: /finished by 2026-11-01/,
    also: nothingAsked,
  },
  {
    name: 'the only manifest, whose archive is gone',
    prepare: removeNewestArchive,
    ends: 'ArchiveGone',
    says: /bucket offsite has no archives\/m1\S+ any more\. There is no other archive of manager m1/,
    also: nothingAsked,
  },
  {
    name: 'the one asked for is gone: no other is taken for it',
    prepare: async (both) => {
      await both.export();
      await removeNewestArchive(both);
    },
    input: { archive: 'offsite-20261122T040005Z' },
    ends: 'ArchiveGone',
    says: /cannot be restored: bucket offsite has no .* any more.*next valid archive is offsite-20261122T030000Z/,
    also: nothingAsked,
  },
  {
    name: 'deleted without its versions: the one that was verified is still there',
    prepare: async ({ world }) => {
      const [Key = ''] = await world.files('archives');
      await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key }));
    },
    ends: 'SUCCEEDED',
  },
  {
    name: 'overwritten by somebody: the version that was verified is restored',
    prepare: async ({ world }) => await world.put((await world.files('archives'))[0] ?? '', 'not an archive at all'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'storage holds other bytes than the manifest vouches for',
    prepare: (both) => rewrite(both, ({ archive }) => Object.assign(archive ?? {}, { crc32: 'AAAAAA==' })),
    ends: 'ArchiveDamaged',
    says: /archives\/m1\S+ has \d+ bytes and CRC-32 \S+ in storage; its manifest says.*no other archive.*m2 is as it was/,
    also: ({ target }) => expect(target.state.snapshots).toEqual([]),
  },
  {
    name: 'a manifest of another manager under this name is nobody’s word',
    prepare: (both) => rewrite(both, ({ manager }) => Object.assign(manager ?? {}, { id: 'm7' })),
    ends: 'RecordForged',
    says: /is the manifest of \S+ of manager m7: something copied it there/,
    also: nothingAsked,
  },
  {
    name: 'a manifest that is no JSON does not hide the one before',
    prepare: async (both) => {
      await both.export();
      const { key } = await newestManifest(both);
      await both.world.put(key, '<html>');
    },
    ends: 'SUCCEEDED',
    notes: /has a manifest that cannot be read/,
    also: restored('first'),
  },
  {
    name: 'storage that is away for a while',
    broken: storage({ operation: 'GetObject', step: 'SelectArchive' }, 'slowDown', 'resetBefore', 'truncateRead'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'storage that is away for good',
    broken: storageForEver({ operation: 'ListObjectsV2', step: 'SelectArchive' }, 'internalError'),
    ends: 'StorageUnavailable',
    also: nothingAsked,
  },
  {
    name: 'storage that does not let us',
    broken: storageForEver({ operation: 'GetObject', step: 'SelectArchive', key: /^archives/ }, 'accessDenied'),
    ends: 'StorageRefused',
    also: nothingAsked,
  },
];

describe('SelectArchive', () => {
  test.each(CASES)('$name', playRestore);
});

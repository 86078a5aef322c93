import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { dueActs } from '../../lib/local/lifecycle.ts';
import { bucketOf, IN_CIRCLES, NO_NEXT, s3Error, told } from './replies.ts';

const KEY = 'archives/m1/2026/11/offsite-20261122T020000Z.zip';
const version = { Key: KEY, VersionId: 'v1', Size: 5, LastModified: new Date('2026-11-22T02:00:00Z'), IsLatest: true };
const expire = [{ id: 'daily', prefix: 'archives/', expirationDays: 28 }];

test.each([
  ['no marker', { IsTruncated: true, Versions: [version] }, NO_NEXT],
  ['a version marker without a key marker', { IsTruncated: true, NextVersionIdMarker: 'v1' }, NO_NEXT],
  [
    'markers that stand still',
    { IsTruncated: true, NextKeyMarker: KEY, NextVersionIdMarker: 'v1', Versions: [version] },
    IN_CIRCLES,
  ],
  ['a version without its key', { Versions: [{ ...version, Key: undefined }] }, 'lacks the key of a version'],
  [
    'a version without its size',
    { Versions: [{ ...version, Size: undefined }] },
    `lacks the size of a version of ${KEY}`,
  ],
  [
    'a version without its time',
    { Versions: [{ ...version, LastModified: undefined }] },
    `lacks the time of a version of ${KEY}`,
  ],
  ['a delete marker without its key', { DeleteMarkers: [{ LastModified: new Date() }] }, 'lacks the key of a version'],
])('a list of versions with %s ends by name; nothing is taken for gone or for old', async (_, page, what) => {
  const { s3, client, bucket } = bucketOf();
  s3.on(ListObjectVersionsCommand).resolves(page);
  const text = await told(bucket.versions('archives/m1/'));
  expect(text).toMatch(/^StorageRefused: Bucket backups could not list the versions of archives\/m1\/: the reply/);
  expect(text).toContain(what);
  // The rules of a folder go by the same list: a version without a time is not the oldest of all.
  const due = await told(dueActs(client, 'backups', expire, new Date('2030-01-01T00:00:00Z')));
  expect(due).toMatch(/^StorageRefused: Bucket backups could not list the versions of all objects: /);
});

test('a key whose versions go over the edge of a page is hidden since the version above', async () => {
  const { s3, bucket } = bucketOf();
  const older = { ...version, VersionId: 'v0', IsLatest: false, LastModified: new Date('2026-11-20T02:00:00Z') };
  const next = { NextKeyMarker: KEY, NextVersionIdMarker: 'v1' };
  s3.on(ListObjectVersionsCommand).resolves({ IsTruncated: true, ...next, Versions: [version] });
  s3.on(ListObjectVersionsCommand, { KeyMarker: KEY, VersionIdMarker: 'v1' }).resolves({ Versions: [older] });
  expect(await bucket.versions('archives/m1/')).toMatchObject([
    { versionId: 'v1', hiddenAt: null },
    { versionId: 'v0', hiddenAt: version.LastModified },
  ]);
});

test('a store that has no such list (501) is asked for its objects, each of which must be whole', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(ListObjectVersionsCommand).rejects(s3Error('NotImplemented', 501));
  s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: KEY, Size: 5, LastModified: version.LastModified }] });
  expect(await bucket.versions('archives/m1/')).toMatchObject([{ key: KEY, versionId: null, size: 5, hiddenAt: null }]);
  for (const field of ['Key', 'Size', 'LastModified']) {
    const entry = { Key: KEY, Size: 5, LastModified: version.LastModified, [field]: undefined };
    s3.on(ListObjectsV2Command).resolves({ Contents: [entry] });
    expect(await told(bucket.versions('archives/m1/')), field).toMatch(/^StorageRefused: .*the reply of storage lacks/);
  }
});

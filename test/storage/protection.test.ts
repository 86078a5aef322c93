import {
  GetObjectLegalHoldCommand,
  GetObjectTaggingCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { bucketOf, s3Error, told } from './replies.ts';

const at = { key: 'archives/m1/2026/11/offsite-20261122T020000Z.zip', versionId: 'v1' };

test.each([
  [s3Error('NoSuchKey', 404), 'nothing; it gave undefined'],
  [s3Error('MethodNotAllowed', 405), 'nothing; it gave undefined'],
  [s3Error('SlowDown', 503), 'StorageUnavailable: '],
  [s3Error('AccessDenied', 403), 'StorageRefused: .*Check the credentials'],
])('tags meet %s', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectTaggingCommand).rejects(error);
  expect(await told(bucket.protection.tagsOf(at))).toMatch(new RegExp(`^(Error: )?${what}`));
});

test.each([
  ['a tag without its key', [{ Key: undefined, Value: 'held' }], 'the key of a tag'],
  ['a tag without its value', [{ Key: 'expire', Value: undefined }], 'the value of the tag expire'],
  ['no tags at all', undefined, 'the tags'],
])('%s ends by name: an archive is not untagged because a reply is broken', async (_, TagSet, field) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectTaggingCommand).resolves({ TagSet });
  expect(await told(bucket.protection.tagsOf(at))).toMatch(
    new RegExp(
      `^StorageRefused: Bucket backups could not show the tags of ${at.key}: the reply of storage lacks ${field}`,
    ),
  );
});

test.each([
  [s3Error('NoSuchVersion', 404), 'nothing; it gave false'],
  [s3Error('OperationAborted', 409), 'StorageUnavailable: '],
  [s3Error('TooManyRequests', 429), 'StorageUnavailable: '],
])('tagging meets %s', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(PutObjectTaggingCommand).rejects(error);
  expect(await told(bucket.protection.tag(at, { expire: 'daily' }))).toMatch(new RegExp(`^(Error: )?${what}`));
});

test.each([
  [s3Error('NoSuchObjectLockConfiguration', 404), '"off"'],
  [s3Error('InvalidRequest', 400), '"unavailable"'],
  [s3Error('NotImplemented', 501), '"unavailable"'],
])('a legal hold meets %s', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectLegalHoldCommand).rejects(error);
  expect(await told(bucket.protection.legalHold(at))).toBe(`Error: nothing; it gave ${what}`);
});

test('a lock that is refused names the archive, and that no retry helps', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(PutObjectRetentionCommand).rejects(s3Error('InvalidRequest', 400));
  expect(await told(bucket.protection.lock(at, 'governance', new Date('2027-01-01T00:00:00Z')))).toBe(
    `StorageRefused: Bucket backups could not lock ${at.key}: InvalidRequest (HTTP 400). Retrying will not help.`,
  );
});

test('storage that names no version of the tags: none is made up', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectTaggingCommand).resolves({ TagSet: [] });
  expect(await bucket.protection.tagsOf({ key: at.key })).toEqual({ versionId: null, tags: {} });
});

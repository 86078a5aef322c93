import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { bucketOf, s3Error, told } from './replies.ts';

const KEY = 'archives/m1/2026/11/offsite-20261122T020000Z.zip';
const whole = { ContentLength: 5, LastModified: new Date('2026-11-22T02:00:00Z') };

test('an object in a bucket without versions names none, and maybe has no CRC-32', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(HeadObjectCommand).resolves(whole);
  expect(await bucket.head(KEY)).toEqual({
    ...{ size: 5, versionId: null, crc32: undefined, metadata: {} },
    storedAt: whole.LastModified,
  });
});

test.each([
  ['size', { ...whole, ContentLength: undefined }],
  ['time', { ...whole, LastModified: undefined }],
])('an object that is shown without its %s ends by name: it is neither empty nor of 1970', async (field, reply) => {
  const { s3, bucket } = bucketOf();
  s3.on(HeadObjectCommand).resolves(reply);
  const text = await told(bucket.head(KEY));
  expect(text).toContain(
    `StorageRefused: Bucket backups could not show ${KEY}: the reply of storage lacks the ${field}.`,
  );
});

test.each([
  [s3Error('NotFound', 404), 'nothing; it gave undefined'],
  [
    s3Error('Unknown', 403),
    'StorageRefused: Bucket backups could not show .*: no reason given \\(HTTP 403\\)\\. Check the cred',
  ],
  [s3Error('UnknownError', 503), 'StorageUnavailable: .* no reason given \\(HTTP 503\\)'],
])('a HEAD has no body that could hold a reason: %s', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(HeadObjectCommand).rejects(error);
  expect(await told(bucket.head(KEY))).toMatch(new RegExp(what));
});

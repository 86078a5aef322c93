import { GetObjectCommand, type GetObjectCommandOutput, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { bucketOf, s3Error, told } from './replies.ts';

const KEY = 'runs/m1/offsite-20261122T020000Z.json';
const schema = z.object({ a: z.number() });
/** As much of the SDK's stream as records are read by. */
const body = (text: string) => ({ transformToString: async () => text }) as GetObjectCommandOutput['Body'] & object;

test.each([
  [
    'without its ETag',
    { Body: body('{"a":1}') },
    `StorageRefused: Bucket backups could not read ${KEY}: the reply of storage lacks the ETag.`,
  ],
  ['without a body', { ETag: '"e"' }, `RecordConflict: backups/${KEY} is not JSON.`],
  ['that was cut off', { ETag: '"e"', Body: body('{"a":') }, `RecordConflict: backups/${KEY} is not JSON.`],
  [
    'of another kind',
    { ETag: '"e"', Body: body('[]') },
    `RecordConflict: backups/${KEY} is not a record that this version knows`,
  ],
])('a record %s ends by name', async (_, reply, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectCommand).resolves(reply);
  expect(await told(bucket.records.read(KEY, schema))).toContain(what);
});

test.each([
  [s3Error('NoSuchKey', 404), 'nothing; it gave undefined'],
  [s3Error('NoSuchBucket', 404), 'StorageRefused: .*Does the bucket exist, in this region and account\\?'],
  [s3Error('AccessDenied', 403), 'StorageRefused: .*Check the credentials, the bucket policy and the KMS key policy'],
  [s3Error('KMS.ThrottlingException', 429), 'StorageUnavailable: '],
  [s3Error('SlowDown', 503), 'StorageUnavailable: '],
])('reading meets %s: only "no such key" means that there is none', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectCommand).rejects(error);
  expect(await told(bucket.records.read(KEY, schema))).toMatch(new RegExp(`^(Error: )?${what}`));
});

test.each([
  [s3Error('PreconditionFailed', 412), 'nothing; it gave false'],
  [s3Error('ConditionalRequestConflict', 409), 'nothing; it gave false'],
  [s3Error('NoSuchKey', 404), 'nothing; it gave false'],
  [s3Error('NoSuchBucket', 404), 'StorageRefused: '],
  [s3Error('SlowDown', 503), 'StorageUnavailable: '],
  [s3Error('TooManyRequests', 429), 'StorageUnavailable: '],
  [s3Error('InternalError', 500), 'StorageUnavailable: '],
])('a conditional write meets %s: another writer is an answer, all else is a failure', async (error, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(PutObjectCommand).rejects(error);
  expect(await told(bucket.records.write(KEY, { a: 1 }, { etag: '"e"' }))).toMatch(new RegExp(`^(Error: )?${what}`));
});

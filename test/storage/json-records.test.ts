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

const DEEP = 100_000;
test.each<[string, () => string]>([
  ['brackets that nobody closes', () => '['.repeat(DEEP)],
  ['brackets in brackets', () => '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['objects in objects', () => `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['a million keys', () => `{${Array.from({ length: 1_000_000 }, (_, at) => `"k${at}":0`).join(',')}}`],
  ['a million numbers', () => `[${'1e308,'.repeat(1_000_000)}1]`],
])('a record of %s is one that cannot be read, also where any JSON would do', async (_, text) => {
  const { s3, bucket } = bucketOf();
  s3.on(GetObjectCommand).resolves({ ETag: '"e"', Body: body(text()) });
  for (const any of [schema, z.unknown()])
    expect(await told(bucket.records.read(KEY, any))).toMatch(/^RecordConflict: .*more values than any record/);
});

test('a record of gigabytes is not read', async () => {
  const { s3, bucket } = bucketOf();
  const never = { transformToString: () => Promise.reject(new Error('was read')) } as never;
  s3.on(GetObjectCommand).resolves({ ETag: '"e"', ContentLength: 5 * 1024 ** 3, Body: never });
  expect(await told(bucket.records.read(KEY, schema))).toMatch(
    /^RecordConflict: .*has 5368709120 bytes, more than any/,
  );
});

test('keys of a prototype, and keys that are there twice, change nothing but the record', async () => {
  const { s3, bucket } = bucketOf();
  const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1,"a":2}';
  s3.on(GetObjectCommand).resolves({ ETag: '"e"', Body: body(text) });
  expect((await bucket.records.read(KEY, schema))?.value.a).toBe(2);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

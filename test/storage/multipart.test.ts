import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { all, bucketOf, IN_CIRCLES, NO_NEXT, s3Error, told } from './replies.ts';

const KEY = 'archives/m1/2026/11/offsite-20261122T020000Z.zip';
const part = (n: number) => ({ PartNumber: n, Size: 5, ETag: `"${n}"`, ChecksumCRC32: 'AAAAAA==' });
const refused = (doing: string, what: string) =>
  `StorageRefused: Bucket backups could not ${doing}: ${what}. S3 does not answer so. Look for a proxy in between that changes replies; a store other than S3 needs a version that keeps to S3's API.`;

describe('the list of parts', () => {
  test('over several pages is whole', async () => {
    const { s3, bucket } = bucketOf();
    s3.on(ListPartsCommand).resolves({ IsTruncated: true, NextPartNumberMarker: '1', Parts: [part(1)] });
    s3.on(ListPartsCommand, { PartNumberMarker: '1' }).resolves({ IsTruncated: false, Parts: [part(2)] });
    const parts = await all(bucket.multipart.listParts(KEY, 'u'));
    expect(parts.map(({ number }) => number)).toEqual([1, 2]);
  });

  test.each([
    ['no marker', { IsTruncated: true, Parts: [part(1)] }, NO_NEXT],
    ['no marker and no part', { IsTruncated: true }, NO_NEXT],
    ['a marker that stands still', { IsTruncated: true, NextPartNumberMarker: '1', Parts: [part(1)] }, IN_CIRCLES],
    [
      'a part without its number',
      { Parts: [{ ...part(1), PartNumber: undefined }] },
      'the reply of storage lacks the number of a part',
    ],
    [
      'a part without its size',
      { Parts: [{ ...part(1), Size: undefined }] },
      'the reply of storage lacks the size of part 1',
    ],
    [
      'a part without its ETag',
      { Parts: [{ ...part(1), ETag: undefined }] },
      'the reply of storage lacks the ETag of part 1',
    ],
  ])('with %s ends by name, and not as a shorter list', async (_, page, what) => {
    const { s3, bucket } = bucketOf();
    s3.on(ListPartsCommand).resolves(page);
    expect(await told(all(bucket.multipart.listParts(KEY, 'u')))).toBe(refused(`list the parts of ${KEY}`, what));
  });

  test('of an upload that is gone says so', async () => {
    const { s3, bucket } = bucketOf();
    s3.on(ListPartsCommand).rejects(s3Error('NoSuchUpload', 404));
    expect(await told(all(bucket.multipart.listParts(KEY, 'u')))).toMatch(/^IncompleteTransfer: .* not open any more/);
  });
});

describe('the list of open uploads', () => {
  const upload = { Key: KEY, UploadId: 'u' };
  test.each([
    ['no marker', { IsTruncated: true, Uploads: [upload] }, NO_NEXT],
    ['an empty marker', { IsTruncated: true, NextKeyMarker: '', NextUploadIdMarker: '', Uploads: [upload] }, NO_NEXT],
    [
      'markers that stand still',
      { IsTruncated: true, NextKeyMarker: KEY, NextUploadIdMarker: 'u', Uploads: [upload] },
      IN_CIRCLES,
    ],
    ['an upload without its key', { Uploads: [{ UploadId: 'u' }] }, 'the reply of storage lacks the key of an upload'],
    [
      'an upload without its id',
      { Uploads: [{ Key: KEY }] },
      `the reply of storage lacks the id of an upload of ${KEY}`,
    ],
  ])('with %s ends by name: what is open must not be overlooked', async (_, page, what) => {
    const { s3, bucket } = bucketOf();
    s3.on(ListMultipartUploadsCommand).resolves(page);
    s3.on(AbortMultipartUploadCommand).resolves({});
    expect(await told(bucket.abortUploads(KEY))).toBe(refused('list open uploads', what));
  });

  test('that begins its next page with a key alone goes on', async () => {
    const { s3, bucket } = bucketOf();
    s3.on(ListMultipartUploadsCommand).resolves({ IsTruncated: true, NextKeyMarker: 'archives/a', Uploads: [] });
    s3.on(ListMultipartUploadsCommand, { KeyMarker: 'archives/a' }).resolves({ Uploads: [upload] });
    expect(await bucket.multipart.list('archives/')).toEqual([{ key: KEY, uploadId: 'u' }]);
  });
});

test.each([undefined, ''])('an upload that is opened without an id (%o) ends by name', async (UploadId) => {
  const { s3, bucket } = bucketOf();
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId });
  const text = await told(bucket.multipart.create(KEY, {}));
  expect(text).toBe(refused(`open an upload for ${KEY}`, 'the reply of storage lacks the id of the upload'));
});

describe('Complete', () => {
  const whole = { parts: [{ number: 1, size: 5, etag: '"1"', crc32: 'AAAAAA==' }], size: 5, crc32: 'AAAAAA==' };
  const completed = (error: Error) => {
    const { s3, bucket } = bucketOf();
    s3.on(CompleteMultipartUploadCommand).rejects(error);
    return bucket.multipart.complete(KEY, 'u', whole);
  };

  test('200 with an error inside is tried again', async () => {
    const text = await told(completed(s3Error('InternalError', 200, 'We encountered an internal error.')));
    expect(text).toBe(
      `StorageUnavailable: Bucket backups could not complete ${KEY}: InternalError (HTTP 200: We encountered an internal error).`,
    );
  });
  test('412: the key holds an object. NoSuchUpload: it is not open. Neither is a failure', async () => {
    expect(await completed(s3Error('PreconditionFailed', 412))).toBe('exists');
    expect(await completed(s3Error('NoSuchUpload', 404))).toBe('gone');
  });
  test('409: somebody else completes it now, so it is tried again', async () => {
    expect(await told(completed(s3Error('ConditionalRequestConflict', 409)))).toMatch(/^StorageUnavailable: /);
  });
});

test('a part that arrives changed is sent again, three times at most', async () => {
  const part = { number: 7, body: Buffer.from('x'), crc32: 'AAAAAA==' };
  const { s3, bucket } = bucketOf();
  s3.on(UploadPartCommand)
    .rejectsOnce(s3Error('BadDigest', 400))
    .rejectsOnce(s3Error('IncompleteBody', 400))
    .resolves({});
  await bucket.multipart.putPart(KEY, 'u', part);
  expect(s3.commandCalls(UploadPartCommand)).toHaveLength(3);
  const worse = bucketOf();
  worse.s3.on(UploadPartCommand).rejects(s3Error('BadDigest', 400));
  expect(await told(worse.bucket.multipart.putPart(KEY, 'u', part))).toMatch(/^StorageRefused: .*arrived changed/);
  expect(worse.s3.commandCalls(UploadPartCommand)).toHaveLength(4);
});

test.each([
  [s3Error('SlowDown', 503), 'StorageUnavailable'],
  [s3Error('TooManyRequests', 429), 'StorageUnavailable'],
  [s3Error('BadDigest', 400), 'StorageRefused'],
  [s3Error('NoSuchUpload', 404), 'IncompleteTransfer'],
])('a part that storage refuses with %s is %s', async (error, name) => {
  const { s3, bucket } = bucketOf();
  s3.on(UploadPartCommand).rejects(error);
  const part = { number: 7, body: Buffer.from('x'), crc32: 'AAAAAA==' };
  expect(await told(bucket.multipart.putPart(KEY, 'u', part))).toMatch(new RegExp(`^${name}: .*${KEY}`));
});

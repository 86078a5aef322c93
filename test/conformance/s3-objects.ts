import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect } from 'vitest';
import { type Behaves, refusal } from './s3.ts';
import { bytesOf, crc32Of } from './s3-bytes.ts';

export function objectBehaviours(behaves: Behaves): void {
  bucketBehaviours(behaves);
  writeBehaviours(behaves);
  conditionBehaviours(behaves);
  readBehaviours(behaves);
  presignedBehaviours(behaves);
}

function bucketBehaviours(behaves: Behaves): void {
  behaves('a bucket is there, and versioned', async ({ client, bucket }) => {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBe('Enabled');
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets).toContainEqual(expect.objectContaining({ Name: bucket, CreationDate: expect.any(Date) }));
  });

  behaves('a bucket that is not there is NoSuchBucket', async ({ client, bucket }) => {
    const Bucket = `${bucket}-not`;
    expect(await refusal(client.send(new HeadBucketCommand({ Bucket })))).toMatchObject({ status: 404 });
    const calls = [new GetObjectCommand({ Bucket, Key: 'a' }), new PutObjectCommand({ Bucket, Key: 'a', Body: 'a' })];
    for (const call of calls) {
      expect(await refusal(client.send(call as GetObjectCommand))).toEqual({ code: 'NoSuchBucket', status: 404 });
    }
  });

  behaves('a bucket name with capitals is InvalidBucketName', async ({ client }) => {
    const Bucket = 'No-Such-Name';
    expect(await refusal(client.send(new CreateBucketCommand({ Bucket })))).toEqual({
      code: 'InvalidBucketName',
      status: 400,
    });
  });
}

function writeBehaviours(behaves: Behaves): void {
  behaves('an object comes back with its bytes, headers, metadata and checksum', async ({ client, bucket, prefix }) => {
    const Body = bytesOf(10_000);
    const where = { Bucket: bucket, Key: `${prefix}/a.zip` };
    const described = { ContentType: 'application/zip', Metadata: { run: '20261122' }, CacheControl: 'no-store' };
    const put = await client.send(new PutObjectCommand({ ...where, ...described, Body, ChecksumCRC32: crc32Of(Body) }));
    expect(put.VersionId).toBeTruthy();
    const got = await client.send(new GetObjectCommand({ ...where, ChecksumMode: 'ENABLED' }));
    expect(got).toMatchObject({ ...described, ContentLength: Body.length, ETag: put.ETag, VersionId: put.VersionId });
    expect(got).toMatchObject({ ChecksumCRC32: crc32Of(Body), ChecksumType: 'FULL_OBJECT' });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);
    const head = await client.send(new HeadObjectCommand({ ...where, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ...described, ContentLength: Body.length, ChecksumCRC32: crc32Of(Body) });
    expect(head.LastModified).toBeInstanceOf(Date);
  });

  behaves('the ETag of a plain put is the MD5 of its bytes', async ({ client, bucket, prefix }) => {
    const put = await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/a`, Body: 'hello' }));
    expect(put.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
  });

  behaves('a streamed body with a trailing checksum is stored without its framing', async (scene) => {
    const { client, bucket, prefix } = scene;
    const bytes = bytesOf(200_000);
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const pieces = [bytes.subarray(0, 70_000), bytes.subarray(70_000)];
    await client.send(new PutObjectCommand({ ...where, Body: Readable.from(pieces), ContentLength: bytes.length }));
    const got = await client.send(new GetObjectCommand(where));
    expect(got.ContentEncoding ?? '').not.toContain('aws-chunked');
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
  });

  behaves('a wrong checksum is BadDigest, and nothing is stored', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const ChecksumCRC32 = crc32Of(Buffer.from('other'));
    expect(await refusal(client.send(new PutObjectCommand({ ...where, Body: 'hello', ChecksumCRC32 })))).toEqual({
      code: 'BadDigest',
      status: 400,
    });
    expect(await refusal(client.send(new HeadObjectCommand(where)))).toMatchObject({ status: 404 });
  });

  behaves('an empty object is an object', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/empty` };
    await client.send(new PutObjectCommand({ ...where, Body: Buffer.alloc(0) }));
    const got = await client.send(new GetObjectCommand(where));
    expect([got.ContentLength, await got.Body?.transformToString()]).toEqual([0, '']);
    const range = client.send(new GetObjectCommand({ ...where, Range: 'bytes=0-0' }));
    expect(await refusal(range)).toEqual({ code: 'InvalidRange', status: 416 });
  });

  behaves('a key keeps its spaces, signs and letters', async ({ client, bucket, prefix }) => {
    for (const name of ['a b', 'a+b', 'a%20b', 'a&b=<c>"\'', 'é/日本/𝒳', '~!@$^*()[]{}|;:,']) {
      const where = { Bucket: bucket, Key: `${prefix}/${name}` };
      await client.send(new PutObjectCommand({ ...where, Body: name }));
      expect(await (await client.send(new GetObjectCommand(where))).Body?.transformToString()).toBe(name);
    }
  });
}

function conditionBehaviours(behaves: Behaves): void {
  const stale = { code: 'PreconditionFailed', status: 412 };

  behaves('If-None-Match: * writes once', async ({ client, bucket, prefix }) => {
    const create = { Bucket: bucket, Key: `${prefix}/claim`, IfNoneMatch: '*' };
    await client.send(new PutObjectCommand({ ...create, Body: 'first' }));
    expect(await refusal(client.send(new PutObjectCommand({ ...create, Body: 'second' })))).toEqual(stale);
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: create.Key }));
    expect(await got.Body?.transformToString()).toBe('first');
  });

  behaves('of many that write with If-None-Match at once, one succeeds', async ({ client, bucket, prefix }) => {
    const create = { Bucket: bucket, Key: `${prefix}/claim`, IfNoneMatch: '*' };
    const attempts = Array.from({ length: 8 }, (_, n) =>
      client.send(new PutObjectCommand({ ...create, Body: `${n}` })),
    );
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  behaves('If-Match replaces what it knows, and nothing else', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const first = await client.send(new PutObjectCommand({ ...where, Body: '1' }));
    await client.send(new PutObjectCommand({ ...where, Body: '2', IfMatch: first.ETag }));
    const late = client.send(new PutObjectCommand({ ...where, Body: '3', IfMatch: first.ETag }));
    expect(await refusal(late)).toEqual(stale);
  });

  behaves('If-Match on a key that is not there is NoSuchKey', async ({ client, bucket, prefix }) => {
    const put = new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/no`, Body: '1', IfMatch: '"abc"' });
    expect(await refusal(client.send(put))).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  behaves('a read with If-Match of another ETag is refused', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const { ETag } = await client.send(new PutObjectCommand({ ...where, Body: '1' }));
    await client.send(new GetObjectCommand({ ...where, IfMatch: ETag }));
    expect(await refusal(client.send(new GetObjectCommand({ ...where, IfMatch: '"other"' })))).toEqual(stale);
    const head = client.send(new HeadObjectCommand({ ...where, IfMatch: '"other"' }));
    expect(await refusal(head)).toMatchObject({ status: 412 });
    expect(await refusal(client.send(new GetObjectCommand({ ...where, IfNoneMatch: ETag })))).toMatchObject({
      status: 304,
    });
  });
}

function readBehaviours(behaves: Behaves): void {
  behaves('a range is answered with exactly that range', async ({ client, bucket, prefix }) => {
    const bytes = bytesOf(1000);
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await client.send(new PutObjectCommand({ ...where, Body: bytes }));
    const cases: [string, number, number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=10-99', 10, 99],
      ['bytes=990-2000', 990, 999],
      ['bytes=400-', 400, 999],
      ['bytes=-10', 990, 999],
      ['bytes=-5000', 0, 999],
    ];
    for (const [Range, start, end] of cases) {
      const got = await client.send(new GetObjectCommand({ ...where, Range }));
      expect(got.$metadata.httpStatusCode).toBe(206);
      expect(got).toMatchObject({ ContentRange: `bytes ${start}-${end}/1000`, ContentLength: end - start + 1 });
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(bytes.subarray(start, end + 1));
    }
  });

  behaves('a range beyond the end is InvalidRange', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await client.send(new PutObjectCommand({ ...where, Body: 'hello' }));
    expect(await refusal(client.send(new GetObjectCommand({ ...where, Range: 'bytes=5-9' })))).toEqual({
      code: 'InvalidRange',
      status: 416,
    });
  });

  behaves('a key that is not there is NoSuchKey', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/no` };
    expect(await refusal(client.send(new GetObjectCommand(where)))).toEqual({ code: 'NoSuchKey', status: 404 });
    expect(await refusal(client.send(new HeadObjectCommand(where)))).toMatchObject({ status: 404 });
  });
}

function presignedBehaviours(behaves: Behaves): void {
  behaves('a signed URL reads one object without credentials, whole or in ranges', async (scene) => {
    const { client, bucket, prefix } = scene;
    const where = { Bucket: bucket, Key: `${prefix}/a b.zip` };
    await client.send(new PutObjectCommand({ ...where, Body: 'hello', ContentType: 'application/zip' }));
    const ResponseContentDisposition = 'attachment; filename="x.zip"';
    const read = new GetObjectCommand({ ...where, ResponseContentDisposition });
    const url = await getSignedUrl(client, read, { expiresIn: 3600 });
    const whole = await fetch(url);
    expect([whole.status, await whole.text(), whole.headers.get('content-length')]).toEqual([200, 'hello', '5']);
    expect(whole.headers.get('content-disposition')).toBe(ResponseContentDisposition);
    const part = await fetch(url, { headers: { range: 'bytes=1-2' } });
    expect([part.status, await part.text()]).toEqual([206, 'el']);
  });

  behaves('a signed URL that has expired is AccessDenied', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await client.send(new PutObjectCommand({ ...where, Body: 'hello' }));
    const signingDate = new Date('2020-01-01T00:00:00Z');
    const url = await getSignedUrl(client, new GetObjectCommand(where), { expiresIn: 60, signingDate });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  });

  behaves('a request without any signature is AccessDenied', async ({ client, bucket, prefix }) => {
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await client.send(new PutObjectCommand({ ...where, Body: 'hello' }));
    const url = new URL(await getSignedUrl(client, new GetObjectCommand(where), { expiresIn: 60 }));
    url.search = '';
    expect((await fetch(url)).status).toBe(403);
  });
}

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BucketLayout } from '../../folder-s3/store/layout.ts';
import { refusal } from '../conformance/s3.ts';
import { access, BUCKET, S3World } from './world.ts';

let world: S3World;
let now: Date;
beforeEach(async () => {
  now = new Date();
  world = await S3World.start({ now: () => now });
});
afterEach(async () => world.end());

const create = (Key: string) => new CreateMultipartUploadCommand({ Bucket: BUCKET, Key });

describe('faults', () => {
  test.each([
    ['slowDown', 'SlowDown', 503],
    ['internalError', 'InternalError', 500],
    ['accessDenied', 'AccessDenied', 403],
    ['conflict', 'ConditionalRequestConflict', 409],
  ] as const)('%s refuses as often as asked, does nothing, and is counted', async (kind, code, status) => {
    world.server.faults.add({ operation: 'PutObject', kind, times: 2 });
    expect(await refusal(world.put('a', 'x'))).toEqual({ code, status });
    expect(await refusal(world.put('a', 'x'))).toEqual({ code, status });
    expect(await readdir(world.path())).toEqual([]);
    expect(world.server.faults.pending).toBe(0);
    await world.put('a', 'x');
    expect(world.server.requests('PutObject')).toBe(3);
    expect(world.server.requests('GetObject')).toBe(0);
  });

  test('a fault meets only what its condition names', async () => {
    world.server.faults.add({ operation: 'UploadPart', kind: 'slowDown', when: (r) => r.partNumber === 2 });
    const { UploadId } = await world.client.send(create('a'));
    const part = (PartNumber: number) =>
      world.client.send(new UploadPartCommand({ Bucket: BUCKET, Key: 'a', UploadId, PartNumber, Body: 'x' }));
    await part(1);
    expect(await refusal(part(2))).toEqual({ code: 'SlowDown', status: 503 });
    await part(2);
  });

  test('an SDK that retries gets over a slow-down', async () => {
    world.server.faults.add({ operation: 'GetObject', kind: 'slowDown' });
    await world.put('a', 'x');
    const retryStrategy = {
      mode: 'none',
      acquireInitialRetryToken: token,
      refreshRetryTokenForRetry: token,
      recordSuccess() {},
    };
    const patient = new S3Client({
      endpoint: world.server.url,
      region: 'x',
      forcePathStyle: true,
      credentials: access,
      retryStrategy,
    });
    const got = await patient.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(await got.Body?.transformToString()).toBe('x');
    patient.destroy();
    // Without this, the SDK waits for real time between attempts.
    async function token() {
      return { getRetryCount: () => 1, getRetryDelay: () => 0 };
    }
  });

  test('errorInside200: a Complete that answers 200 has failed, and the upload is still there', async () => {
    const { target, complete } = await upload('ten bytes!', 'rest');
    world.server.faults.add({ operation: 'CompleteMultipartUpload', kind: 'errorInside200' });
    expect((await refusal(complete())).code).toBe('InternalError');
    expect((await world.client.send(new ListPartsCommand(target))).Parts).toHaveLength(2);
    await complete();
  });

  test('resetBefore: the connection breaks and nothing is done', async () => {
    world.server.faults.add({ operation: 'PutObject', kind: 'resetBefore' });
    await expect(world.put('a', 'x')).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(await readdir(world.path())).toEqual([]);
  });

  test('lostResponse: the connection breaks and all is done', async () => {
    const { complete } = await upload('ten bytes!', 'rest');
    world.server.faults.add({ operation: 'CompleteMultipartUpload', kind: 'lostResponse' });
    await expect(complete()).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(await world.read('a')).toBe('ten bytes!rest');
    expect(await refusal(complete())).toEqual({ code: 'NoSuchUpload', status: 404 });
  });

  test('corruptStored: an object rots, and its checksum tells', async () => {
    world.server.faults.add({ operation: 'PutObject', kind: 'corruptStored' });
    await world.put('a', 'precious');
    expect(await readFile(world.path('a'), 'utf8')).not.toBe('precious');
    await expect(world.read('a')).rejects.toThrow(/[Cc]hecksum/);
  });

  test('corruptStored: a part rots, and the completed object with it, under a good checksum', async () => {
    world.server.faults.add({ operation: 'UploadPart', kind: 'corruptStored', when: (r) => r.partNumber === 2 });
    const { complete } = await upload('ten bytes!', 'rest');
    await complete();
    const bytes = await readFile(world.path('a'), 'utf8');
    expect([bytes.length, bytes.slice(0, 10)]).toEqual([14, 'ten bytes!']);
    expect(bytes).not.toBe('ten bytes!rest');
    await expect(world.read('a')).rejects.toThrow(/[Cc]hecksum/);
  });

  test('truncateRead: a body ends before its announced length', async () => {
    const bytes = randomBytes(3_000_000);
    await world.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: bytes }));
    world.server.faults.add({ operation: 'GetObject', kind: 'truncateRead' });
    const got = await world.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(got.ContentLength).toBe(bytes.length);
    await expect(got.Body?.transformToByteArray()).rejects.toThrow();
    expect(await world.read('a')).toBeTruthy();
  });

  async function upload(...pieces: string[]) {
    const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const where = { Bucket: BUCKET, Key: 'a' };
    const { UploadId } = await world.client.send(new CreateMultipartUploadCommand({ ...where, ...checksum }));
    const target = { ...where, UploadId };
    const Parts: CompletedPart[] = [];
    for (const [index, Body] of pieces.entries()) {
      const PartNumber = index + 1;
      Parts.push({
        PartNumber,
        ETag: (await world.client.send(new UploadPartCommand({ ...target, PartNumber, Body }))).ETag,
      });
    }
    const command = { ...target, MultipartUpload: { Parts } };
    return { target, complete: () => world.client.send(new CompleteMultipartUploadCommand(command)) };
  }
});

describe('strange requests', () => {
  test.each([
    '/archives/../../etc/passwd',
    '/archives/%2e%2e/%2e%2e/x',
    '/archives/a/%2E%2E/b',
    '/archives/a//b',
    '/archives/a/',
    '/archives//etc/passwd',
    '/archives/a%00b',
    '/archives/..%5cb',
    '/archives/%ff',
  ])('the path %s leads nowhere', async (path) => {
    const put = await world.raw('PUT', path, { 'content-length': 1 }, (request) => request.end('x'));
    expect(put).toEqual({ status: 400, text: expect.stringContaining('<Code>InvalidArgument</Code>') });
    expect(await readdir(world.path())).toEqual([]);
  });

  test.each(['/..', '/.offsite-s3/archives', '/%2e%2e/x', '/a..b/x'])('%s is no bucket', async (path) => {
    const put = await world.raw('PUT', path, { 'content-length': 0 });
    expect(put).toEqual({ status: 400, text: expect.stringContaining('<Code>InvalidBucketName</Code>') });
  });

  test.each([
    ['GET', '/archives?acl', {}],
    ['GET', '/archives', {}],
    ['DELETE', '/archives', {}],
    ['GET', '/archives/a?partNumber=1', {}],
    ['POST', '/archives/a?select&select-type=2', {}],
    ['PUT', '/archives/a', { 'x-amz-copy-source': '/archives/b' }],
    ['PUT', '/archives/a', { 'x-amz-server-side-encryption': 'aws:kms' }],
    ['PUT', '/archives/a', { 'x-amz-object-lock-mode': 'COMPLIANCE' }],
    ['PUT', '/archives/a', { 'x-amz-checksum-sha256': 'x' }],
    ['PUT', '/archives/a', { 'x-amz-storage-class': 'GLACIER' }],
  ])('%s %s %o is NotImplemented, and says so', async (method, path, headers) => {
    const answer = await world.raw(method, path, { 'content-length': 0, ...headers });
    expect(answer).toEqual({ status: 501, text: expect.stringContaining('<Code>NotImplemented</Code>') });
    expect(answer.text).toMatch(/<Message>.*(GET|POST|DELETE|x-amz).*<\/Message>.*<RequestId>/);
  });

  test.each([
    '',
    '<Delete>',
    '<Delete></Delete>',
    '<!DOCTYPE a><Delete/>',
    '<Delete>&x;</Delete>',
    '<Delete/><Delete/>',
  ])('the body %o is MalformedXML', async (body) => {
    const headers = { 'content-length': body.length };
    const answer = await world.raw('POST', '/archives?delete', headers, (request) => request.end(body));
    expect(answer).toEqual({ status: 400, text: expect.stringContaining('<Code>MalformedXML</Code>') });
  });

  test('a client that goes away in mid-body leaves nothing, and the server goes on', async () => {
    const { UploadId } = await world.client.send(create('a'));
    for (const path of ['/archives/a', `/archives/a?uploadId=${UploadId}&partNumber=1`]) {
      const call = world.raw('PUT', path, { 'content-length': 1000 }, (request) => {
        request.write('half', () => request.destroy(new Error('gone')));
      });
      await expect(call).rejects.toThrow('gone');
    }
    await world.put('b', 'alive');
    const parts = await world.client.send(new ListPartsCommand({ Bucket: BUCKET, Key: 'a', UploadId }));
    expect(parts.Parts ?? []).toEqual([]);
    const head = world.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(await refusal(head)).toMatchObject({ status: 404 });
    await world.stop();
    expect(await readdir(new BucketLayout(world.dir, BUCKET).tmp)).toEqual([]);
  });

  test.each([
    ['ends early', '5\r\nhel'],
    ['has no last chunk', '5\r\nhello\r\n'],
    ['is garbage', 'not chunked at all\r\n'],
    ['is longer than announced', '6\r\nhello!\r\n0\r\n\r\n'],
  ])('an aws-chunked body that %s is IncompleteBody', async (_what, body) => {
    const headers = {
      ...{ 'content-length': body.length, 'x-amz-decoded-content-length': 5 },
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    };
    const answer = await world.raw('PUT', '/archives/a', headers, (request) => request.end(body));
    expect(answer).toEqual({ status: 400, text: expect.stringContaining('<Code>IncompleteBody</Code>') });
    expect(await readdir(world.path())).toEqual([]);
  });

  test('a body without a length is MissingContentLength', async () => {
    const answer = await world.raw('PUT', '/archives/a', {}, (request) => {
      request.write('x');
      request.end();
    });
    expect(answer).toEqual({ status: 411, text: expect.stringContaining('<Code>MissingContentLength</Code>') });
  });

  test('a signed URL lives as long as it says, by the clock of the server', async () => {
    await world.put('a', 'hello');
    const read = new GetObjectCommand({ Bucket: BUCKET, Key: 'a' });
    const url = await getSignedUrl(world.client, read, { expiresIn: 3600 });
    now = new Date(now.getTime() + 3_500_000);
    expect((await fetch(url)).status).toBe(200);
    now = new Date(now.getTime() + 200_000);
    const late = await fetch(url);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });
});

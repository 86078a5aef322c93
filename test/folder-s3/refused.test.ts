import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FaultKind } from '../../folder-s3/service/faults.ts';
import { refusal } from '../conformance/s3.ts';
import { access, BUCKET, S3World } from './world.ts';

let world: S3World;
/** One connection for all requests: what one of them leaves unread stands before the next. */
let client: S3Client;
beforeEach(async () => {
  world = await S3World.start();
  client = new S3Client({
    ...{ endpoint: world.server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, credentials: access },
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 1 }), requestTimeout: 20_000 },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
});
afterEach(async () => {
  client.destroy();
  await world.end();
});

const SIZE = 8 * 2 ** 20;
const where = { Bucket: BUCKET, Key: 'a' };

/** More than the buffers of a socket hold, so that the answer comes while most of it is still to be sent. */
function body(): { Body: Readable; ContentLength: number } {
  const pieces = Array.from({ length: SIZE / 65_536 }, () => Buffer.alloc(65_536, 'x'));
  return { Body: Readable.from(pieces), ContentLength: SIZE };
}

test.each([
  ['before the body: the upload does not exist', 'NoSuchUpload', async () => undefined],
  ['in mid-body: the disk is full', 'NotWritable', async (id: string) => id],
])('a part refused %s leaves the connection good for the next request', async (_when, code, idOf) => {
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(where));
  if (code === 'NotWritable') world.server.faults.add({ operation: 'UploadPart', kind: 'refuseInMidBody' });
  const target = { ...where, UploadId: (await idOf(UploadId)) ?? 'none' };
  const part = client.send(new UploadPartCommand({ ...target, PartNumber: 1, ...body() }));
  expect(await refusal(part)).toMatchObject({ code });
  await client.send(new AbortMultipartUploadCommand({ ...where, UploadId }));
  expect(world.server.faults.pending).toBe(0);
});

test.each<[string, FaultKind | undefined, object, string]>([
  ['a precondition that does not hold', undefined, { IfMatch: '"other"' }, 'PreconditionFailed'],
  ['a digest of other bytes', undefined, { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'BadDigest'],
  ['a disk that is full, in mid-body', 'refuseInMidBody', {}, 'NotWritable'],
])('an object refused for %s leaves the connection good for the next request', async (_why, kind, more, code) => {
  await world.put('a', 'there');
  if (kind) world.server.faults.add({ operation: 'PutObject', kind });
  expect(await refusal(client.send(new PutObjectCommand({ ...where, ...more, ...body() })))).toMatchObject({ code });
  await client.send(new HeadBucketCommand({ Bucket: BUCKET }));
  expect(await world.read('a')).toBe('there');
});

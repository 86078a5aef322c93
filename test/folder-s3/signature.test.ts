import { type IncomingMessage, request } from 'node:http';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { refusal } from '../conformance/s3.ts';
import { access, BUCKET, S3World, signedHeaders } from './world.ts';

/* The signer of the AWS SDK is the judge of what is right; the rest is what must not get in. */

let world: S3World;
beforeEach(async () => {
  world = await S3World.start();
  await world.put('a', 'secret');
});
afterEach(async () => world.end());

function clientWith(credentials: { accessKeyId: string; secretAccessKey: string }): S3Client {
  return new S3Client({
    endpoint: world.server.url,
    region: 'eu-central-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials,
  });
}

test.each(['a', 'a b', 'ä/ö', "it's (1)!*", 'a+b', 'a%20b', 'x=y&z', '日本/~-_.', '%'])(
  'the key %j is signed by the SDK as we expect it, in a header and in a URL',
  async (Key) => {
    const client = clientWith(access);
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'hello' }));
    const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    expect(await got.Body?.transformToString()).toBe('hello');
    const list = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: Key, Delimiter: '/' }));
    expect(list.$metadata.httpStatusCode).toBe(200);
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: BUCKET, Key }), { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe('hello');
    client.destroy();
  },
);

describe('is refused and changes nothing:', () => {
  test.each([
    ['another access key', { ...access, accessKeyId: 'other' }, 'InvalidAccessKeyId'],
    ['another secret', { ...access, secretAccessKey: 'other-secret' }, 'SignatureDoesNotMatch'],
    ['an empty secret', { ...access, secretAccessKey: '' }, 'SignatureDoesNotMatch'],
  ])('%s, in a header', async (_name, credentials, code) => {
    const client = clientWith(credentials);
    const put = client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'changed' }));
    expect(await refusal(put)).toMatchObject({ code, status: 403 });
    expect(await refusal(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' })))).toMatchObject({ code });
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }), { expiresIn: 60 });
    expect([(await fetch(url)).status, await world.read('a')]).toEqual([403, 'secret']);
    client.destroy();
  });

  test.each<[string, (url: URL) => void]>([
    ['another key', (url) => (url.pathname = url.pathname.replace(/a$/, 'b'))],
    ['a longer time', (url) => url.searchParams.set('X-Amz-Expires', '86400')],
    ['a further parameter', (url) => url.searchParams.set('response-content-type', 'text/html')],
    ['a parameter less', (url) => url.searchParams.delete('x-id')],
    ['another signature', (url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64))],
    ['no signature', (url) => url.searchParams.set('X-Amz-Signature', '')],
    ['another date', (url) => url.searchParams.set('X-Amz-Date', '20261122T120001Z')],
  ])('a signed URL with %s', async (_name, change) => {
    await world.put('b', 'other');
    const url = new URL(
      await getSignedUrl(world.client, new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }), { expiresIn: 60 }),
    );
    expect((await fetch(url)).status).toBe(200);
    change(url);
    expect((await fetch(url)).status).toBeGreaterThanOrEqual(400);
  });

  test('a signed URL with another method', async () => {
    const url = await getSignedUrl(world.client, new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }), { expiresIn: 60 });
    for (const method of ['PUT', 'DELETE', 'HEAD']) expect((await fetch(url, { method })).status, method).toBe(403);
    expect(await world.read('a')).toBe('secret');
  });

  test.each([
    'AWS4-HMAC-SHA256 anything',
    'AWS4-',
    'Basic YTpi',
    'AWS4-HMAC-SHA256 Credential=test/x/y/s3/aws4_request',
  ])('the header %j', async (authorization) => {
    expect((await world.raw('GET', `/${BUCKET}/a`, { authorization })).status).toBe(403);
    expect((await world.raw('DELETE', `/${BUCKET}/a`, { authorization })).status).toBe(403);
  });

  test('a signature that is right for another host, as of a page whose name was made to point here', async () => {
    const { port } = new URL(world.server.url);
    const answer = await new Promise<IncomingMessage>((resolve) => {
      const host = `evil.example:${port}`;
      const headers = { ...signedHeaders({ method: 'GET', path: `/${BUCKET}/a`, host }), host };
      request({ port, host: '127.0.0.1', path: `/${BUCKET}/a`, headers, agent: false }, resolve).end();
    });
    expect(answer.statusCode).toBe(403);
    answer.destroy();
  });
});

test('a server makes a key pair for itself alone', async () => {
  await world.stop();
  const pairs = [];
  for (let n = 0; n < 2; n += 1) {
    const server = await startLocalS3({ dir: world.dir });
    pairs.push(server.access.credentials);
    await server.close();
  }
  expect(pairs[0]?.secretAccessKey).toHaveLength(40);
  expect(pairs[0]?.secretAccessKey).not.toBe(pairs[1]?.secretAccessKey);
});

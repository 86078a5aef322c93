import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import { access, BUCKET, S3World } from '../folder-s3/world.ts';
import { mulberry32 } from '../support/seeded.ts';
import { type TlsFront, tlsFront } from '../support/tls-front.ts';

const tls = makeCertificates();
const KiB = 1024;
let world: S3World;
let front: TlsFront;
beforeAll(async () => {
  world = await S3World.start();
  front = await tlsFront(tls, world.server.url);
});
afterAll(async () => {
  await front.close();
  await world.end();
});

const clientAt = (endpoint: string) =>
  s3Client({
    endpoint,
    region: 'us-east-1',
    credentials: access,
    network: { proxies: { noProxy: '' }, storeCa: tls.caPem },
    maxAttempts: 1,
  });

const bytesOf = (size: number) => {
  const next = mulberry32(size + 1);
  return Buffer.from(Uint8Array.from({ length: size }, () => next() * 256));
};

describe('bodies over TLS', () => {
  const sizes = [0, 1, 128 * KiB - 1, 128 * KiB, 128 * KiB + 1, 256 * KiB, 5 * 1024 * KiB + 7];

  test.each(sizes)('of %i bytes arrive as they were sent, over one connection', async (size) => {
    const body = bytesOf(size);
    const client = clientAt(front.url);
    const before = front.connections();
    for (const Key of ['a', 'b']) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: body }));
    expect(front.connections() - before).toBe(1);
    expect((await readFile(world.path('b'))).equals(body)).toBe(true);
    client.destroy();
  });
});

test('a store that stops reading can be left in the middle of a body', async () => {
  const server = createServer(tls, (socket) => void socket.pause().on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = clientAt(`https://localhost:${(server.address() as AddressInfo).port}`);
  const stop = new AbortController();
  const put = client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: Buffer.alloc(64 * 1024 * KiB) }), {
    abortSignal: stop.signal,
  });
  const [socket] = (await once(server, 'secureConnection')) as [Socket];
  stop.abort();
  await expect(put).rejects.toThrow(/abort/i);
  client.destroy();
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

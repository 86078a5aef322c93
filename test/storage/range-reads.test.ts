import { randomFillSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { ByteCursor } from '../../lib/zip/byte-cursor.ts';
import { EndedEarly, inflate, inflateByStream, ReusedInflater } from '../../lib/zip/inflate.ts';

const MiB = 1024 ** 2;
const object = randomFillSync(Buffer.alloc(9 * MiB + 77));
const stopping: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

async function stored(cutAt = object.length, signal = new AbortController().signal) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((request, response) => {
    seen.requests += 1;
    const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Number(to)];
    response.writeHead(206, {
      'content-range': `bytes ${start}-${end}/${object.length}`,
      'content-length': end - start + 1,
      // A wrong one: whoever looks at it has hashed the body.
      'x-amz-checksum-crc32': 'AAAAAA==',
    });
    if (cutAt > end) response.end(object.subarray(start, end + 1));
    else response.write(object.subarray(start, cutAt), () => response.socket?.destroySoon());
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const s3 = s3Client({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  stopping.push(
    () => s3.destroy(),
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return { source: new ArchiveBucket(s3, 'offsite', signal).source('k', 'v', object.length), seen };
}

describe('a range of a stored object', () => {
  test('has its own bytes, taken, streamed or skipped, and nobody hashes them a second time', async () => {
    const { source } = await stored();
    const cursor = await ByteCursor.open(source, 5, object.length - 5, {});
    const got: Buffer[] = [];
    for (const length of [1, 30, 3 * MiB, 7, 400_000]) got.push(Buffer.from(await cursor.take(length)));
    await cursor.skip(1000);
    for await (const piece of cursor.stream(2 * MiB)) {
      // More arrives meanwhile, and must not be read into this very piece.
      if (got.length < 12) await new Promise((resolve) => setTimeout(resolve, 5));
      got.push(Buffer.from(piece));
    }
    const taken = 38 + 3 * MiB + 400_000;
    const expected = [object.subarray(5, 5 + taken), object.subarray(1005 + taken, 1005 + taken + 2 * MiB)];
    expect(Buffer.concat(got).equals(Buffer.concat(expected))).toBe(true);
    await cursor.finish();
    cursor.close();
  });

  test('is a stream like any other to whoever wants one', async () => {
    const { source } = await stored();
    const bytes = await buffer(await source.read(100, 5 * MiB));
    expect(bytes.equals(object.subarray(100, 100 + 5 * MiB))).toBe(true);
  });

  test('leaves its connection for the next one when it was read to its end', async () => {
    const { source, seen } = await stored();
    for (let i = 0; i < 4; i++) {
      const cursor = await ByteCursor.open(source, i * MiB, MiB, {});
      await cursor.finish();
      cursor.close();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toEqual({ connections: 1, requests: 4 });
  });

  test('that breaks off is StorageUnavailable', async () => {
    const { source } = await stored(4 * MiB);
    const cursor = await ByteCursor.open(source, 0, object.length, {});
    await expect(cursor.finish()).rejects.toMatchObject({ name: 'StorageUnavailable' });
    cursor.close();
  });

  test('that is being read ends when the run is interrupted', async () => {
    const stop = new AbortController();
    const { source } = await stored(object.length, stop.signal);
    const cursor = await ByteCursor.open(source, 0, object.length, { signal: stop.signal });
    await cursor.take(1000);
    stop.abort();
    await expect(cursor.finish()).rejects.toMatchObject({ name: 'AbortError' });
    cursor.close();
  });
});

describe.each([
  ['with one inflater for all', inflate],
  ['by a stream, for a Node that has rearranged its zlib', inflateByStream],
])('inflating %s', (_, how) => {
  const plain = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `row ${i} of ${(i * 7919) % 97}\n`).join(''));
  const deflated = deflateRawSync(plain);

  async function run(data: Buffer, length = data.length, piece = 10_000): Promise<{ size: number; crc: number }> {
    const cut = async function* () {
      for (let at = 0; at < data.length; at += piece) yield data.subarray(at, at + piece);
    };
    let [size, crc] = [0, 0];
    await how(cut(), length, (bytes) => {
      size += bytes.length;
      crc = crc32(bytes, crc);
    });
    return { size, crc };
  }

  test('gives the bytes, again and again, in pieces of any size', async () => {
    for (const piece of [1000, 65_536, deflated.length])
      expect(await run(deflated, deflated.length, piece)).toEqual({ size: plain.length, crc: crc32(plain) });
    expect(await run(Buffer.from([3, 0]))).toEqual({ size: 0, crc: 0 });
  });

  test('refuses what breaks off, what is no deflate data, and what ends too soon; and then goes on', async () => {
    await expect(run(deflated.subarray(0, -10))).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
    const open = deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH });
    await expect(run(open)).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
    await expect(run(Buffer.alloc(30_000, 0xff))).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
    const more = Buffer.concat([deflated, Buffer.alloc(200_000)]);
    await expect(run(more)).rejects.toBeInstanceOf(EndedEarly);
    expect(await run(deflated)).toEqual({ size: plain.length, crc: crc32(plain) });
  });
});

test('this Node has what the fast way needs', () => {
  expect(ReusedInflater.make()).toBeDefined();
});

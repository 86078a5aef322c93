import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { RateFloor } from '../../lib/base/rate-floor.ts';
import { Redactor } from '../../lib/base/redact.ts';
import { defaults } from '../../lib/base/settings.ts';
import { Managers } from '../../lib/manager/managers.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';

const stopping: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const stop of stopping.splice(0)) await stop();
});

/** Pieces as they come and pauses of the taker: `[milliseconds, bytes, busy]`. */
function verdictOf(pieces: readonly (readonly [number, number, number?])[]): string {
  let now = 0;
  const floor = new RateFloor(() => now);
  floor.wait();
  for (const [milliseconds, bytes, busy = 0] of pieces) {
    now += milliseconds;
    const slow = floor.got(bytes);
    if (slow) return `${slow.message} at ${now / 1000} s`;
    now += busy;
    floor.wait();
  }
  return 'goes on';
}
const often = <T>(count: number, piece: T): T[] => Array.from({ length: count }, () => piece);

test.each([
  ['a byte a second', often(7200, [1000, 1]), 'sent 60 bytes in 60 s at 60 s'],
  ['a byte just before each time-out', often(100, [59_000, 1]), 'sent 2 bytes in 118 s at 118 s'],
  ['a line of 40 kB/s that four bodies share', often(5000, [6400, 64_000]), 'goes on'],
  ['a little over the floor, in bursts', often(100, [59_999, 60_100]), 'goes on'],
  ['a taker that is busy for minutes', often(100, [10, 65_536, 300_000]), 'goes on'],
  [
    'quick for an hour, then a drip',
    [...often(3600, [1000, 1e6]), ...often(200, [1000, 1])],
    /^sent \d+ bytes in 60 s at 36[6-9]\d s$/,
  ],
  ['less than a minute in all', often(55, [1000, 1]), 'goes on'],
] as const)('%s', (_, pieces, verdict) => {
  expect(verdictOf(pieces as unknown as readonly (readonly [number, number])[])).toEqual(
    typeof verdict === 'string' ? verdict : expect.stringMatching(verdict),
  );
});

/** Sends a byte, and a second passes; the rest never comes. */
async function dripping(head: Readonly<Record<string, string>>): Promise<string> {
  vi.useFakeTimers({ toFake: ['performance'] });
  const drip: RequestListener = (_, response) => {
    response.writeHead(206, head);
    const next = () => {
      if (response.destroyed || !vi.isFakeTimers()) return;
      vi.advanceTimersByTime(1000);
      response.write('x', () => setImmediate(next));
    };
    next();
  };
  const server = createServer(drip);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopping.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const SIZE = 1_000_000;
const HEAD = { 'content-range': `bytes 0-${SIZE - 1}/${SIZE}`, 'content-length': String(SIZE), etag: '"a"' };
const signal = new AbortController().signal;

test('a range from storage that drips is given up by name, to be read again', async () => {
  const endpoint = await dripping(HEAD);
  const s3 = s3Client({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  stopping.push(() => s3.destroy());
  const source = new ArchiveBucket(s3, 'offsite', signal).source('k', 'v', SIZE);
  const read = async () => {
    for await (const _ of (await source.pieces?.(0, SIZE)) ?? []);
  };
  await expect(read()).rejects.toMatchObject({
    name: 'StorageUnavailable',
    message: expect.stringMatching(
      /^Bucket offsite could not send 1000000 bytes of k: it sent \d+ bytes in 6\d s, too slow/,
    ),
  });
});

test('an archive from a manager that drips is given up by name, to be copied again', async () => {
  const node = await dripping({ ...HEAD, 'content-type': 'application/zip' });
  const read = async () => JSON.stringify({ endpoints: [node], username: 'a', password: 'b' });
  const managers = new Managers(
    { read },
    { settings: defaults, redactor: new Redactor(), signal, now: () => new Date() },
  );
  stopping.push(() => managers.close());
  const reader = await managers.archive('m1', node, 'offsite-20261122T020000Z');
  const pinned = { size: SIZE, etag: '"a"', ranges: true };
  await expect(reader.pour(pinned, 0, SIZE, () => undefined)).rejects.toMatchObject({
    name: 'TransferInterrupted',
    message: expect.stringMatching(/broke off after \d+ of 1000000 bytes .*\(it sent \d+ bytes in 6\d s, too slow/),
  });
});

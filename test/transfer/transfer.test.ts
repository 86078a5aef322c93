import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { defaults } from '../../lib/base/settings.ts';
import type { Transfer } from '../../lib/export/contract.ts';
import { newAgent } from '../../lib/manager/agent.ts';
import { ArchiveReader } from '../../lib/manager/archive-reader.ts';
import { ManagerHttp } from '../../lib/manager/http.ts';
import { consecutive, partRange, partsOf, planParts } from '../../lib/transfer/part-plan.ts';
import { crc32Combine, crc32FromBase64, crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { type Breakage, manager } from '../support/breakages.ts';
import { type ErrorName, Nights } from '../support/nights.ts';
import { seeded } from '../support/seeded.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const part = 20 * 1024;
const span = 3 * part;
const settings = { partSize: part, spanSize: span };

describe('whole archives, one byte around every boundary', () => {
  const sizes = [3, 6, 9].flatMap((parts) => [parts * part - 1, parts * part, parts * part + 1]);
  test.each([...sizes, 5 * part, 4 * span])(
    '%d bytes: every part is stored once, and all bytes are there',
    async (sizeBytes) => {
      const nights = await Nights.beginAfresh({ settings, manager: { archive: { sizeBytes, seed: 3 } } });
      await nights.play({ name: `${sizeBytes}`, ends: 'SUCCEEDED' });
      const [manifest] = await nights.world.manifests();
      expect(manifest?.archive).toMatchObject({ size: sizeBytes, partSize: part, parts: Math.ceil(sizeBytes / part) });
      expect(nights.world.s3.requests('UploadPart')).toBe(Math.ceil(sizeBytes / part));
      // Beside the spans: HEAD, and one byte to see whether there are ranges.
      const reads = nights.world.manager.requests.filter((one) => /\/archive$/.test(one.path));
      expect(reads).toHaveLength(Math.ceil(sizeBytes / span) + 2);
      await nights.stop();
    },
  );

  test('one part is enough for a small one', async () => {
    const nights = await Nights.beginAfresh({ settings: { partSize: MiB, spanSize: MiB } });
    await nights.play({ name: 'one part', ends: 'SUCCEEDED' });
    expect(nights.world.s3.requests('UploadPart')).toBe(1);
    await nights.stop();
  });
});

describe('after an interruption', () => {
  const sizeBytes = 4 * span;
  const uploads = async (broken: Breakage) => {
    const nights = await Nights.beginAfresh({ settings, manager: { archive: { sizeBytes } } });
    await nights.play({ name: 'interrupted', broken, ends: 'SUCCEEDED' });
    const count = nights.world.s3.requests('UploadPart');
    await nights.stop();
    return count;
  };

  test('only the parts that storage does not have are copied again', async () => {
    for (const archiveByte of [part - 1, part, 2 * part + 100, span + 1, 4 * span - 1]) {
      expect(await uploads(manager('dropConnectionAtByte', { archiveByte }, { times: 1 })), `${archiveByte}`).toBe(12);
    }
  });

  test('without ranges the parts before it are sent once more, since the body begins at its first byte', async () => {
    const nights = await Nights.beginAfresh({ settings, manager: { archive: { sizeBytes } } });
    const broken = [
      manager('noRanges', {}),
      manager('dropConnectionAtByte', { archiveByte: 5 * part + 1 }, { step: 'CopySpan', times: 1 }),
    ];
    await nights.play({ name: 'no ranges', broken, ends: 'SUCCEEDED' });
    expect(nights.world.s3.requests('UploadPart')).toBe(12 + 5);
    await nights.stop();
  });
});

test('the CRC-32 of two pieces gives that of the whole, as zlib has it', () => {
  for (const random of seeded(200)) {
    const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 3000) }, () => Math.floor(random() * 256)));
    const at = Math.floor(random() * (bytes.length + 1));
    const [a, b] = [bytes.subarray(0, at), bytes.subarray(at)];
    expect(crc32Combine(crc32(a), crc32(b), b.length)).toBe(crc32(bytes));
    expect(crc32FromBase64(crc32ToBase64(crc32(bytes)))).toBe(crc32(bytes));
  }
  const zeros = Buffer.alloc(2 ** 20);
  expect(crc32Combine(crc32('x'), crc32(zeros), zeros.length)).toBe(crc32(zeros, crc32('x')));
});

describe('the plan', () => {
  const plan = (size: number, ranges = true) => planParts(size, ranges, defaults, 'The archive of x on manager m1');

  test.each([
    [1, 16 * MiB, 1, 1],
    [16 * MiB - 1, 16 * MiB, 1, 1],
    [16 * MiB, 16 * MiB, 1, 1],
    [16 * MiB + 1, 16 * MiB, 2, 1],
    [GiB, 16 * MiB, 64, 1],
    [GiB + 1, 16 * MiB, 65, 2],
    [10_000 * 16 * MiB, 16 * MiB, 10_000, 157],
    [10_000 * 16 * MiB + 1, 17 * MiB, 9412, 155],
    [900 * GiB, 93 * MiB, 9910, 826],
  ])('%d bytes are cut into parts of %d: %d parts, %d spans', (size, partSize, parts, spans) => {
    expect(plan(size)).toMatchObject({ partSize, parts, spans });
  });

  test('is whole at any size: parts lie side by side, and every part is in one span', () => {
    for (const random of seeded(300)) {
      const size = 1 + Math.floor(900 * GiB * random() ** 6);
      const { partSize, parts, partsPerSpan, spans } = plan(size);
      expect(parts).toBeLessThanOrEqual(10_000);
      expect(spans).toBeLessThanOrEqual(1000);
      const numbers = Array.from({ length: spans }, (_, i) => partsOf({ parts, partsPerSpan }, i + 1)).flat();
      expect(numbers).toEqual(Array.from({ length: parts }, (_, i) => i + 1));
      const last = partRange({ size, partSize }, parts);
      expect(last.start + last.length).toBe(size);
      expect(last.length).toBeGreaterThan(0);
    }
  });

  test.each([
    [5 * 1024 * GiB, true, /has 5120\.0 GiB, the limit is 1000\.0 GiB: a transfer has at most 1000 ranges/],
    [16 * GiB + 1, false, /the limit is 16\.0 GiB: the manager serves no byte ranges/],
  ])('%d bytes (ranges: %s) are refused by name', (size, ranges, says) => {
    expect(() => plan(size, ranges)).toThrow(
      expect.objectContaining({ name: 'ArchiveTooLarge', message: expect.stringMatching(says) }),
    );
  });

  test('16 GiB without ranges are one span', () => {
    expect(plan(16 * GiB, false)).toMatchObject({ parts: 1024, partsPerSpan: 1024, spans: 1 });
  });

  test('parts that are missing are asked for in runs', () => {
    expect(consecutive([])).toEqual([]);
    expect(consecutive([1, 2, 5, 7, 8, 9])).toEqual([[1, 2], [5], [7, 8, 9]]);
  });
});

/** Servers that answer a request for bytes 10-19 of 100 in their own way; what the simulated manager cannot do. */
describe('a body is accepted only if it is exactly what was asked for', () => {
  const etag = '"a-64"';
  const right = { 'content-range': 'bytes 10-19/100', 'content-length': '10', etag };
  const answer = (status: number, headers: Record<string, string>, body: string | Buffer): RequestListener => {
    return (_, response) => response.writeHead(status, headers).end(body);
  };
  const without = ({ 'content-length': _, ...headers }: typeof right) => headers;
  const ten = '0123456789';
  const gzipped = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

  test.each<[string, RequestListener, ErrorName | 'ten bytes']>([
    ['the very bytes', answer(206, right, ten), 'ten bytes'],
    ['the very bytes, in chunks', answer(206, without(right), ten), 'ten bytes'],
    ['one byte more, in chunks', answer(206, without(right), `${ten}x`), 'TransferInterrupted'],
    ['one byte less, in chunks', answer(206, without(right), ten.slice(1)), 'TransferInterrupted'],
    [
      'one byte less, with its length',
      answer(206, { ...right, 'content-length': '9' }, ten.slice(1)),
      'TransferInterrupted',
    ],
    ['no Content-Range', answer(206, { etag }, ten), 'TransferInterrupted'],
    ['the range before', answer(206, { ...right, 'content-range': 'bytes 0-9/100' }, ten), 'TransferInterrupted'],
    ['a range of another size', answer(206, { ...right, 'content-range': 'bytes 10-19/99' }, ten), 'SourceChanged'],
    ['another ETag', answer(206, { ...right, etag: '"b-64"' }, ten), 'SourceChanged'],
    ['a weak ETag', answer(206, { ...right, etag: `W/${etag}` }, ten), 'SourceChanged'],
    ['no ETag', answer(206, { 'content-range': right['content-range'] }, ten), 'SourceChanged'],
    ['everything', answer(200, { etag }, ten.repeat(10)), 'TransferInterrupted'],
    ['gzip', answer(206, { ...right, 'content-encoding': 'gzip' }, ten), 'UnexpectedReply'],
    ['an error that is no gzip', answer(500, gzipped, '{"message": "no gzip"}'), 'ManagerUnavailable'],
    ['an error in gzip that is cut short', answer(500, gzipped, gzipSync('{}').subarray(0, -4)), 'ManagerUnavailable'],
    ['not satisfiable', answer(416, { 'content-range': 'bytes */5' }, ''), 'SourceChanged'],
    ['a login page', answer(200, { 'content-type': 'text/html; charset=utf-8' }, '<html>'), 'ManagerUnavailable'],
    ['a redirect', answer(302, { location: 'http://elsewhere/' }, ''), 'UnexpectedReply'],
    ['nothing, with a reset', (request) => void request.socket.resetAndDestroy(), 'ManagerUnavailable'],
  ])('%s', async (_, listener, expected) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const agent = newAgent(undefined, 'archives');
    const secret = { endpoints: [node], token: 'x', tenant: 'default_tenant' };
    const { signal } = new AbortController();
    const http = new ManagerHttp('m1', node, secret, {
      settings: defaults,
      signal,
      redactor: new Redactor(),
      agent: () => agent,
    });
    const reader = new ArchiveReader(http, 'offsite-20261122T020000Z', async () => undefined);
    const transfer: Transfer = {
      node,
      size: 100,
      etag,
      ranges: true,
      partSize: 10,
      parts: 10,
      partsPerSpan: 10,
      uploadId: 'u',
    };
    expect(await bytesOf(reader.bytes(transfer, 10, 10))).toBe(expected);
    await agent.destroy();
    server.closeAllConnections();
    server.close();
  });

  async function bytesOf(body: Promise<Buffer>): Promise<string> {
    try {
      return (await body).toString() === ten ? 'ten bytes' : 'other bytes';
    } catch (error) {
      return (error as Error).name;
    }
  }
});

import { randomFillSync } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { defaults } from '../../lib/base/settings.ts';
import { newAgent } from '../../lib/manager/agent.ts';
import { ArchiveReader } from '../../lib/manager/archive-reader.ts';
import { ManagerHttp } from '../../lib/manager/http.ts';
import { Multipart } from '../../lib/storage/multipart.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { S3Requests } from '../../lib/storage/s3-requests.ts';
import { copyParts, type FullPart } from '../../lib/transfer/copy-parts.ts';
import { PartBuffers } from '../../lib/transfer/part-buffers.ts';
import { partRange } from '../../lib/transfer/part-plan.ts';
import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { storage } from '../support/breakages.ts';
import { Nights } from '../support/nights.ts';
import { RangeServer } from '../support/range-server.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const archive = randomFillSync(Buffer.alloc(24 * MiB + 12_345));
const partSize = 256 * KiB;
const pinned = { size: archive.length, etag: '"a-1"', ranges: true };
const all = { size: archive.length, partSize };
const parts = Array.from({ length: Math.ceil(archive.length / partSize) }, (_, i) => ({
  number: i + 1,
  ...partRange(all, i + 1),
}));

let server: RangeServer;
const stopping: (() => unknown)[] = [];

async function reader(options?: { ranges: boolean; pauseMs?: number }): Promise<ArchiveReader> {
  server = new RangeServer(archive, options);
  const node = await server.start();
  const agents = { replies: newAgent(undefined), archives: newAgent(undefined, 'archives') };
  stopping.push(() => server.stop(), ...Object.values(agents).map((agent) => () => agent.destroy()));
  const secret = { endpoints: [node], token: 'x', tenant: 'default_tenant' };
  const http = new ManagerHttp('m1', node, secret, {
    settings: { ...defaults, managerPauseMs: options?.pauseMs ?? defaults.managerPauseMs },
    signal: new AbortController().signal,
    redactor: new Redactor(),
    agent: (_, __, use) => agents[use],
  });
  return new ArchiveReader(http, 'offsite-20261122T020000Z', async () => undefined);
}

afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

describe('parts are cut from what is read into one buffer again and again', () => {
  /** Puts that take their turn, in an order of their own, so that buffers run out and the body has to wait. */
  const slowly = (stored: Map<number, Buffer>) => {
    let inFlight = 0;
    const most = { inFlight: 0 };
    const put = async ({ number, body, crc32: sum }: FullPart) => {
      most.inFlight = Math.max(most.inFlight, ++inFlight);
      for (let turn = 0; turn < (number * 7) % 5; turn++) await setImmediate();
      expect(sum).toBe(crc32ToBase64(crc32(body)));
      stored.set(number, Buffer.from(body));
      inFlight -= 1;
    };
    return { put, most };
  };

  test.each([2, 3, 8])('with %d buffers every part has its own bytes, and no more are under way', async (count) => {
    const source = await reader();
    const buffers = new PartBuffers(count * partSize);
    const stored = new Map<number, Buffer>();
    const { put, most } = slowly(stored);
    await copyParts((take) => source.pour(pinned, 0, archive.length, take), parts, put, { buffers, partSize });
    expect(Buffer.concat(parts.map(({ number }) => stored.get(number) ?? Buffer.alloc(0))).equals(archive)).toBe(true);
    expect(most.inFlight).toBeLessThanOrEqual(count);
    expect(server.served).toHaveLength(1);
  });

  test('four at once share the buffers, and each goes on', async () => {
    const source = await reader();
    const buffers = new PartBuffers(2 * partSize);
    const stored = new Map<number, Buffer>();
    const { put, most } = slowly(stored);
    const quarter = Math.ceil(parts.length / 4);
    const spans = [0, 1, 2, 3].map((i) => parts.slice(i * quarter, (i + 1) * quarter));
    const copies = spans.map(async (span) => {
      const start = span[0]?.start ?? 0;
      const length = span.reduce((sum, part) => sum + part.length, 0);
      await copyParts((take) => source.pour(pinned, start, length, take), span, put, { buffers, partSize });
    });
    await Promise.all(copies);
    expect(Buffer.concat(parts.map(({ number }) => stored.get(number) ?? Buffer.alloc(0))).equals(archive)).toBe(true);
    expect(most.inFlight).toBeLessThanOrEqual(2);
  });

  test('connections serve one span after the other', async () => {
    const source = await reader();
    for (const part of parts.slice(0, 5)) {
      const bytes = await source.bytes(pinned, part.start, part.length);
      expect(bytes.equals(archive.subarray(part.start, part.start + part.length))).toBe(true);
    }
    // A second one is opened for whoever does not wait for the turn of the loop in which the first is free again.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('a put that fails ends the reading, after the others have ended', async () => {
    const source = await reader();
    const buffers = new PartBuffers(3 * partSize);
    const put = async ({ number }: FullPart) => {
      await setImmediate();
      if (number === 5) throw new Error('no space');
    };
    const copy = copyParts((take) => source.pour(pinned, 0, archive.length, take), parts, put, { buffers, partSize });
    await expect(copy).rejects.toThrow('no space');
    // All of them are back: taking what there is does not wait.
    for (let i = 0; i < 3; i++) expect(buffers.takeNow(partSize)).toBeDefined();
  });
});

describe('storage that is slow', () => {
  test('for longer than a manager waits: the connection is given up, and the rest asked for, no byte twice', async () => {
    const source = await reader({ ranges: true, pauseMs: 30 });
    const got: Buffer[] = [];
    let held = 0;
    const take = (piece: Buffer) => {
      got.push(Buffer.from(piece));
      held += piece.length;
      if (held < 5 * MiB) return undefined;
      held = 0;
      return new Promise<void>((resolve) => setTimeout(resolve, 120));
    };
    await source.pour(pinned, 1000, archive.length - 1000, take);
    expect(Buffer.concat(got).equals(archive.subarray(1000))).toBe(true);
    expect(server.served.length).toBeGreaterThan(2);
    const starts = server.served.map(({ start }) => start);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });

  test('without ranges that is an interruption, by name', async () => {
    const source = await reader({ ranges: false, pauseMs: 30 });
    const take = () => new Promise<void>((resolve) => setTimeout(resolve, 120));
    const pouring = source.pour({ ...pinned, ranges: false }, 0, archive.length, take);
    await expect(pouring).rejects.toMatchObject({ name: 'TransferInterrupted', message: /storage kept it waiting/ });
  });

  test('is never given longer than nginx gives us', () => {
    expect(defaults.managerPauseMs).toBeLessThan(60_000);
  });

  test('and says so: fewer parts at once, none given up, no step tried again', async () => {
    const nights = await Nights.beginAfresh({
      settings: { partSize: 20 * KiB, spanSize: 100 * KiB },
      manager: { archive: { sizeBytes: 400 * KiB } },
    });
    const broken = storage({ operation: 'UploadPart' }, ...Array.from({ length: 9 }, () => 'slowDown' as const));
    const { events } = await nights.play({ name: 'slow down', broken, ends: 'SUCCEEDED' });
    expect(nights.world.s3.requests('UploadPart')).toBe(20 + 9);
    expect(events.filter(({ type }) => type === 'StateRetried' || type === 'StateFailed')).toEqual([]);
    await nights.stop();
  });
});

describe('a dropped connection', () => {
  test.each([1, 4])('costs at most one part per span: %d at once', async (spans) => {
    const source = await reader();
    const buffers = new PartBuffers((spans + 2) * partSize);
    const stored = new Set<number>();
    const put = async ({ number }: FullPart) => void stored.add(number);
    const share = Math.ceil(parts.length / spans);
    const copySpan = async (index: number) => {
      const missing = parts.slice(index * share, (index + 1) * share).filter(({ number }) => !stored.has(number));
      const start = missing[0]?.start ?? 0;
      const length = missing.reduce((sum, part) => sum + part.length, 0);
      await copyParts((take) => source.pour(pinned, start, length, take), missing, put, { buffers, partSize });
    };
    const indexes = Array.from({ length: spans }, (_, i) => i);
    // As bad as can be: one byte before a part is whole.
    for (const i of indexes) server.cutAt.add((i * share + 5) * partSize - 1);
    const first = await Promise.allSettled(indexes.map(copySpan));
    for (const { status } of first) expect(status).toBe('rejected');
    for (const { reason } of first as PromiseRejectedResult[]) expect(reason.name).toBe('TransferInterrupted');
    await Promise.all(indexes.map(copySpan));
    expect(stored.size).toBe(parts.length);
    const received = server.served.reduce((sum, { sent }) => sum + sent, 0);
    expect(received - archive.length).toBeGreaterThan(spans * (partSize - 2));
    expect(received - archive.length).toBeLessThanOrEqual(spans * partSize);
  });
});

describe('a part on the wire', () => {
  const seen: IncomingHttpHeaders[] = [];
  let connections = 0;
  const sink = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => response.setHeader('etag', '"x"').end());
  });
  sink.on('connection', () => {
    connections += 1;
  });

  beforeEach(async () => {
    seen.length = 0;
    connections = 0;
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    stopping.push(
      () => sink.closeAllConnections(),
      () => sink.close(),
    );
    const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const s3 = s3Client({ endpoint, region: 'us-east-1', credentials });
    stopping.push(() => s3.destroy());
    const multipart = new Multipart(new S3Requests(s3, 'offsite', new AbortController().signal));
    const body = archive.subarray(0, 6 * MiB);
    const part = { body, crc32: crc32ToBase64(crc32(body)) };
    for (const number of [1, 2, 3]) await multipart.putPart('archives/x.zip', 'u', { ...part, number });
  });

  test('carries one checksum, ours: the SDK computes none of its own', () => {
    expect(seen).toHaveLength(3);
    for (const headers of seen) {
      expect(headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
      const sums = Object.keys(headers).filter((name) => /checksum|md5|trailer/.test(name));
      expect(sums).toEqual(['x-amz-checksum-crc32']);
      expect(headers['x-amz-checksum-crc32']).toBe(crc32ToBase64(crc32(archive.subarray(0, 6 * MiB))));
      expect(headers['content-length']).toBe(String(6 * MiB));
      expect(headers['content-encoding']).toBeUndefined();
    }
  });

  test('waits for no permission, and parts follow each other on one connection', () => {
    for (const headers of seen) expect(headers['expect']).toBeUndefined();
    expect(connections).toBe(1);
  });
});

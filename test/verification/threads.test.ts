import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { nearOf } from '../../lib/cli/inputs/storage.ts';
import { mostThreads, type ThreadRules } from '../../lib/local/span-threads.ts';
import { runVerify } from '../../lib/local/verify.ts';
import type { Near, NearFile } from '../../lib/storage/near.ts';
import { type Rates, ratesOf } from '../../lib/transfer/bandwidth.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { VerifyWorld } from '../support/verify-world.ts';

const RANGES = 5;
let one: VerifyWorld;
beforeEach(async () => {
  one = await VerifyWorld.start(1, { settings: { verifySpanSize: 30_000 }, pinsVersions: false });
});

/** Threads that were begun in this process, and those that live. */
const begun: Worker[] = [];
const living = new Set<Worker>();
let mostLiving = 0;
const watch = (worker: Worker) => {
  begun.push(worker);
  living.add(worker);
  mostLiving = Math.max(mostLiving, living.size);
  worker.on('exit', () => living.delete(worker));
};
beforeEach(() => {
  begun.length = 0;
  mostLiving = 0;
  process.on('worker', watch);
});
afterEach(async () => {
  process.off('worker', watch);
  await one.world.stop();
  expect(living.size).toBe(0);
});

const program = (name: string) => new URL(`../fixtures/threads/${name}.ts`, import.meta.url);

async function verify(rules: Partial<ThreadRules>, near?: Near, rates?: Rates) {
  const threads = { most: 2, leastBytes: 0, ...rules };
  return await one.verify(undefined, { parts: { threads, ...(near ? { near } : {}), ...(rates ? { rates } : {}) } });
}

/** Where no inspection looks. */
async function flipInPlugin(): Promise<void> {
  const file = one.fileOf(one.snapshots[0] ?? '');
  const bytes = await readFile(file);
  const at = bytes.indexOf('/plugins/', 0) + 10_000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

const shown = async () => {
  const { result, error, message } = (await one.mark(one.snapshots[0] ?? '')) ?? {};
  return { result, error, message };
};

describe.each(['by requests', 'from the file'])('%s', (way) => {
  const near = () => (way === 'from the file' ? nearOf(one.world.s3, one.world.bucket) : undefined);

  test('an archive of several ranges is read by as many threads as may be, and none is left', async () => {
    const before = one.world.s3.requests('GetObject');
    const { outcome, report } = await verify({ most: 3 }, near());
    expect(outcome.status).toBe('SUCCEEDED');
    expect([begun.length, mostLiving, living.size]).toEqual([3, 3, 0]);
    const [manifest] = await one.world.manifests();
    expect(report?.bytes).toBe(manifest?.verification.bytes);
    expect(await one.marks()).toEqual(['sound']);
    expect(one.world.logs.filter((line) => line.includes('re-read'))).toEqual([]);
    const requests = one.world.s3.requests('GetObject') - before;
    if (way === 'by requests') expect(requests).toBeGreaterThan(2 * RANGES);
    else expect(requests).toBe(0);
  });

  test('damage has the same name and the same words as without threads', async () => {
    await flipInPlugin();
    const alone = await verify({ most: 1 }, near());
    const without = await shown();
    expect([begun.length, without.result, without.error]).toEqual([0, 'damaged', 'MemberCorrupt']);
    const beside = await verify({}, near());
    expect(begun.length).toBeGreaterThan(1);
    expect(await shown()).toEqual(without);
    expect(beside.outcome).toEqual(alone.outcome);
  });
});

test('a store that refuses is told as without threads; one bad read is tried again', async () => {
  const inSpans = { operation: 'GetObject', key: /^archives/, step: 'VerifySpan' } as const;
  const told: unknown[] = [];
  for (const most of [1, 2]) {
    const refusal = storageForEver(inSpans, 'accessDenied')(one.world);
    const { report } = await verify({ most });
    expect(refusal.hits()).toBeGreaterThan(0);
    await refusal.mend();
    told.push(report?.unread);
  }
  expect(told[0]).toMatchObject([{ error: 'StorageRefused' }]);
  expect(told[1]).toEqual(told[0]);
  const flips = storage(inSpans, 'corruptRead')(one.world);
  expect((await verify({})).outcome.status).toBe('SUCCEEDED');
  expect(flips.hits()).toBe(1);
});

test('what the file does not give is asked for', async () => {
  const near = nearOf(one.world.s3, one.world.bucket);
  /** Of which all but the first 100,000 bytes lie in a sector that cannot be read. */
  const open: Near['open'] = async (key, versionId) => {
    const file = await near.open(key, versionId);
    const read: NearFile['read'] = async (buffer, offset, length, position) => {
      const left = 100_000 - position;
      if (left <= 0) throw new Error('EIO');
      return await (file as NearFile).read(buffer, offset, Math.min(left, length), position);
    };
    return file && { fd: file.fd, read, close: async () => await file.close() };
  };
  const before = one.world.s3.requests('GetObject');
  expect((await verify({ most: 1 }, { ...near, open })).outcome.status).toBe('SUCCEEDED');
  expect(one.world.s3.requests('GetObject')).toBeGreaterThan(before);
  const known = await shown();
  const none = await verify({}, { ...near, open: async () => undefined });
  expect([none.outcome.status, await shown()]).toEqual(['SUCCEEDED', known]);
});

test('a thread that dies of its heap, or ends, costs time alone: its ranges are read without it', async () => {
  for (const [name, how, more] of [
    ['exits', /exit code 7/, {}],
    ['exhausts', /out of memory/, { heapMB: 8 }],
    ['absent', /Cannot find module/, {}],
  ] as const) {
    begun.length = 0;
    one.world.logs.length = 0;
    const { outcome } = await verify({ program: program(name), ...more });
    expect([name, outcome.status, await one.marks()]).toEqual([name, 'SUCCEEDED', ['sound']]);
    expect(begun.length).toBeGreaterThan(1);
    const told = one.world.logs.filter((line) => /^A thread has ended.*re-read without it/.test(line));
    expect(told).toHaveLength(begun.length);
    expect(told[0]).toMatch(how);
  }
});

test('Ctrl-C ends threads that hang, and the run as interrupted', async () => {
  const stop = new AbortController();
  const { signal: _, ...parts } = one.world.parts(stop.signal);
  const running = runVerify({
    ...parts,
    redactor: new Redactor(),
    interrupt: stop.signal,
    input: { manager: 'm1', all: true },
    threads: { most: 2, leastBytes: 0, program: program('hangs') },
  });
  const [worker] = (await once(process, 'worker')) as [Worker];
  await once(worker, 'online');
  stop.abort();
  expect(await running).toMatchObject({ outcome: 'failed', error: 'Interrupted' });
  expect(living.size).toBe(0);
});

test('one core, a small archive and a limited rate have no threads', async () => {
  await verify({ most: 1 });
  await verify({ leastBytes: 1e6 });
  await verify({}, undefined, ratesOf(one.world.clock, 1e9));
  expect(begun).toEqual([]);
});

test('threads take no more than an eighth of the memory', () => {
  const GiB = 2 ** 30;
  expect([mostThreads(1, 8 * GiB), mostThreads(16, 64 * GiB), mostThreads(16, GiB), mostThreads(4, GiB / 4)]).toEqual([
    1, 16, 5, 1,
  ]);
});

test('threads take no descriptor that the run itself needs: none at 64, and few at 100', () => {
  const at = (files: number) => mostThreads(32, 2 ** 36, files);
  expect([at(64), at(100), at(256), at(1024), at(20)]).toEqual([0, 4, 24, 32, 0]);
});

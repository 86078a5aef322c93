import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bandwidth } from '../../lib/transfer/bandwidth.ts';
import { VirtualClock } from '../support/clock.ts';
import { offsite } from '../support/offsite.ts';

const { signal } = new AbortController();

test('spans that take at the same time share the rate; a pause gives no credit', async () => {
  const waits: number[] = [];
  let now = 0;
  const clock = { now: () => new Date(now), sleep: async (ms: number) => void waits.push(ms) };
  const bandwidth = new Bandwidth(clock, 1_000_000);
  await Promise.all([bandwidth.take(5_000_000, signal), bandwidth.take(5_000_000, signal)]);
  now = 60_000;
  await bandwidth.take(1_000_000, signal);
  expect(waits).toEqual([5000, 10_000, 1000]);
});

test('an export waits for each part as long as the rate says', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'offsite-bandwidth-'));
  const clock = new VirtualClock();
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    await clock.sleep(ms);
    // The simulated manager goes by the real clock; the run must not outwait it.
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const words = ['export', '--local', '--json', '--size', '2MiB', '--to', dir, '--bandwidth', '500KB/s'];
  const { code, out } = await offsite(words, { clock: { now: clock.now, sleep } });
  await rm(dir, { recursive: true });
  const { size } = (JSON.parse(out) as { archive: { size: number } }).archive;
  expect([code, size >= 2 ** 21]).toEqual([0, true]);
  expect(waits.map(Math.round)).toContain(Math.round(size / 500));
});

test.each(['20', '20MB', '10KB/s', 'fast', '-1MB/s', '0MB/s', '1e9MB/s'])('--bandwidth %s is refused', async (rate) => {
  const { code, err } = await offsite(['export', '--local', `--bandwidth=${rate}`]);
  expect([code, err]).toEqual([2, expect.stringContaining('--bandwidth')]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bandwidth } from '../../lib/transfer/bandwidth.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
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

describe('what is read of archives', () => {
  let dir: string;
  let size: number;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'offsite-bandwidth-'));
    await writeFile(join(dir, 'password'), 'secret');
    const local = { folder: join(dir, 'store'), bandwidth: '4Mbit/s' };
    await writeFile(join(dir, 'offsite.json'), JSON.stringify({ managers: [{ id: 'm1' }], local }));
    const { out } = await offsite(['export', '--local', '--json', '--size', '3MiB', '--to', join(dir, 'store')]);
    ({ size } = (JSON.parse(out) as { archive: { size: number } }).archive);
  });
  afterAll(async () => await rm(dir, { recursive: true }));

  /** How long a command waits for the rate, in seconds; its other waits are 30 s or whole seconds of polling. */
  async function waited(words: string) {
    const clock = new VirtualClock();
    let waits = 0;
    const sleep = async (ms: number) => {
      if (ms % 1000 !== 0) waits += ms / 1000;
      clock.advance(ms / 1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const { code, err } = await offsite(words.split(' '), { clock: { now: () => clock.now(), sleep } });
    expect([code, err]).toEqual([0, expect.any(String)]);
    return waits;
  }

  test.each([
    ['download', () => `download demo/latest --to ${dir}/a.zip --bandwidth 500KB/s --local --from ${dir}/store`],
    [
      'download, by the configuration',
      () => `download demo/latest --to ${dir}/b.zip --local --config ${dir}/offsite.json`,
    ],
    ['verification', () => `verify --all --local --bandwidth 500KB/s --from ${dir}/store`],
  ])('%s', async (_, words) => {
    const seconds = await waited(words());
    expect(seconds).toBeGreaterThan((size / 500_000) * 0.99);
    expect(seconds).toBeLessThan((size / 500_000) * 2 + 1);
  });

  test('a restore that streams', async () => {
    const target = await startSimulatedManager({ password: 'secret', holds: 'nothing', restoreSeconds: 0 });
    const login = `--manager-url ${target.urls[0]} --username admin --password-file ${dir}/password`;
    const line = `restore --manager m2 --source-manager demo --method stream --bandwidth 500KB/s ${login}`;
    const seconds = await waited(`${line} --local --from ${dir}/store`);
    await target.close();
    expect(seconds).toBeGreaterThan((size / 500_000) * 0.99);
  });

  test('the field of the configuration names its units', async () => {
    await writeFile(join(dir, 'wrong.json'), JSON.stringify({ managers: [], local: { bandwidth: '20' } }));
    const { code, err } = await offsite(['list', '--local', '--config', join(dir, 'wrong.json')]);
    expect([code, err]).toEqual([2, expect.stringMatching(/local\.bandwidth.*must be 500KB\/s or more/)]);
  });
});

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { isFull } from '../support/sampled.ts';
import { mulberry32 } from '../support/seeded.ts';
import { signing } from '../support/signing.ts';
import { Reckoning, type Rule } from './reckoning.ts';

/** Four weeks with a leap day and a change of the clocks; a year by `npm run test:full`. */
const NIGHTS = isFull ? 366 : 29;
/** In Berlin half past eleven in winter and half past midnight, a day later, in summer: a change of the clocks counts. */
const START = isFull ? '2027-10-01T22:30:00.000Z' : '2028-02-28T22:30:00.000Z';
const SIZE = isFull ? 2 ** 20 : 3000;
const DAY_SECONDS = 86_400;
const RULE: Rule = isFull
  ? { timeZone: 'Europe/Berlin', held: 3, days: { daily: 35, weekly: 91, monthly: 396, yearly: 2557 }, undoDays: 7 }
  : { timeZone: 'Europe/Berlin', held: 3, days: { daily: 5, weekly: 14, monthly: 60, yearly: 400 }, undoDays: 2 };

let manager: SimulatedManager;
let dir: string;
const clock = new VirtualClock(START);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-year-'));
  await writeFile(join(dir, 'password'), 'secret');
  const { timeZone, ...retention } = RULE;
  await writeFile(join(dir, 'offsite.json'), JSON.stringify({ managers: [{ id: 'm1', timeZone }], retention }));
  const archive = { sizeBytes: SIZE, seed: 5 };
  manager = await startSimulatedManager({ password: 'secret', createSeconds: 60, archive, now: clock.now });
});
afterAll(async () => {
  await manager.close();
  await rm(dir, { recursive: true, force: true });
});

async function offsite(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await main([...args, '--local', '--json', '--config', join(dir, 'offsite.json')], {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    interrupt: new AbortController().signal,
    signing,
    clock,
  });
  return { code, out, err };
}

async function night(): Promise<{ code: number; out: string; err: string }> {
  const login = ['--username', 'admin', '--password-file', join(dir, 'password')];
  const at = ['--manager', 'm1', '--manager-url', manager.urls[0] ?? '', ...login];
  return await offsite('export', ...at, '--to', join(dir, 'folder'));
}

async function filesIn(folder: string): Promise<string[]> {
  const all = await readdir(join(dir, 'folder', 'offsite', folder), { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map(({ name }) => basename(name).replace(/\.\w+$/, ''));
}

test(`${NIGHTS} nights through the command line: what is retained is what the documented rule says`, async () => {
  const random = mulberry32(4);
  const reckoning = new Reckoning(RULE);
  let [good, failed, failing] = [0, 0, 0];
  for (let n = 0; n < NIGHTS; n++) {
    clock.advance((Date.parse(START) + n * DAY_SECONDS * 1000 - clock.now().getTime()) / 1000);
    // One night of fifteen fails; one of forty begins a week of failures.
    if (failing === 0) failing = random() < 1 / 40 ? 7 : random() < 1 / 15 ? 1 : 0;
    const fault = failing > 0 ? manager.faults.inject('createFails', { error: 'no space left' }) : undefined;
    const id = snapshotIdAt(clock.now());
    const { code, err } = await night();
    expect(code, `${id}: ${err}`).toBe(fault ? 1 : 0);
    fault?.clear();
    if (failing > 0) failing -= 1;
    if (code === 0) reckoning.recorded(id, clock.now());
    [good, failed] = code === 0 ? [good + 1, failed] : [good, failed + 1];
    const expired = await offsite('retention', 'expire', '--from', join(dir, 'folder'), '--yes');
    expect(expired.code, expired.err).toBe(0);
    reckoning.expire(clock.now());
    if (n % 10 !== 9 && n !== NIGHTS - 1) continue;
    for (const folder of ['archives', 'manifests', 'inspections']) {
      expect((await filesIn(folder)).sort(), `${folder} after ${n + 1} nights`).toEqual(reckoning.visible());
    }
  }
  expect(failed).toBeGreaterThan(0);
  expect(reckoning.visible().length).toBeLessThan(good / 1.5);
}, 3_600_000);

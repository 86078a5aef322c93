import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localTime } from '../../lib/cli/text/local-time.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';

let dir: string;
// Two managers and three times; the clock of the managers is that of the command line.
const clock = new VirtualClock('2026-11-20T02:00:00.000Z');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-list-'));
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  for (const [id, sizeBytes, days] of [
    ['m1', 200_000, 1],
    ['m2', 400_000, 2],
    ['m1', 300_000, 0],
  ] as const) {
    const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes } };
    const manager = await startSimulatedManager(options);
    const line = `export --local --manager ${id} --manager-url ${manager.urls[0]} --username admin --password-file ${dir}/password`;
    expect((await offsite(`${line} --to ${dir}/store`)).code).toBe(0);
    await manager.close();
    clock.advance(days * 86_400);
  }
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

const offsite = async (line: string, timeZone?: string) =>
  await commandLine(line.split(' '), { terminal: { clock, ...(timeZone ? { timeZone } : {}) } });
const sizes = async (more: string) => {
  const { archives } = JSON.parse((await offsite(`list --local --from ${dir}/store --json ${more}`.trim())).out);
  return archives.map(({ size }: { size: number }) => size / 1000);
};

test.each<[string, number[]]>([
  ['', [200, 300, 400]],
  ['--manager m1', [200, 300]],
  ['--since 2026-11-21', [300, 400]],
  ['--until 2026-11-21', [200]],
  ['--since 2026-11-21 --until 2026-11-22T00:00:00Z', [400]],
  ['--sort taken', [200, 400, 300]],
  ['--sort size', [200, 300, 400]],
  ['--class held', [200, 300, 400]],
  ['--class yearly', []],
  ['--damaged', []],
])('list %s', async (more, wanted) => {
  expect(await sizes(more)).toEqual(wanted);
});

test('--damaged: what is gone; a text says that there is none of the kind', async () => {
  expect((await offsite(`list --local --from ${dir}/store --damaged`)).out).toMatch(/^There are no such archives in /);
});

test('times on the clocks of this machine with their zone, and in UTC', async () => {
  const { out } = await offsite(`list --local --from ${dir}/store --manager m2`, 'Europe/Berlin');
  expect(out).toMatch(/ 2026-11-21 03:0\d CET \(02:0\d UTC\) /);
  const show = (zone?: string) => offsite(`show --local --from ${dir}/store --manager m2`, zone);
  expect((await show('Europe/Berlin')).out).toMatch(/^Taken {5}2026-11-21 03:0\d CET \(02:0\d UTC\), scheduled for/m);
  expect((await show()).out).toMatch(/^Taken {5}2026-11-21 02:0\d UTC, scheduled for/m);
});

test('a plan, a wish to keep and an error have local times with their zone; their JSON has UTC', async () => {
  const at = async (line: string) => await offsite(`${line} --local --from ${dir}/store`, 'Europe/Berlin');
  const plan = await at('retention plan --manager m2 --at 2026-12-31T23:30:00Z');
  expect(plan.out).toMatch(/^Plan .* for 2027-01-01 00:30 CET \(2026-12-31 23:30 UTC\);/);
  expect(plan.out).toContain('SOFT-DELETED and DELETED are days of Europe/Berlin');
  const { archives } = JSON.parse((await at('list --manager m2 --json')).out);
  const keep = (more: string) => at(`keep ${archives[0].snapshot} --manager m2 ${more}`);
  expect((await keep('--until 2027-06-30T23:00:00Z')).out).toMatch(
    /^Protected until 2027-07-01 01:00 CEST \(2027-06-30 23:00 UTC\):/,
  );
  const { message, until } = JSON.parse((await keep('--until 2027-06-30T23:00:00Z --json')).out);
  expect([until, message]).toEqual([
    '2027-06-30T23:00:00.000Z',
    expect.stringMatching(/^Protected until 2027-06-30 23:00 UTC:/),
  ]);
  expect((await at('list --manager m2')).out).toContain('kept until 2027-07-01 01:00 CEST');
  expect((await keep('--until 2026-01-01')).err).toContain('must be in the future (got 2026-01-01 01:00 CET');
  expect((await at('retention plan --manager m2')).out).toContain('until 2027-07-01 01:00 CEST');
});

test.each([
  ['2026-11-30T18:00:00Z', 'Europe/Berlin', '2026-11-30 19:00 CET (18:00 UTC)'],
  ['2026-07-01T22:30:59Z', 'Europe/Berlin', '2026-07-02 00:30 CEST (2026-07-01 22:30 UTC)'],
  ['2026-11-30T18:00:00Z', 'America/New_York', '2026-11-30 13:00 EST (18:00 UTC)'],
  ['2026-11-30T18:00:00Z', 'Asia/Kathmandu', '2026-11-30 23:45 GMT+5:45 (18:00 UTC)'],
  ['2026-11-30T18:00:00Z', 'UTC', '2026-11-30 18:00 UTC'],
  ['2026-11-30T18:00:00Z', 'Etc/UTC', '2026-11-30 18:00 UTC'],
  ['unknown', 'Europe/Berlin', 'unknown'],
])('%s in %s: %s', (iso, timeZone, wanted) => {
  expect(localTime(iso, { timeZone })).toBe(wanted);
});

test('--csv: a heading, a line for each archive, times in UTC; not together with --json', async () => {
  const { code, out } = await offsite(`list --local --from ${dir}/store --csv`);
  const lines = out.split('\r\n');
  expect([code, lines.length]).toEqual([0, 5]);
  expect(lines[0]).toBe(
    'manager,snapshot,takenAt,size,format,snapshotVersion,verifiedAt,stored,missing,damaged,flagged,kept,keptUntil,storageClass,signed,key,versionId',
  );
  expect(lines[1]).toMatch(/^m1,offsite-20261120T020000Z,2026-11-20T02:\d\d:\d\d(\.\d+)?Z,200000,new,7\.0\.5,2026-/);
  expect((await offsite(`list --local --from ${dir}/store --csv --json`)).code).toBe(2);
});

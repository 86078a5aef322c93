import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { signing } from '../support/signing.ts';

/**
 * A folder that the command line of 0.1.0 (db4c006) filled, as it was on disk: two managers with three archives each, one
 * of them damaged, one flagged and accepted, one kept for ever, one kept until 2027-06-01, a failed run and a restore.
 * What it holds is never made anew by a later version: it is here to show that every later version reads it.
 */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const [keptForEver, damaged, newest] = [20, 21, 22].map((day) => `offsite-202611${day}T020000Z`) as [
  string,
  string,
  string,
];
const [keptUntil, plain, accepted] = [20, 21, 22].map((day) => `offsite-202611${day}T023000Z`) as [
  string,
  string,
  string,
];
const FAILED_RUN = '2026-11-23T02:30:00Z';

let dir: string;
let clock: VirtualClock;
const managers: SimulatedManager[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-older-'));
  await cp(FIXTURE, join(dir, 'store'), { recursive: true });
  await writeFile(join(dir, 'password'), 'canary-Passw0rd');
  clock = new VirtualClock('2026-12-01T12:00:00Z');
});
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
  await rm(dir, { recursive: true, force: true });
});
afterAll(async () => {
  // The fixture itself is as it was: whoever opens it in place leaves a lock or empty folders behind.
  await expect(readFile(join(FIXTURE, '.offsite-s3/lock'))).rejects.toThrow('ENOENT');
});

async function offsite(...args: string[]) {
  const shown = { code: -1, out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (shown[stream] += text) });
  const terminal = { out: to('out'), err: to('err'), interrupt: new AbortController().signal, signing, clock };
  shown.code = await main(args, terminal);
  return shown;
}
const store = () => join(dir, 'store');
const about = async (...args: string[]) => await offsite(...args, '--local', '--from', store());
/** The document that a script reads. */
async function json(...args: string[]) {
  const { code, out, err } = await about(...args, '--json');
  return { code, err, document: JSON.parse(out) };
}
async function manager(options: SimulatedManagerOptions): Promise<string[]> {
  const common = { password: 'canary-Passw0rd', now: clock.now, createSeconds: 0, restoreSeconds: 60 };
  const started = await startSimulatedManager({ ...common, ...options });
  managers.push(started);
  return ['--manager-url', started.urls[0] ?? '', '--username', 'admin', '--password-file', join(dir, 'password')];
}

test('list shows all six archives and what is known of each', async () => {
  const { code, err, document } = await json('list');
  expect([code, err, document.unreadable]).toEqual([0, '', []]);
  const common = { stored: true, damaged: false, flagged: false, kept: false, keptUntil: null };
  const legacy = { ...common, manager: 'legacy', format: 'legacy', snapshotVersion: '5.1.0' };
  const prod = { ...common, manager: 'prod', format: 'new', snapshotVersion: '7.0.5' };
  expect(document.archives).toMatchObject([
    { ...legacy, snapshot: keptUntil, size: 26_434, kept: true, keptUntil: '2027-06-01T00:00:00.000Z' },
    { ...legacy, snapshot: plain, takenAt: expect.stringMatching(/^2026-11-30T02:43/) },
    { ...legacy, snapshot: accepted, size: 1118, snapshotVersion: '6.4.2' },
    { ...prod, snapshot: keptForEver, size: 35_338, kept: true, versionId: '0mtvrbBKZvK7cTTxFmLNzDh1mXEWOcZc' },
    { ...prod, snapshot: damaged, damaged: true },
    { ...prod, snapshot: newest, verifiedAt: '2026-11-30T02:43:57.498Z' },
  ]);
});

test('show prints each archive with its mark, its keep and its acceptance', async () => {
  const kept = await json('show', `prod/${keptForEver}`);
  expect(kept).toMatchObject({ code: 0, document: { expire: 'kept', mark: { result: 'sound' } } });
  expect(kept.document.keep).toMatchObject({ until: null, reason: 'the state before the upgrade' });
  const bad = await json('show', `prod/${damaged}`);
  expect(bad.document).toMatchObject({
    expire: 'held',
    keep: null,
    mark: { result: 'damaged', error: 'MemberCorrupt' },
  });
  const small = await json('show', `legacy/${accepted}`);
  expect(small.document).toMatchObject({
    accept: { reason: 'the tenant was moved to prod', at: '2026-11-30T02:43:41.608Z' },
    manifest: { schema: 'cloudify-offsite/manifest/1', inventory: { totals: { users: 1, blueprints: 2 } } },
  });
  expect(small.document.manifest.flags).toHaveLength(6);
});

test('show latest of prod is the newest that is not damaged', async () => {
  const { code, document } = await json('show', 'prod/latest');
  expect([code, document.manifest.snapshot.id]).toEqual([0, newest]);
});

test('status tells of the failed run, and of the manager that was only restored to', async () => {
  const { code, document } = await json('status');
  expect(code).toBe(0);
  expect(document.managers).toMatchObject([
    {
      manager: 'legacy',
      archive: { snapshot: accepted },
      lastRun: { state: 'failed', error: 'MemberMissing', at: '2026-11-30T02:43:39.177Z' },
    },
    { manager: 'prod', archive: { snapshot: newest }, lastRun: { state: 'succeeded', error: null } },
  ]);
});

test('verify reads every byte again: five are whole, one is still damaged', async () => {
  const { code, document } = await json('verify', '--all');
  expect([code, document.error]).toEqual([1, 'ArchiveDamaged']);
  expect(document.counts).toMatchObject({ good: 5, damaged: 1, unread: 0 });
  expect(document.damaged).toMatchObject([{ archive: `prod/${damaged}`, error: 'MemberCorrupt' }]);
});

test('retention plan gives each archive the tag that the old version gave it', async () => {
  const plan = async (name: string) => {
    const { code, document } = await json('retention', 'plan', '--manager', name);
    const rows = document.archives as { snapshot: string; is: string; expire: string }[];
    return [code, rows.map(({ snapshot, is, expire }) => `${snapshot} ${is} ${expire}`)];
  };
  expect(await plan('prod')).toEqual([
    0,
    [`${keptForEver} good kept`, `${damaged} damaged held`, `${newest} good held`],
  ]);
  expect(await plan('legacy')).toEqual([0, [`${keptUntil} good kept`, `${plain} good held`, `${accepted} good held`]]);
});

test.each([
  { source: 'prod', archive: keptForEver, version: '7.0.5' },
  { source: 'legacy', archive: plain, version: '5.1.0' },
])('an archive of $source is restored into a manager of $version, and proven', async ({ source, archive, version }) => {
  const access = await manager({ version, holds: 'nothing', archive: { sizeBytes: 8192 } });
  // A legacy archive brings back the users of its manager, with the password that they had.
  await writeFile(join(dir, 'restored'), 'pw-fixture-2');
  const which = ['--manager', 'spare', '--source-manager', source, '--archive', archive, '--method', 'stream'];
  const after = ['--restored-username', 'admin', '--restored-password-file', join(dir, 'restored')];
  const { code, out, err } = await about('restore', ...which, ...access, ...after, '--json');
  expect([code, err]).toEqual([0, expect.any(String)]);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ outcome: 'succeeded', error: null, manager: 'spare', differences: [] });
  expect(report.archive.key).toBe(`archives/${source}/2026/11/${archive}.zip`);
});

test('the night that failed in 0.1.0 is taken over by an export of today, whose archive stands beside the old ones', async () => {
  const access = await manager({ version: '5.1.0', archive: { sizeBytes: 8192 } });
  const night = ['--manager', 'legacy', '--scheduled-time', FAILED_RUN];
  const { code, out } = await offsite('export', '--local', '--to', store(), ...night, ...access, '--json');
  expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'succeeded', archive: { format: 'legacy' } }]);
  const { document } = await json('list', '--manager', 'legacy');
  expect(document.archives.map((one: { snapshot: string }) => one.snapshot)).toEqual(
    expect.arrayContaining([keptUntil, plain, accepted, 'offsite-20261123T023000Z']),
  );
  const { document: status } = await json('status', '--manager', 'legacy');
  expect(status.managers).toMatchObject([{ lastRun: { state: 'succeeded', snapshot: 'offsite-20261123T023000Z' } }]);
});

test('a wish to keep is ended and made: the tags follow', async () => {
  expect(await about('unkeep', keptForEver, '--manager', 'prod', '--yes')).toMatchObject({ code: 0 });
  expect(await about('keep', newest, '--manager', 'prod', '--until', '2027-01-01')).toMatchObject({ code: 0 });
  const { document } = await json('list', '--manager', 'prod');
  expect(document.archives).toMatchObject([{ kept: false }, {}, { kept: true, keptUntil: '2027-01-01T00:00:00.000Z' }]);
  expect((await json('show', `prod/${keptForEver}`)).document).toMatchObject({
    keep: { until: '2026-12-01T12:00:00.000Z' },
    expire: 'held',
  });
});

test('report: pages, JSON and CSV of records that have neither signature nor index', async () => {
  const { code, err, document } = await json('report');
  expect([code, err]).toEqual([0, '']);
  expect(document.managers).toMatchObject([
    { manager: 'legacy', archives: 3, records: { signed: 0, forged: 0, unreadable: 0 }, verdict: { state: 'unknown' } },
    { manager: 'prod', archives: 3, damaged: 1, records: { signed: 0, forged: 0, unreadable: 0 } },
  ]);
  expect(document.lastRestore).toMatchObject({ isTest: false });
  const pages = join(dir, 'pages');
  expect(await about('report', '--html', pages)).toMatchObject({ code: 0, err: '' });
  const prod = await readFile(join(pages, 'manager-prod.html'), 'utf8');
  expect(prod).toContain('0 signed');
  expect(prod).toContain('MemberCorrupt');
  expect((await about('report', '--csv')).out).toMatch(/^legacy,.*,failed,.*MemberMissing/m);
});

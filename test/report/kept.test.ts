import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KeptReport } from '../../lib/report/contract.ts';
import type { ReportRecord } from '../../lib/report/kept/record.ts';
import { messageOf } from '../../lib/signing/signature.ts';
import { pemSigner } from '../../lib/signing/signer.ts';
import type { Profile } from '../../tools/sample/profiles.ts';
import { World } from '../support/world.ts';
import { ReportWorld } from './world.ts';

const NOW = '2026-11-05T09:00:00.000Z';
const EVIL = '</script><b>=1+1';
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  ...{ id, schedule: 'cron(0 2 * * ? *)', timeZone: 'UTC', hour: 2, version: '7.0.5', growth: 1, bytes: 2 ** 20 },
  ...{ items: { tenants: 3 }, failsOneOf: 1e9 },
  ...more,
});

let world: ReportWorld;
let made: KeptReport;
beforeAll(async () => {
  world = await ReportWorld.make(
    [profile('good'), profile('late', { failed: [[3, 0, 'SnapshotFailed', EVIL]] })],
    NOW,
    9,
  );
  const { code, out, err } = await world.report('--keep', '--json');
  expect([code, err]).toEqual([1, '']);
  made = JSON.parse(out) as KeptReport;
});
beforeEach(() => {
  world.shown = [];
});
afterAll(async () => await world.remove());

const FOLDER = 'reports/2026-11';
const REPORT = 'report-20261105T090000Z';
const stored = (...names: string[]) => world.path('data', 'offsite', FOLDER, ...names);
const record = async () => JSON.parse(await readFile(stored(`${REPORT}.json`), 'utf8')) as ReportRecord;

test('--keep stores pages, JSON and CSV of all managers, and a signed record with the digest of each', async () => {
  expect(made).toMatchObject({
    outcome: 'at-risk',
    report: REPORT,
    key: `${FOLDER}/${REPORT}/index.html`,
    record: `${FOLDER}/${REPORT}.json`,
    verdicts: { protected: 1, 'at-risk': 1, unknown: 0 },
    isRepeated: false,
  });
  expect(made.message).toMatch(
    /^1 of 2 managers are protected, 1 at risk, 0 unknown; \d+ open findings\. late: .*offsite report --open$/,
  );
  const { files, signature, software, since } = await record();
  const kinds = ['good', 'late'].flatMap((name) => ['csv', 'html', 'json'].map((kind) => `manager-${name}.${kind}`));
  expect(files.map(({ name }) => name)).toEqual(['index.html', ...kinds, 'report.json']);
  expect((await readdir(stored(REPORT))).sort()).toEqual(files.map(({ name }) => name));
  for (const { name, sha256, bytes } of files) {
    const body = await readFile(stored(REPORT, name));
    expect([createHash('sha256').update(body).digest('hex'), body.length], name).toEqual([sha256, bytes]);
  }
  expect(signature?.value.length).toBeGreaterThan(60);
  expect([software.length > 0, since]).toEqual([true, '2026-08-07T09:00:00.000Z']);
  const page = await readFile(stored(REPORT, 'index.html'), 'utf8');
  expect(page).toContain('href="manager-late.html"');
  expect(await readFile(stored(REPORT, 'manager-late.csv'), 'utf8')).toMatch(/,failed,/);
  const fleet = JSON.parse(await readFile(stored(REPORT, 'report.json'), 'utf8')) as { managers: unknown[] };
  expect(fleet.managers).toHaveLength(2);
});

test('made twice for the same time it is one report, and nobody is told again', async () => {
  const before = await record();
  const { out } = await world.report('--keep', '--json');
  expect(JSON.parse(out)).toMatchObject({ report: REPORT, isRepeated: true });
  expect(await record()).toEqual(before);
});

test('--open fetches the newest, checks it, and shows the first page', async () => {
  const { code, out, err } = await world.report('--open', '--html', world.path('fetched'));
  const first = world.path('fetched', 'index.html');
  expect([code, err, world.shown]).toEqual([0, '', [first]]);
  expect(out).toMatch(/^Made on 2026-11-05 09:00 UTC, of 8 files\.\nManagers: 1 protected, 1 at risk/);
  expect(out).toMatch(/Signed with the key [0-9a-f]{64}\.\nReport: /);
  expect((await readdir(world.path('fetched'))).sort()).toEqual([
    'index.html',
    'manager-good.html',
    'manager-late.html',
  ]);
  await world.report('--open', '--manager', 'late', '--html', world.path('fetched'));
  expect(world.shown?.at(-1)).toBe(world.path('fetched', 'manager-late.html'));
});

test('where there is no desktop it says where the file lies', async () => {
  world.shown = undefined;
  const { code, out } = await world.report('--open', '--month', '2026-11', '--html', world.path('headless'));
  expect(code).toBe(0);
  expect(out).toContain(`Report: ${world.path('headless', 'index.html')}\nThere is no desktop here`);
});

test.each([
  [['--open', '--month', '2026-10'], 1, /No report of 2026-10 was kept .*offsite report --local --keep/],
  [['--open', '--month', '10/2026'], 2, /--month 10\/2026: is no month/],
  [['--open', '--manager', 'nobody'], 1, /has no page manager-nobody\.html/],
  [['--open', '--html', 'x.html'], 2, /name a folder/],
  [['--open', '--csv'], 2, /--csv/],
  [['--keep', '--manager', 'good'], 2, /--manager/],
])('report %j ends with %i in one line', async (args, exit, says) => {
  const { code, err } = await world.report(...args);
  expect([code, err.trim().split('\n').length]).toEqual([exit, 1]);
  expect(err).toMatch(says);
});

test('what is shown is what was signed: no newer page, no edited record, none without a signature', async () => {
  const copy = await ReportWorld.make([profile('good')], NOW, 3);
  const key = `${FOLDER}/${REPORT}.json`;
  const open = async () => await copy.report('--open', '--html', copy.path('out'));
  try {
    await copy.report('--keep');
    await copy.put(`${FOLDER}/${REPORT}/manager-good.html`, '<p>all is well</p>');
    expect((await open()).code).toBe(0);
    expect(await copy.page('out', 'manager-good.html')).not.toContain('all is well');
    const text = await copy.page('data', 'offsite', key);
    const { signature: _, ...bare } = JSON.parse(text) as ReportRecord;
    const files = bare.files.map((file) => ({ ...file, sha256: 'a'.repeat(64) }));
    const signer = pemSigner(await copy.page('key.pem'), 'key');
    const { key: by = '' } = (JSON.parse(text) as ReportRecord).signature ?? {};
    const value = (await signer.sign(messageOf(key, { ...bare, files }))).toString('base64');
    copy.shown = [];
    for (const [record, says] of [
      [{ ...bare, files, signature: { key: by, value } }, /is not what was signed: its SHA-256 is another/],
      [{ ...JSON.parse(text), openFindings: 0, why: 'none' }, /is not what was signed/],
      [bare, /has no signature/],
    ] as const) {
      await copy.put(key, JSON.stringify(record));
      const { code, err } = await open();
      expect([code, copy.shown]).toEqual([1, []]);
      expect(err).toMatch(says);
    }
  } finally {
    await copy.remove();
  }
});

test('killed before the record, it is no report; tried again it is one, told once, without a URL', async () => {
  const s3 = await World.start();
  const told: (readonly [string, Record<string, unknown>])[] = [];
  let isRefused = true;
  const refuse = (next: (args: { input: object }) => Promise<never>) => async (args: { input: object }) => {
    const { Key = '' } = args.input as { Key?: string };
    if (isRefused && Key.endsWith('/report-20261201T070000Z.json') && 'Body' in args.input)
      throw Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    return await next(args);
  };
  s3.client.middlewareStack.add(refuse as never, { step: 'initialize' });
  const publish = async (subject: string, body: Record<string, unknown>) => void told.push([subject, body]);
  const run = async () =>
    await s3.run({ machine: 'report', input: { scheduledTime: '2026-12-01T07:00:00Z' }, publish });
  try {
    expect((await run()).outcome).toMatchObject({ status: 'FAILED', error: 'StorageRefused' });
    expect(told).toEqual([]);
    isRefused = false;
    expect((await run()).outcome).toMatchObject({ status: 'SUCCEEDED', output: { isRepeated: false } });
    expect((await run()).outcome).toMatchObject({ status: 'SUCCEEDED', output: { isRepeated: true } });
    expect(told).toHaveLength(1);
    expect(told[0]?.[0]).toBe('cloudify-offsite: report, 0 of 0 managers protected');
    expect(told[0]?.[1]).toMatchObject({ key: 'reports/2026-12/report-20261201T070000Z/index.html' });
    expect(JSON.stringify(told)).not.toMatch(/https?:|X-Amz/);
  } finally {
    await s3.stop();
  }
});

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest, RunRecord } from '../../lib/catalogue/records.ts';
import { daysIn } from '../../lib/report/model/period.ts';
import type { Profile } from '../../tools/sample/profiles.ts';
import { ReportWorld } from './world.ts';

const NOW = '2026-11-05T09:00:00.000Z';
const base = { timeZone: 'UTC', hour: 2, version: '7.0.5', growth: 1, items: { tenants: 3, deployments: 40 } };
const EVIL = `</script><script>alert(1)</script><img src=x onerror=alert(2)> "' \u202Egnp.exe`;
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  ...base,
  ...{ id, schedule: 'cron(0 2 * * ? *)', bytes: 2 ** 24, failsOneOf: 1e9 },
  ...more,
});
const PROFILES = [
  profile('good', {
    timeZone: 'Europe/Berlin',
    tests: [
      [10, 'succeeded'],
      [3, 'partial'],
    ],
    flagged: [20],
  }),
  profile('late', {
    reconciled: [50, 'findings'],
    failed: [[4, 1, 'SnapshotFailed', `=HYPERLINK("x") ${EVIL} ${'x'.repeat(10_000)}`]],
    missing: [[12, 10]],
  }),
  profile('torn', { damaged: [8], signedFor: 15, kept: [[9, EVIL]] }),
  profile('never', { reconciled: null, failed: [[999, 0, 'ManagerUnavailable', EVIL]] }),
];

let world: ReportWorld;
beforeAll(async () => {
  world = await ReportWorld.make(PROFILES, NOW, 30);
});
afterAll(async () => await world.remove());

interface Row {
  readonly manager: string;
  readonly verdict: { readonly state: string; readonly why: string };
  readonly successRate: number;
  readonly counts: Record<string, number>;
  readonly ageSeconds: number | null;
  readonly newestAt: string | null;
  readonly longestGapSeconds: number | null;
  readonly bytes: number;
  readonly archives: number;
  readonly records: Record<string, number>;
  readonly lastTest: { readonly state: string; readonly rtoSeconds: number } | null;
}

/** Every record of a folder of the bucket, straight from the disk. */
async function recordsIn<T>(folder: string, manager: string): Promise<T[]> {
  const dir = world.path('data', 'offsite', folder, manager);
  const files = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const records = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return await Promise.all(records.sort().map(async (file) => JSON.parse(await readFile(file, 'utf8')) as T));
}

test('numbers are those of status --json and of the records on the disk, reckoned anew', async () => {
  const { managers } = (await world.json()) as { managers: Row[] };
  const status = await world.offsite('status', '--json', '--config', world.path('offsite.json'));
  const told = (
    JSON.parse(status.out) as {
      managers: {
        manager: string;
        archive: { ageSeconds: number; takenAt: string } | null;
        needsAttention: boolean;
        lastDrill: { state: string; rtoSeconds: number } | null;
      }[];
    }
  ).managers;
  expect(managers.map(({ manager }) => manager).sort()).toEqual(told.map(({ manager }) => manager).sort());
  for (const row of managers) {
    const same = told.find(({ manager }) => manager === row.manager);
    expect([row.ageSeconds, row.newestAt], row.manager).toEqual([
      same?.archive?.ageSeconds ?? null,
      same?.archive?.takenAt ?? null,
    ]);
    if (same?.needsAttention) expect(row.verdict.state).toBe('at-risk');
    expect([row.lastTest?.state, row.lastTest?.rtoSeconds]).toEqual([
      same?.lastDrill?.state,
      same?.lastDrill?.rtoSeconds,
    ]);
    const manifests = await recordsIn<Manifest>('manifests', row.manager);
    const runs = await recordsIn<RunRecord>('runs', row.manager);
    expect([row.archives, row.bytes]).toEqual([
      manifests.length,
      manifests.reduce((sum, { archive }) => sum + archive.size, 0),
    ]);
    expect(row.counts['failed']).toBe(runs.filter(({ state }) => state === 'failed').length);
    const good = runs.filter(({ state }) => state === 'succeeded').length;
    expect((row.counts['verified'] ?? 0) + (row.counts['flagged'] ?? 0) + (row.counts['damaged'] ?? 0)).toBe(good);
    const times = manifests.map(({ times }) => Date.parse(times.snapshotReady)).sort((a, b) => a - b);
    const sound = times.filter(
      (time) => row.manager !== 'torn' || new Date(time).toISOString().slice(0, 10) !== '2026-10-29',
    );
    const gaps = sound.map((time, at) => ((sound[at + 1] ?? Date.parse(NOW)) - time) / 1000);
    expect(row.longestGapSeconds, row.manager).toBe(gaps.length === 0 ? null : Math.round(Math.max(...gaps)));
  }
});

test('each verdict says why in one sentence, and the worst come first', async () => {
  const { managers, verdicts, openFindings } = (await world.json()) as {
    managers: Row[];
    verdicts: object;
    openFindings: number;
  };
  expect(managers.map(({ manager, verdict }) => [manager, verdict.state])).toEqual([
    ['late', 'at-risk'],
    ['never', 'at-risk'],
    ['good', 'protected'],
    ['torn', 'protected'],
  ]);
  expect(verdicts).toEqual({ 'at-risk': 2, unknown: 0, protected: 2 });
  for (const { verdict } of managers) expect(verdict.why).toMatch(/^[A-Z].*\.$/);
  expect(openFindings).toBeGreaterThan(3);
  expect(managers.find(({ manager }) => manager === 'late')?.counts).toMatchObject({ failed: 4, missing: 3 });
  expect(managers.find(({ manager }) => manager === 'torn')?.records['unsigned']).toBeGreaterThan(10);
});

test('the last reconciliation: of one manager what came of it, of all how many have nothing left, and who is late', async () => {
  const lineOf = ({ policy }: { policy?: { what: string; deployed: string; differs: boolean }[] }) =>
    policy?.find(({ what }) => what === 'Reconciliation');
  expect(lineOf(await world.json())).toMatchObject({
    deployed:
      '2 of 4 managers with nothing left to do; something is for a person: late; none is recorded: never; the last one 2026-11-05 08:00 UTC. Late: late.',
    differs: true,
  });
  const { reconciliation } = (await world.json('--manager', 'late')) as { reconciliation: object };
  expect(reconciliation).toMatchObject({ outcome: 'findings', at: '2026-11-03T07:00:00.000Z' });
  await world.report('--html', world.path('reconciled'));
  expect(await world.page('reconciled', 'manager-good.html')).toContain('last 2026-11-05 08:00 UTC: nothing was odd.');
  expect(await world.page('reconciled', 'manager-never.html')).toContain('none is recorded.');
  const late = await world.page('reconciled', 'manager-late.html');
  expect(late).toMatch(
    /differs:<\/strong>\s*last 2026-11-03 07:00 UTC: something is for a person\..*more than one was due since/s,
  );
});

test('one of nobody knows how old it may be is unknown, not protected', async () => {
  const { out, code } = await world.offsite('report', '--json', '--manager', 'good');
  expect(JSON.parse(out)).toMatchObject({
    configured: false,
    verdict: { state: 'unknown' },
    timing: { targetHours: null },
  });
  expect(code).toBe(0);
});

test('pages for all and for each, beside a folder or a file; one manager is one file', async () => {
  const made = await world.report('--html', world.path('out'));
  expect(made).toMatchObject({ code: 1, err: '' });
  expect(made.out).toContain(`Report: ${world.path('out', 'index.html')}`);
  expect((await readdir(world.path('out'))).sort()).toEqual([
    'index.html',
    'manager-good.html',
    'manager-late.html',
    'manager-never.html',
    'manager-torn.html',
  ]);
  expect(await world.page('out', 'index.html')).toContain('href="manager-late.html"');
  await world.report('--html', world.path('one', 'good.html'), '--manager', 'good');
  expect(await readdir(world.path('one'))).toEqual(['good.html']);
  expect(await world.page('one', 'good.html')).not.toContain('All managers');
});

test('texts of managers are text: no element, no handler, no style and no direction of theirs', async () => {
  await world.report('--html', world.path('evil'));
  for (const name of await readdir(world.path('evil'))) {
    const page = await world.page('evil', name);
    const markup = page.replaceAll(/<style>[\s\S]*?<\/style>|<script[\s\S]*?<\/script>|"[^"<]*"/g, '');
    expect(page.match(/<script>/g) ?? [], name).toHaveLength(name === 'index.html' || name.includes('never') ? 0 : 1);
    expect(markup, name).not.toMatch(/<img|<[a-z][^>]*\s(on\w+|style)\s*=/i);
    expect(markup, name).not.toContain('\u202E');
    expect(page.length).toBeLessThan(5e6);
  }
  const late = await world.page('evil', 'manager-late.html');
  expect(late).toContain('&lt;script&gt;alert(1)');
  expect(late).toContain('characters)');
  expect(late).not.toContain('x'.repeat(2000));
});

test('the policy of a page names the hash of its style and of its one script', async () => {
  const { createHash } = await import('node:crypto');
  await world.report('--html', world.path('csp.html'), '--manager', 'good');
  const page = await world.page('csp.html');
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? '';
  const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(policy).toContain(`style-src ${hash(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1])}`);
  expect(policy).toContain(`script-src ${hash(/<script>([\s\S]*?)<\/script>/.exec(page)?.[1])}`);
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toContain('unsafe');
});

test('a line of CSV for each run, of the same states', async () => {
  const { out } = await world.report('--csv', '--manager', 'late');
  const lines = out.trim().split('\r\n');
  expect(lines[0]).toMatch(/^manager,due,day,snapshot,state/);
  expect(lines.filter((line) => line.includes(',failed,'))).toHaveLength(4);
  expect(lines.filter((line) => line.includes(',missing,'))).toHaveLength(3);
  expect(out).toContain(`"'=HYPERLINK(""x"")`);
});

test.each([
  ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-26T23:00:00Z', ['2026-10-25', '2026-10-26']],
  ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-30T22:00:00Z', ['2026-03-29', '2026-03-30']],
  ['Asia/Kolkata', '2026-01-01T18:29:00Z', '2026-01-01T18:31:00Z', ['2026-01-01', '2026-01-02']],
  [
    'Pacific/Apia',
    '2011-12-29T12:00:00Z',
    '2011-12-31T12:00:00Z',
    ['2011-12-29', '2011-12-30', '2011-12-31', '2012-01-01'],
  ],
  ['UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', ['2026-01-01']],
])('days of %s from %s to %s', (zone, since, until, days) => {
  expect(daysIn({ since: new Date(since), until: new Date(until) }, zone)).toEqual(days);
});

test.each([
  ['that autumn repeats', '2026-10-28T09:00:00.000Z'],
  ['that spring leaves out', '2026-04-01T09:00:00.000Z'],
])('the night %s is no missing run and is not counted twice', async (_name, now) => {
  const nights = [profile('dst', { timeZone: 'Europe/Berlin', schedule: 'cron(30 2 * * ? *)' })];
  const berlin = await ReportWorld.make(nights, now, 10);
  try {
    const since = new Date(Date.parse(now) - 10 * 86_400_000).toISOString();
    const { counts, runs } = (await berlin.json('--manager', 'dst', '--since', since)) as {
      counts: Record<string, number>;
      runs: { day: string }[];
    };
    expect(counts).toMatchObject({ verified: runs.length, missing: 0 });
    expect(runs.length).toBeGreaterThanOrEqual(9);
    expect(new Set(runs.map(({ day }) => day)).size).toBe(runs.length);
  } finally {
    await berlin.remove();
  }
});

test('an installation in which every run failed: at risk, no success, each failure in the pages and the CSV', async () => {
  const bad = profile('bad', { failed: [[999, 0, 'SnapshotFailed', `=1+1 ${EVIL} ${'x'.repeat(10_000)}`]] });
  const failed = await ReportWorld.make([bad], NOW, 12);
  try {
    expect(await failed.report('--html', failed.path('out'))).toMatchObject({ code: 1, err: '' });
    const { managers } = (await failed.json()) as { managers: Row[] };
    expect(managers).toMatchObject([
      {
        verdict: { state: 'at-risk' },
        successRate: 0,
        archives: 0,
        bytes: 0,
        ageSeconds: null,
        longestGapSeconds: null,
      },
    ]);
    expect(managers[0]?.counts).toMatchObject({ failed: 12, verified: 0, missing: 0 });
    const page = await failed.page('out', 'manager-bad.html');
    expect(page).toContain('There is no archive yet.');
    expect(page.match(/SnapshotFailed<\/strong>/g)).toHaveLength(12);
    const { out } = await failed.report('--csv');
    expect(out.match(/,failed,/g)).toHaveLength(12);
    expect(out).not.toMatch(/(^|,)"?=/m);
  } finally {
    await failed.remove();
  }
});

test('an installation in which nothing ever ran has a report', async () => {
  const empty = await ReportWorld.make([], NOW, 1);
  try {
    const made = await empty.report('--html', empty.path('out'));
    expect(made).toMatchObject({ code: 1, err: '' });
    const page = await empty.page('out', 'manager-nobody.html');
    expect(page).toContain('There is no archive that could be restored.');
    const bare = await empty.offsite('report', '--html', empty.path('bare'));
    expect(bare).toMatchObject({ code: 0, err: '' });
    expect(await empty.page('bare', 'index.html')).toContain('There is nothing to report yet');
    await rm(empty.path('out'), { recursive: true });
  } finally {
    await empty.remove();
  }
});

test.each([
  [['--since', '2026-11-05T10:00:00Z'], /--since .* must be before now, .* earlier --since/],
  [['--since', 'yesterday'], /--since yesterday: is no date/],
  [['--csv', '--json'], /--csv|--json/],
])('report %j is refused in one line', async (args, says) => {
  const { code, err } = await world.report(...args);
  expect(code).toBe(2);
  expect(err).toMatch(says);
});

test('an archive that has expired has its size and its time by the index; one whose manifest went too early is lost', async () => {
  const long = await ReportWorld.make([profile('long')], NOW, 60);
  try {
    const runsOf = async () =>
      (await long.json('--manager', 'long'))['runs'] as (Record<string, unknown> & { snapshot: string })[];
    const runs = await runsOf();
    const expired = runs.filter(({ isExpired }) => isExpired);
    expect(expired.length).toBeGreaterThan(15);
    for (const { state, at, contentAt, size, phases } of expired) {
      expect([state, Number(size) > 1000, (phases as unknown[]).length]).toEqual(['verified', true, 3]);
      expect(Date.parse(String(contentAt)) - Date.parse(String(at))).toBeGreaterThan(10_000);
    }
    const { snapshot } = runs.at(-4) ?? { snapshot: '' };
    await long.drop(`manifests/long/2026/11/${snapshot}.json`);
    const after = await runsOf();
    expect(after.find((run) => run.snapshot === snapshot)).toMatchObject({
      ...{ state: 'damaged', error: 'ManifestGone', isExpired: false },
      message: 'Its manifest is missing before its time.',
    });
    expect(after.filter(({ isExpired }) => isExpired)).toEqual(expired);
  } finally {
    await long.remove();
  }
});

test('only the asked period counts, and a later end is now', async () => {
  const { runs, since, until } = (await world.json(
    '--manager',
    'good',
    '--since',
    '2026-11-01',
    '--until',
    '2027-01-01',
  )) as { runs: unknown[]; since: string; until: string };
  expect([since, until, runs.length]).toEqual(['2026-11-01T00:00:00.000Z', NOW, 5]);
});

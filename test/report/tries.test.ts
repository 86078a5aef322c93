import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Profile } from '../../tools/sample/profiles.ts';
import { ReportWorld } from './world.ts';

/** What people try, and what somebody may have left behind: each message names the problem and the next step. */
const NOW = '2026-11-05T09:00:00.000Z';
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  ...{ id, schedule: 'cron(0 2 * * ? *)', timeZone: 'UTC', hour: 2, version: '7.0.5', bytes: 2 ** 20, growth: 1 },
  ...{ items: { tenants: 3 }, failsOneOf: 1e9 },
  ...more,
});

let world: ReportWorld;
beforeAll(async () => {
  world = await ReportWorld.make([profile('here'), profile('removed')], NOW, 6);
  await writeFile(world.path('a-file'), 'a note of mine');
  await mkdir(world.path('pages.html'));
});
afterAll(async () => await world.remove());

test.each([
  [['--since', '2026-12-24'], /--since 2026-12-24T00:00:00\.000Z: must be before now, 2026-11-05T09.*earlier --since/],
  [
    ['--since', '2026-11-03', '--until', '2026-11-01'],
    /must be before the end of the period, --until 2026-11-01T00.*earlier --since/,
  ],
  [['--since', '2026-11-03', '--until', '2026-11-03'], /must be before the end of the period/],
  [['--since', '0001-01-01'], /a report is of 10 years at most\. Give a later --since/],
  [['--since', '2026-13-01'], /--since 2026-13-01: is no date such as/],
  [['--until', '2026-11-01T02:00'], /--until 2026-11-01T02:00: is no date such as/],
  [['--manager', '../../etc'], /--manager|name/],
  [
    ['--html', 'pages.html'],
    /pages\.html cannot be written: a folder has this name \(EISDIR\)\. Name another file \(--html\)\./,
  ],
  [
    ['--html', 'a-file'],
    /a-file\/index\.html cannot be written: a file has the name of the folder \(E(NOTDIR|EXIST), mkdir\)/,
  ],
  [['--html', 'a-file/below/x.html'], /cannot be written: a file has the name of the folder \(ENOTDIR, mkdir\)/],
])('report %j is refused in one line, before anything is read', async (args, says) => {
  const at = args[0] === '--html' ? ['--html', world.path(args[1] ?? '')] : args;
  const { code, out, err } = await world.report(...at);
  expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
  expect(err).toMatch(says);
});

test.skipIf(process.getuid?.() === 0)(
  'a folder in which this user may not write is named, with what to do',
  async () => {
    await mkdir(world.path('locked'), { mode: 0o555 });
    const { code, err } = await world.report('--html', world.path('locked'));
    expect([code, err]).toEqual([2, expect.stringMatching(/index\.html cannot be written: this user may not use it/)]);
  },
);

test('nothing is left of a page that could not be written, and what lay there is as it was', async () => {
  await world.report('--html', world.path('pages.html'));
  expect(await readdir(world.path('pages.html'))).toEqual([]);
  expect((await readdir(world.dir)).filter((name) => name.includes('.part'))).toEqual([]);
  expect(await readFile(world.path('a-file'), 'utf8')).toBe('a note of mine');
});

test('an older report in the same file or folder is replaced, and other files stay', async () => {
  const folder = world.path('again');
  await mkdir(folder);
  await writeFile(world.path('again', 'index.html'), 'an older one');
  await writeFile(world.path('again', 'notes.txt'), 'mine');
  await world.report('--html', folder);
  expect(await readFile(world.path('again', 'index.html'), 'utf8')).toContain('<!doctype html>');
  expect((await readdir(folder)).sort()).toEqual([
    'index.html',
    'manager-here.html',
    'manager-removed.html',
    'notes.txt',
  ]);
});

test('--csv prints nothing but CSV, and with --html the pages are written as well', async () => {
  const { code, out, err } = await world.report('--csv', '--html', world.path('both'));
  expect([code, err]).toEqual([0, '']);
  expect(
    new Set(
      out
        .trim()
        .split('\r\n')
        .map((line) => line.split(',').length),
    ),
  ).toEqual(new Set([13]));
  expect(await readdir(world.path('both'))).toContain('index.html');
});

test('times with a zone are the same instants', async () => {
  const of = async (since: string, until: string) => {
    const { out } = await world.report('--csv', '--manager', 'here', '--since', since, '--until', until);
    return out.trim().split('\r\n').slice(1).length;
  };
  expect(await of('2026-11-02T02:00:00Z', '2026-11-04T02:00:00Z')).toBe(2);
  expect(await of('2026-11-02T07:30:00+05:30', '2026-11-03T21:00:00-05:00')).toBe(2);
  expect(await of('2026-11-02T07:30:01+05:30', '2026-11-03T21:00:01-05:00')).toBe(2);
  expect(await of('2026-11-02T02:00:01Z', '2026-11-04T02:00:00Z')).toBe(1);
});

test('a manager that was removed from the configuration is unknown, says why, and is not at risk', async () => {
  const config = JSON.parse(await readFile(world.path('offsite.json'), 'utf8'));
  const managers = config.managers.filter(({ id }: { id: string }) => id !== 'removed');
  await writeFile(world.path('less.json'), JSON.stringify({ ...config, managers, formerManagers: ['removed'] }));
  const { code, out } = await world.offsite('report', '--json', '--config', world.path('less.json'));
  const fleet = JSON.parse(out) as { managers: { manager: string; verdict: object }[] };
  expect([code, fleet.managers.map(({ manager }) => manager)]).toEqual([0, ['removed', 'here']]);
  expect(fleet.managers[0]?.verdict).toEqual({
    state: 'unknown',
    why: 'The newest archive is 6 h old; the configuration does not name this manager, so nothing says how old it may become.',
  });
});

test('a manager of which nothing is known is a mistyped name, and those that are known are named', async () => {
  const { code, out, err } = await world.report('--manager', 'nobody');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/--manager nobody: no configuration and no record has it\. .* known: here, removed\./);
});

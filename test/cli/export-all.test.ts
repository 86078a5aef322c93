import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';

let dir: string;
let managers: SimulatedManager[];
// Waits for the managers' limit of requests pass at once; real sockets and files have the wall clock's dates.
const clock = new VirtualClock(new Date().toISOString());
const NIGHT = '2026-11-22T02:00:00Z';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-export-all-'));
  const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes: 300_000 } };
  managers = await Promise.all([1, 2, 3].map(async () => await startSimulatedManager(options)));
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'wrong'), 'canary-0ther\n');
});
afterAll(async () => {
  await Promise.all(managers.map((one) => one.close()));
  await rm(dir, { recursive: true, force: true });
});

const entry = (at: number, more: object = {}) => ({
  id: `m${at + 1}`,
  local: { urls: [managers[at]?.urls[0]], username: 'admin', passwordFile: 'password', ...more },
});

async function written(name: string, ...entries: object[]): Promise<string> {
  const file = join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify({ version: 2, managers: entries, local: { folder: name } }));
  return file;
}

async function offsite(line: string, stopAt?: string) {
  const shown = await commandLine(line.split(' '), { terminal: { clock }, ...(stopAt ? { stopAt } : {}) });
  expect(shown.out + shown.err).not.toMatch(/canary| at .*\.ts/);
  return shown;
}

test('all managers for the same time into one folder: a table, and one name before each line of progress', async () => {
  const config = await written('good', entry(0), entry(1), { id: 'elsewhere', local: false });
  const { code, out, err } = await offsite(`export --local --all --config ${config} --scheduled-time ${NIGHT}`);
  expect([code, out.replaceAll(/ {2}\d[\d minsh]*$/gm, '  T')]).toEqual([
    0,
    [
      'MANAGER  RESULT    ARCHIVE                   SIZE       TIME',
      'm1       verified  offsite-20261122T020000Z  293.0 KiB  T',
      'm2       verified  offsite-20261122T020000Z  293.0 KiB  T',
      '2 of 2 managers have a verified archive of this run.',
      '',
    ].join('\n'),
  ]);
  expect(err.split('\n').filter((line) => line && !/^m[12]: /.test(line))).toEqual([]);
  expect(err).not.toContain('\r');
  const again = await offsite(`export --local --all --json --config ${config} --scheduled-time ${NIGHT}`);
  expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { outcome: 'succeeded', error: null }]);
  expect(JSON.parse((await offsite(`list --local --json --config ${config}`)).out).archives).toHaveLength(2);
});

test('those that fail stop no other: exit code 1, each with its reason, before and during its run', async () => {
  const config = await written(
    'bad',
    entry(0, { passwordFile: 'wrong' }),
    { id: 'bare' },
    entry(1, { passwordFile: 'nowhere' }),
    entry(2),
  );
  const { code, out, err } = await offsite(`export --local --all --parallel 1 --json --config ${config}`);
  const document = JSON.parse(out);
  expect([code, document.outcome, document.error, document.message]).toEqual([
    1,
    'failed',
    'ExportsFailed',
    '1 of 4 managers have a verified archive of this run.',
  ]);
  expect(document.managers.map((one: { manager: string; error: string }) => [one.manager, one.error])).toEqual([
    ['m1', 'CredentialsRejected'],
    ['bare', 'UsageError'],
    ['m2', 'UsageError'],
    ['m3', null],
  ]);
  expect(err).toMatch(/^offsite: m1: CredentialsRejected: .*401/m);
  expect(err).toMatch(/^offsite: bare: UsageError: managers\.bare\.local is missing/m);
  expect(err).toMatch(/^offsite: m2: UsageError: managers\.m2\.local\.passwordFile .*cannot be read \(ENOENT\)/m);
});

test('Ctrl-C stops all of them, each cleans up, and those that wait do not begin', async () => {
  const config = await written('stopped', entry(0), entry(1), entry(2));
  const before = await Promise.all(managers.map((one) => snapshotsOn(one)));
  const line = `export --local --all --parallel 2 --json --config ${config}`;
  const { code, out, err } = await offsite(line, 'm2: Waiting for the snapshot');
  const { error, managers: reports } = JSON.parse(out);
  expect([code, error]).toEqual([130, 'Interrupted']);
  expect(reports.map((one: { error: string }) => one.error)).toEqual(['Interrupted', 'Interrupted', 'Interrupted']);
  expect(err).toContain('offsite: m3: Interrupted: The export was not begun.');
  // What is complete may stay on a manager, half-made snapshots do not; no upload is left open.
  const after = await Promise.all(managers.map((one) => snapshotsOn(one)));
  expect(after[2]).toEqual(before[2]);
  expect(await readdir(join(dir, 'stopped', '.offsite-s3'), { recursive: true })).not.toContain('uploads/');
  expect((await offsite(line.replace(' --json', ''))).code).toBe(0);
});

async function snapshotsOn({ urls }: SimulatedManager): Promise<string[]> {
  const headers = {
    authorization: `Basic ${Buffer.from('admin:canary-Passw0rd').toString('base64')}`,
    tenant: 'default_tenant',
  };
  const reply = await fetch(`${urls[0]}/api/v3.1/snapshots`, { headers });
  return ((await reply.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
}

test.each<[string, () => Promise<string>, RegExp]>([
  [
    'no configuration',
    async () => 'export --local --all',
    /--all exports the managers of a configuration: add --config/,
  ],
  [
    'a manager as well',
    async () => 'export --local --all --manager m1',
    /'--all' cannot be used with option '--manager/,
  ],
  ['without --local', async () => 'export --all', /--all goes with --local/],
  ['--parallel alone', async () => 'export --local --parallel 2', /--parallel needs --all/],
  [
    'none at once',
    async () => 'export --local --all --parallel 0',
    /--parallel 0: must be a whole number from 1 to 16/,
  ],
  [
    'no manager that is reached from here',
    async () => `export --local --all --config ${await written('none', { id: 'm1', local: false })}`,
    /has no manager that is reached from here/,
  ],
  [
    'to reconcile without a configuration',
    async () => `reconcile --all --local --from ${dir}/good`,
    /--all reconciles the managers/,
  ],
  ['to reconcile nothing', async () => `reconcile --local --from ${dir}/good`, /add --manager NAME, or --all/],
])('a wrong command line, %s: exit code 2', async (_, line, message) => {
  const { code, err } = await offsite(await line());
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test('reconcile --all: a report for each manager, and exit code 1 for one that could not be reconciled', async () => {
  const config = await written('good', entry(0), entry(1));
  const good = JSON.parse((await offsite(`reconcile --local --all --json --config ${config}`)).out);
  expect(good.managers.map((one: { manager: string }) => one.manager)).toEqual(['m1', 'm2']);
  const broken = await written('good', entry(0), entry(1, { passwordFile: 'nowhere' }));
  const { code, out, err } = await offsite(`reconcile --local --all --config ${broken}`);
  expect([code, out, err]).toEqual([
    1,
    expect.stringContaining('m1\n'),
    expect.stringMatching(/^offsite: m2: UsageError/m),
  ]);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMetrics } from '../../lib/cli/text/openmetrics.ts';
import { GAUGES } from '../../lib/status/gauges.ts';
import { samplesOf } from '../../lib/status/samples.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';

let dir: string;
let file: string;
let manager: SimulatedManager;
const clock = new VirtualClock(new Date().toISOString());

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-metrics-'));
  const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes: 200_000 } };
  manager = await startSimulatedManager(options);
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'wrong'), 'canary-0ther\n');
  file = join(dir, 'offsite.json');
  const local = { urls: [manager.urls[0]], username: 'admin', passwordFile: 'password' };
  const managers = [{ id: 'm1', local }, { id: 'never' }];
  await writeFile(file, JSON.stringify({ version: 2, managers, local: { folder: 'store' } }));
  expect((await offsite(`export --local --manager m1`)).code).toBe(0);
  clock.advance(3 * 3600);
});
afterAll(async () => {
  await manager.close();
  await rm(dir, { recursive: true, force: true });
});

async function offsite(line: string) {
  const shown = await commandLine(`${line} --config ${file}`.split(' '), { terminal: { clock } });
  expect(shown.out + shown.err).not.toMatch(/canary| at .*\.ts/);
  return shown;
}

/** `offsite_archives{manager="m1"}` → its value. */
function valuesIn(exposition: string): Map<string, number> {
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const of = (name: string, labels = 'manager="m1"') => `offsite_${name}{${labels}}`;

test('the numbers are those of status --json and reconcile --json', async () => {
  const { code, out } = await offsite('metrics --local');
  expect(code).toBe(0);
  const values = valuesIn(out);
  const { managers, at } = JSON.parse((await offsite('status --local --json')).out);
  const [m1, never] = managers;
  const seconds = (iso: string) => Date.parse(iso) / 1000;
  const expected = new Map<string, number>([
    ['offsite_generated_timestamp_seconds', seconds(at)],
    ['offsite_managers', 2],
    [of('needs_attention'), Number(m1.needsAttention)],
    [of('archive_stale'), 0],
    [of('last_verified_archive_timestamp_seconds'), seconds(m1.archive.takenAt)],
    [of('last_verification_timestamp_seconds'), seconds(m1.archive.verifiedAt)],
    [of('last_verified_archive_size_bytes'), m1.archive.size],
    [of('last_run_timestamp_seconds'), seconds(m1.lastRun.at)],
    [of('last_run_success'), 1],
    [of('last_run_duration_seconds'), seconds(m1.lastRun.at) - seconds(m1.lastRun.startedAt)],
    [of('last_run_undelivered_notifications'), 0],
    [of('next_run_timestamp_seconds'), seconds(m1.nextRun)],
    [of('check_success'), 1],
    [of('archives'), 1],
    [of('archive_bytes', 'manager="m1",class="held"'), m1.archive.size],
    [of('needs_attention', 'manager="never"'), Number(never.needsAttention)],
  ]);
  for (const [name, value] of expected) expect([name, values.get(name)]).toEqual([name, value]);
  expect(values.has(of('last_run_success', 'manager="never"'))).toBe(false);
  expect([...values.keys()].filter((name) => name.includes('last_restore_test'))).toEqual([]);
  expect(out.endsWith('# EOF\n')).toBe(true);
});

test('findings and sizes are those of a reconciliation', async () => {
  const values = valuesIn((await offsite('metrics --local')).out);
  const { out } = await offsite('reconcile --local --json --manager m1');
  const { counts, bytes, lookedAt, findings } = JSON.parse(out);
  expect(values.get(of('open_findings'))).toBe(counts.open + counts.failed);
  expect(values.get(of('archives'))).toBe(lookedAt.archives);
  expect(values.get(of('stored_bytes', 'manager="m1",state="noncurrent"'))).toBe(bytes.noncurrent);
  expect(values.get(of('stored_bytes', 'manager="m1",state="current"'))).toBe(bytes.all - bytes.noncurrent);
  for (const { kind } of findings)
    expect(values.get(of('findings', `manager="m1",kind="${kind}"`))).toBe(
      findings.filter((one: { kind: string }) => one.kind === kind).length,
    );
});

test('--output replaces the file in one step, leaves nothing beside it, and keeps it when it cannot read', async () => {
  const target = join(dir, 'out.prom');
  expect(await offsite(`metrics --local --output ${target}`)).toMatchObject({ code: 0, out: '', err: '' });
  const first = await readFile(target, 'utf8');
  expect(first).toContain('offsite_last_run_success{manager="m1"} 1');
  expect(await offsite(`metrics --local --from ${dir}/nowhere --output ${target}`)).toMatchObject({ code: 2 });
  expect(await readFile(target, 'utf8')).toBe(first);
  expect((await offsite(`metrics --local --output ${dir}/none/out.prom`)).err).toMatch(
    /StorageRefused: .*cannot be written: .*\(ENOENT, open\)\. .*\(--output\)/,
  );
  expect((await readdir(dir)).filter((name) => name.includes('.tmp'))).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

/** A server of this process, until it is interrupted; then its exit code. */
async function serving(
  options: string,
  work: (get: (path?: string, headers?: object, method?: string) => Promise<Answer>) => Promise<void>,
) {
  const stop = new AbortController();
  let told: (url: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    told = resolve;
  });
  const write = (line: string) => {
    const [url] = /http:\S+(?=\/metrics)/.exec(line) ?? [];
    if (url) told(url);
  };
  const args = `metrics --local --config ${file} --listen 0 ${options}`.trim().split(' ');
  const ended = commandLine(args, { terminal: { clock, interrupt: stop.signal, out: { write } } });
  const url = await Promise.race([address, ended.then(({ err }) => Promise.reject(new Error(err)))]);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const get = (path = '/metrics', headers: object = {}, method = 'GET') =>
    new Promise<Answer>((resolve, reject) => {
      const asked = request(`${url}${path}`, { method, headers: { ...headers } }, async (reply) => {
        const { statusCode: status = 0 } = reply;
        resolve({ status, body: await text(reply), type: String(reply.headers['content-type']) });
      });
      asked.on('error', reject).end();
    });
  await work(get);
  stop.abort();
  return (await ended).code;
}

test('--listen: cached for its time, one reading for all who ask at once, 404 and 405 for the rest, exit code 0', async () => {
  const code = await serving('--max-age 60', async (get) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    expect(all[0]).toMatchObject({
      status: 200,
      type: expect.stringMatching(/^application\/openmetrics-text; version=1\.0\.0/),
    });
    clock.advance(30);
    expect((await get()).body).toBe(all[0]?.body);
    clock.advance(31);
    const later = valuesIn((await get()).body).get('offsite_generated_timestamp_seconds') ?? 0;
    expect(later - (valuesIn(all[0]?.body ?? '').get('offsite_generated_timestamp_seconds') ?? 0)).toBe(61);
    expect([(await get('/')).status, (await get('/metrics', {}, 'POST')).status]).toEqual([404, 405]);
    expect(await get('/metrics', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });
  expect(code).toBe(0);
});

test('--token-file: without the token nothing is told', async () => {
  const token = join(dir, 'token');
  await writeFile(token, 'canary-metrics-token\n');
  await serving(`--token-file ${token}`, async (get) => {
    for (const authorization of [
      undefined,
      'Bearer wrong',
      'Basic canary-metrics-token',
      'Bearer canary-metrics-token2',
    ])
      expect((await get('/metrics', authorization ? { authorization } : {})).status).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer canary-metrics-token' })).status).toBe(200);
  });
  expect(await offsite('metrics --local --token-file x')).toMatchObject({ code: 2 });
  for (const address of ['x', ':1', '1.2.3.4', '70000'])
    expect((await offsite(`metrics --local --listen ${address}`)).code).toBe(2);
});

test('--listen on a port in use: exit 2, with the address and what to do', async () => {
  const other = createServer();
  const port = await new Promise((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port));
  });
  const { code, err } = await offsite(`metrics --local --config ${file} --listen ${port}`);
  other.close();
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/127\.0\.0\.1:\d+: .*EADDRINUSE.*choose another port: --listen/),
  ]);
});

test('a state that cannot be read is HTTP 503, and the reason stays here', async () => {
  const broken = join(dir, 'broken.json');
  await writeFile(broken, JSON.stringify({ managers: [{ id: 'm1' }], local: { folder: 'gone' } }));
  const before = file;
  file = broken;
  try {
    await serving('', async (get) => {
      const { status, body } = await get();
      expect([status, body]).toEqual([503, 'the state could not be read\n']);
    });
  } finally {
    file = before;
  }
});

const monitoring = fileURLToPath(new URL('../../docs/how-to/monitoring/', import.meta.url));
const namesIn = (text: string) => [...new Set(text.match(/\boffsite_[a-z_]+/g))];

test('rules, dashboard and document name metrics that exist, and the document has them all', async () => {
  const known = Object.keys(GAUGES);
  const dashboard = JSON.parse(await readFile(`${monitoring}dashboard.json`, 'utf8'));
  expect(dashboard.panels.length).toBeGreaterThan(5);
  const queries = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  );
  const rules = await readFile(`${monitoring}alerts.yml`, 'utf8');
  for (const name of [...namesIn(queries.join(' ')), ...namesIn(rules)]) expect(known).toContain(name);
  const page = await readFile(`${monitoring}../monitoring.md`, 'utf8');
  const rows = [...page.matchAll(/^\| `(offsite_\w+)` \| .+ \| (.+) \|$/gm)].map(([, name, help]) => [name, help]);
  expect(rows).toEqual(Object.entries(GAUGES).map(([name, { help }]) => [name, help]));
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  process.stderr.write(
    'SKIPPED: promtool is not installed (Debian: prometheus): nothing checks metrics and alert rules.\n',
  );

test.skipIf(!hasPromtool)(
  'promtool takes the metrics and the rules, and the rules do what their tests say',
  async () => {
    const hostile = {
      ...(JSON.parse((await offsite('status --local --json')).out).managers[0] as object),
      manager: 'a"b\\c\nd',
    };
    const exposition = await openMetrics(samplesOf([{ status: hostile as never, checked: null }], '1', clock.now()));
    expect(exposition).toContain('manager="a\\"b\\\\c\\nd"');
    const check = (input: string) => execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(check((await offsite('metrics --local')).out)).toBe('');
    expect(check(exposition)).toBe('');
    const run = (...args: string[]) => execFileSync('promtool', args, { cwd: monitoring, encoding: 'utf8' });
    expect(run('check', 'rules', 'alerts.yml')).toContain('SUCCESS: 8 rules found');
    expect(run('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  },
);

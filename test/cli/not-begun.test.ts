import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { TargetServers } from '../support/target-servers.ts';

/** Runs of a configuration that end before they have storage for a record: the targets are notified all the same. */

let dir: string;
let manager: SimulatedManager;
let servers: TargetServers;
const clock = new VirtualClock(new Date().toISOString());

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-not-begun-'));
  servers = await TargetServers.start();
  const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes: 200_000 } };
  manager = await startSimulatedManager(options);
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'url'), `${servers.url()}\n`);
  await writeFile(join(dir, 'a-file'), '');
  await mkdir(join(dir, 'empty'));
});
afterAll(async () => {
  await Promise.all([manager.close(), servers.close()]);
  await rm(dir, { recursive: true, force: true });
});
beforeEach(() => {
  servers.hits.length = 0;
});

async function config(local: object, { passwordFile = 'password', ...notifications }: Record<string, unknown> = {}) {
  const own = { urls: [manager.urls[0]], username: 'admin', passwordFile };
  const managers = [
    { id: 'prod', local: own },
    { id: 'lab', schedule: null, drillTarget: true, restoreFrom: ['prod'], local: own },
  ];
  const targets = servers
    .targets()
    .filter(({ type }) => type === 'webhook' || type === 'ping')
    .map((target) => ({ ...target, urlFile: 'url' }));
  const all = { allowedHosts: [servers.host], targets, ...notifications };
  const file = join(dir, 'offsite.json');
  await writeFile(file, JSON.stringify({ version: 2, managers, local, notifications: all }));
  return file;
}

const offsite = async (line: string) => await commandLine(line.split(' '), { terminal: { clock, env: {} } });

const messages = () =>
  servers.hits
    .filter(({ headers }) => headers['content-type']?.startsWith('application/json'))
    .map(({ body }) => JSON.parse(body.toString()));

const runs = [
  ['export', 'prod', 'export --manager prod', 'export of prod'],
  ['export', 'prod', 'export --all', 'export of prod'],
  ['verify', null, 'verify --sample 10%', 'verification of all managers'],
  ['verify', 'prod', 'verify --all --manager prod', 'verification of prod'],
  ['reconcile', null, 'reconcile --all --repair', 'reconciliation of all managers'],
  ['reconcile', 'prod', 'reconcile --manager prod --repair', 'reconciliation of prod'],
  ['restore', 'lab', 'restore --drill --manager lab --source-manager prod', 'restore of lab'],
  ['retention', null, 'retention expire --yes', 'retention of all managers'],
  ['report', null, 'report --keep', 'report of all managers'],
  ['digest', null, 'digest --send', 'digest of all managers'],
] as const;

test.each(runs)('%s of %s, %s: a folder that cannot be opened notifies the targets', async (about, of, line, what) => {
  const file = await config({ folder: about === 'export' ? 'a-file' : 'gone' });
  const { code, err } = await offsite(`${line} --local --config ${file}`);
  expect([line, code]).toEqual([line, line.includes('export --all') ? 1 : expect.toSatisfy((c) => c === 1 || c === 2)]);
  const [first] = messages();
  expect(first).toMatchObject({
    about,
    outcome: 'failure',
    manager: of,
    subject: `cloudify-offsite: ${what} failed`,
    report: { outcome: 'failed', notes: [expect.stringMatching(/offsite status does not show it/)] },
  });
  expect(err).toContain(first.report.error);
  expect(first.message).toMatch(about === 'export' ? /a-file/ : /gone/);
  expect(servers.hits.some(({ path }) => path.includes('/fail'))).toBe(about === 'export');
});

test('a store that is not there, and a password file that is not there, notify as well', async () => {
  const store = { bucket: 'backups', endpoint: 'http://127.0.0.1:9' };
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'canary-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-key');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  for (const line of [
    'export --manager prod',
    'verify --sample 10%',
    'verify --all --manager prod',
    'reconcile --all --repair',
    'restore --drill --manager lab --source-manager prod',
    'retention expire --yes',
  ]) {
    servers.hits.length = 0;
    const file = await config(store);
    await offsite(`${line} --local --config ${file}`);
    expect([line, messages().map(({ outcome }) => outcome)]).toEqual([line, expect.arrayContaining(['failure'])]);
  }
  servers.hits.length = 0;
  const file = await config({ folder: 'store' }, { passwordFile: 'no-file' });
  expect(await offsite(`export --local --manager prod --config ${file}`)).toMatchObject({ code: 2 });
  expect(messages()).toMatchObject([{ about: 'export', manager: 'prod', outcome: 'failure' }]);
});

test('what a person asks for notifies no one: a dry run, a plan, a check, a typed mistake', async () => {
  const file = await config({ folder: 'gone' });
  for (const line of [
    'reconcile --all',
    'retention expire',
    'digest',
    'restore --dry-run --manager lab --source-manager prod',
    'verify',
    'export',
  ])
    await offsite(`${line} --local --config ${file}`);
  await offsite('verify --all --local --from /nowhere');
  expect(messages()).toEqual([]);
});

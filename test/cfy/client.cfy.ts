import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { cfy } from './install.ts';

const run = promisify(execFile);

let home: string;
let manager: SimulatedManager;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'offsite-cfy-'));
  manager = await startSimulatedManager({
    version: '7.0.5',
    createSeconds: 1,
    restoreSeconds: 2,
    archive: { sizeBytes: 300_000 },
  });
  const { hostname, port } = new URL(manager.urls[0] ?? '');
  const said = await client(
    'profiles',
    'use',
    hostname,
    '-u',
    'admin',
    '-p',
    'admin',
    '-t',
    'default_tenant',
    '--rest-port',
    port,
  );
  expect(said).toMatch(/Using manager|Initialization completed/);
});
afterAll(async () => {
  await manager?.close();
  await rm(home, { recursive: true, force: true });
});

/** What the vendor's client says. It ends with an error when the manager's answer is not what it expects. */
async function client(...words: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', COLUMNS: '200' };
  const { stdout, stderr } = await run(cfy, words, { env, maxBuffer: 16 * 1024 * 1024 });
  return `${stdout}${stderr}`;
}

/** Rows of a list that the client prints as JSON. */
async function rows(...words: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await client(...words, '--json')) as Record<string, unknown>[];
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 40 && !(await isDone()); n++) await pause(250);
}

test('profiles and status', async () => {
  expect(await client('profiles', 'list')).toMatch(/127\.0\.0\.1.*admin.*default_tenant/);
  const status = await client('status');
  for (const service of ['Management Worker', 'PostgreSQL', 'RabbitMQ'])
    expect(status).toMatch(new RegExp(`${service} +\\| Active`));
});

test.each([
  [['blueprints', 'list'], 'blueprints'],
  [['plugins', 'list'], 'plugins'],
  [['deployments', 'list'], 'deployments'],
  [['node-instances', 'list'], 'node_instances'],
  [['agents', 'list'], 'agents'],
  [['secrets', 'list'], 'secrets'],
] as const)('cfy %s', async (words, type) => {
  const holds = manager.state.content.holding('default_tenant', type).size;
  expect(holds).toBeGreaterThan(0);
  expect(await rows(...words)).toHaveLength(holds);
});

test('cfy tenants list', async () => {
  expect((await rows('tenants', 'list')).map(({ name }) => name)).toEqual(manager.state.tenants);
});

test('a snapshot: created, listed, downloaded; the bytes are those of the manager', async () => {
  await client('snapshots', 'create', 'made', '--no-legacy');
  const status = async () => (await rows('snapshots', 'list')).find(({ id }) => id === 'made')?.['status'];
  await until(async () => (await status()) === 'created');
  expect(await status()).toBe('created');
  const file = join(home, 'made.zip');
  await client('snapshots', 'download', 'made', '-o', file);
  const { size, sha256 } = await manager.archiveDigest('made');
  const bytes = await readFile(file);
  expect([bytes.length, sha256Of(bytes)]).toEqual([size, sha256]);
});

test('a snapshot: uploaded, the bytes are those of the file; restored to the end', async () => {
  const file = join(home, 'made.zip');
  await client('snapshots', 'upload', file, '-s', 'given');
  const { size, sha256 } = await manager.archiveDigest('given');
  const bytes = await readFile(file);
  expect([size, sha256]).toEqual([bytes.length, sha256Of(bytes)]);
  expect((await rows('snapshots', 'list')).find(({ id }) => id === 'given')).toMatchObject({ status: 'uploaded' });

  expect(await client('snapshots', 'restore', 'given', '--force')).toMatch(/Restor/);
  const said: string[] = [];
  await until(async () => {
    said.push(await client('snapshots', 'status'));
    return manager.state.executions.at(-1)?.status === 'terminated';
  });
  expect(said.at(0)).toMatch(/restore/i);
  expect(await client('snapshots', 'status')).toMatch(/No snapshot is currently being restored/);
  expect(manager.state.executions.at(-1)).toMatchObject({ workflowId: 'restore_snapshot', status: 'terminated' });
});

test('what the manager refuses the client tells with the manager’s words', async () => {
  const refused = client('snapshots', 'restore', 'unknown').catch(({ stdout, stderr }) => `${stdout}${stderr}`);
  expect(await refused).toMatch(/404: Requested `Snapshot` with ID `unknown` was not found/);
});

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { type LesserStore, startLesserStore } from '../support/lesser-store.ts';
import { signing } from '../support/signing.ts';

const access = { accessKeyId: 'replica-test', secretAccessKey: 'replica-secret' };
let dir: string;
let clock: VirtualClock;
let first: LocalS3;
/** The copies, in a region of their own. */
let second: LocalS3;
let target: SimulatedManager;

const storeAt = (folder: string) => startLocalS3({ dir: join(dir, folder), access, now: clock.now });
const loginAt = (manager: SimulatedManager) => [
  ...['--manager-url', manager.urls[0] ?? '', '--username', 'admin', '--password-file', join(dir, 'password')],
];

/** One backup in the first region; S3 copies every version under its id, as a copy of the folder does. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-replica-'));
  await writeFile(join(dir, 'password'), 'secret');
  clock = new VirtualClock();
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', access.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', access.secretAccessKey);
  first = await storeAt('first');
  const client = s3Client({ ...first.access, endpoint: first.url });
  await client.send(new CreateBucketCommand({ Bucket: 'backups' }));
  client.destroy();
  const source = await startSimulatedManager({ now: clock.now, password: 'secret', archive: { sizeBytes: 200_000 } });
  const exported = await offsite(first.url, 'export', ...loginAt(source));
  expect(exported).toMatchObject({ code: 0 });
  await source.close();
  target = await startSimulatedManager({ now: clock.now, password: 'secret', holds: 'nothing', restoreSeconds: 3 });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([second?.close(), target?.close()]);
  await rm(dir, { recursive: true, force: true });
});

async function offsite(url: string, ...words: string[]) {
  const said = { out: '', err: '' };
  const into = (stream: 'out' | 'err') => ({
    write: (text: string) => {
      said[stream] += text;
    },
  });
  const code = await main([...words, '--manager', 'm1', '--local', '--s3-endpoint', url, '--bucket', 'backups'], {
    out: into('out'),
    err: { ...into('err'), isTTY: false, columns: 100 },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: clock.now, sleep: async (ms: number) => clock.advance(ms / 1000) },
  });
  return { code, ...said };
}

test('show and status name a copy that S3 could not make', async () => {
  const headers = { 'x-amz-replication-status': 'FAILED' };
  const store: LesserStore = await startLesserStore(first.url, [{ asks: /^HEAD .*manifests/, headers }]);
  const shown = await offsite(store.url, 'show');
  expect(shown.out).toMatch(/^Copy +none: S3 could not copy it.*the-replication-does-not-copy\.md.*\(FAILED\)$/m);
  expect(JSON.parse((await offsite(store.url, 'show', '--json')).out)).toMatchObject({ replication: 'FAILED' });
  const status = await offsite(store.url, 'status');
  expect(status.out).toContain('its copy failed (replication)');
  const { managers } = JSON.parse((await offsite(store.url, 'status', '--json')).out);
  expect(managers).toMatchObject([{ manager: 'm1', archive: { replication: 'FAILED' } }]);
  await store.close();
  expect((await offsite(first.url, 'show')).out).not.toContain('Copy');
});

test('the first region is gone: the command line alone lists, verifies and restores from the copies', async () => {
  await first.close();
  await cp(join(dir, 'first'), join(dir, 'second'), { recursive: true });
  await rm(join(dir, 'first'), { recursive: true });
  second = await storeAt('second');
  expect((await offsite(second.url, 'list')).out).toContain('offsite-');
  expect(await offsite(second.url, 'verify', '--all')).toMatchObject({ code: 0 });
  const restored = await offsite(second.url, 'restore', '--json', ...loginAt(target));
  expect(restored.err).not.toContain('Error');
  expect({ code: restored.code, ...JSON.parse(restored.out) }).toMatchObject({ code: 0, outcome: 'succeeded' });
});

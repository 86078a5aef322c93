import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { memoryDisk } from '../support/run-folder.ts';

const DAY = 86_400;
const access = { accessKeyId: 'local', secretAccessKey: 'local' };
const clock = new VirtualClock('2026-11-20T02:00:00.000Z');
let dir: string;
/** Two stores: the first without locks, the second with Object Lock. */
let stores: [LocalS3, LocalS3];
let clients: [S3Client, S3Client];
const BUCKETS = ['plain', 'locked'] as const;

beforeAll(async () => {
  dir = await mkdtemp(join(memoryDisk(), 'offsite-buckets-'));
  await writeFile(join(dir, 'password'), 'secret');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', access.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', access.secretAccessKey);
  const start = async (at: 0 | 1) => await startLocalS3({ dir: join(dir, BUCKETS[at]), access, now: clock.now });
  stores = [await start(0), await start(1)];
  const open = (at: 0 | 1) => s3Client({ ...stores[at].access, endpoint: stores[at].url });
  clients = [open(0), open(1)];
  await clients[0].send(new CreateBucketCommand({ Bucket: BUCKETS[0] }));
  await clients[1].send(new CreateBucketCommand({ Bucket: BUCKETS[1], ObjectLockEnabledForBucket: true }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const client of clients) client.destroy();
  for (const store of stores) await store.close();
  await rm(dir, { recursive: true, force: true });
});

const offsite = async (line: string) => {
  const shown = await commandLine(line.split(' '), { terminal: { clock } });
  return { ...shown, said: `${shown.err}${shown.out}` };
};
const from = (at: 0 | 1) => `--bucket ${BUCKETS[at]} --s3-endpoint ${stores[at].url}`;
const to = (at: 0 | 1) => `--to-bucket ${BUCKETS[at]} --to-s3-endpoint ${stores[at].url}`;

async function configured(config: object): Promise<string> {
  const file = join(dir, 'target.json');
  await writeFile(file, JSON.stringify({ version: 2, managers: [{ id: 'm1' }], ...config }));
  return file;
}

async function exported(): Promise<string> {
  const common = { password: 'secret', createSeconds: 0, now: clock.now, archive: { sizeBytes: 200_000 } };
  const manager = await startSimulatedManager(common);
  const login = `--manager-url ${manager.urls[0]} --username admin --password-file ${dir}/password`;
  const { code, out, said } = await offsite(`export --local --json --manager m1 ${login} ${from(0)}`);
  await manager.close();
  expect(code, said).toBe(0);
  return JSON.parse(out).snapshot;
}

/** The embedded store does not know locks: what would be sent to it. */
function locksSent(): PutObjectRetentionCommand['input'][] {
  const sent: PutObjectRetentionCommand['input'][] = [];
  const send = S3Client.prototype.send as (...args: unknown[]) => Promise<unknown>;
  vi.spyOn(S3Client.prototype, 'send').mockImplementation(async function (this: S3Client, ...args: unknown[]) {
    if (args[0] instanceof GetObjectLockConfigurationCommand)
      return { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } };
    if (!(args[0] instanceof PutObjectRetentionCommand)) return await send.apply(this, args);
    sent.push(args[0].input);
    return {};
  });
  return sent;
}

const holdOf = async (Key: string) =>
  (await clients[1].send(new GetObjectLegalHoldCommand({ Bucket: BUCKETS[1], Key })).catch(() => undefined))?.LegalHold
    ?.Status;

test('bucket to bucket and back: each is verified, and locks and holds are those of the target, from the day of the copy', async () => {
  const first = await exported();
  clock.advance(3 * DAY);
  const second = await exported();
  expect(await offsite(`keep ${first} --local --manager m1 --forever ${from(0)}`)).toMatchObject({ code: 0 });
  clock.advance(30 * DAY);
  const rules = await configured({ storage: { objectLock: { days: 12 } } });
  const lockless = await offsite(`copy --local --manager m1 ${from(0)} ${to(1)} --to-config ${rules}`);
  expect([lockless.code, lockless.said]).toEqual([2, expect.stringContaining('Bucket locked has no Object Lock')]);
  const locks = locksSent();
  const there = await offsite(`copy --local --manager m1 --json ${from(0)} ${to(1)} --to-config ${rules}`);
  vi.restoreAllMocks();
  expect(there.code, there.said).toBe(0);
  const { archives } = JSON.parse((await offsite(`list --local --json ${from(1)}`)).out);
  expect(archives.map(({ snapshot }: { snapshot: string }) => snapshot)).toEqual([first, second]);
  for (const { snapshot, key } of archives) {
    expect((await holdOf(key)) === 'ON', snapshot).toBe(snapshot === first);
    const [lock] = locks.filter(({ Key }) => Key === key);
    const days = ((lock?.Retention?.RetainUntilDate?.getTime() ?? 0) - clock.now().getTime()) / (DAY * 1000);
    expect([lock?.Bucket, lock?.Retention?.Mode, Math.round(days)], snapshot).toEqual(['locked', 'GOVERNANCE', 12]);
  }
  expect(await offsite(`verify --local --all ${from(1)}`)).toMatchObject({ code: 0 });
  // And back, to another bucket of the first store, of which the target has no lock.
  await clients[0].send(new CreateBucketCommand({ Bucket: 'back' }));
  const back = await offsite(`copy --local --all ${from(1)} --to-bucket back --to-s3-endpoint ${stores[0].url}`);
  expect([back.code, back.out]).toEqual([0, expect.stringContaining('2 copied and verified')]);
  const place = `--bucket back --s3-endpoint ${stores[0].url}`;
  expect(await offsite(`verify --local --all ${place}`)).toMatchObject({ code: 0 });
  expect(JSON.parse((await offsite(`list --local --json ${place}`)).out).archives).toMatchObject([
    { snapshot: first, kept: true },
    { snapshot: second, kept: false },
  ]);
});

test('from the bucket of a stack in AWS: to a folder and to another store, and never onto itself', async () => {
  const world = await DeployedWorld.start();
  try {
    expect(await world.offsite('export --manager m1 --wait')).toMatchObject({ code: 0 });
    const now = world.clock.now();
    const [{ snapshot }] = JSON.parse((await world.offsite('list --json')).out).archives;
    const folder = join(dir, 'of-aws');
    const copied = await world.offsite(`copy --all --to ${folder}`, { now });
    expect([copied.code, copied.out], copied.err).toEqual([0, expect.stringContaining('1 copied and verified')]);
    expect(await world.offsite(`verify --local --all --from ${folder}`, { now })).toMatchObject({ code: 0 });
    const { copiedFrom } = JSON.parse(
      (await world.offsite(`show --local --json --from ${folder}`, { now })).out,
    ).manifest;
    expect(copiedFrom).toMatchObject({ place: 's3://offsite', signedBy: expect.any(String) });
    const other = `--to-bucket ${BUCKETS[0]} --to-s3-endpoint ${stores[0].url}`;
    const elsewhere = await world.offsite(`copy m1/${snapshot} ${other}`, { now });
    expect([elsewhere.code, elsewhere.out], elsewhere.err).toEqual([0, expect.stringContaining('1 copied and')]);
    const itself = await world.offsite('copy --all --to-bucket offsite', { now });
    expect([itself.code, itself.err]).toEqual([2, expect.stringContaining('The archives are in that very place')]);
  } finally {
    await world.stop();
  }
});

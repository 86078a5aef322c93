import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { RunReport } from '../../lib/export/contract.ts';
import type { SimulatedManager } from '../../simulator/manager/server.ts';
import { call, offsite } from './call.ts';
import { deploy, OLDER, older, today } from './deploy.ts';
import { Deployment } from './deployment.ts';

/** A bucket, a key or a secret that is another one after the upgrade is lost to the installation. */
const STATEFUL = ['S3::Bucket', 'KMS::Key', 'SecretsManager::Secret', 'SNS::Topic', 'SQS::Queue', 'Logs::LogGroup'].map(
  (type) => `AWS::${type}`,
);
/** What people have put into other places: names and ARNs of schedules, policies and alarms of their own. */
const NAMED = ['AWS::StepFunctions::StateMachine', 'AWS::Lambda::Function'];

const night = (daysAgo: number) =>
  `${new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)}T03:30:00Z`;
const OLDEST = snapshotIdAt(new Date(night(9)));
const SECOND = snapshotIdAt(new Date(night(8)));
const DURING = snapshotIdAt(new Date(night(7)));

let aws: Deployment;
/** As they were before the upgrade. */
let places: Record<string, string>;
let archives: Stored[];

interface Stored {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Type and logical id of all that must stay what it is, with its physical id. */
async function physical(): Promise<Record<string, string>> {
  const { StackResources } = await call(aws.emulator, 'cloudformation', 'DescribeStackResources', {
    StackName: 'offsite',
  });
  const kept = (StackResources as Record<string, string>[]).filter(({ ResourceType }) =>
    [...STATEFUL, ...NAMED].includes(ResourceType ?? ''),
  );
  return Object.fromEntries(
    kept.map((one) => [`${one['ResourceType']} ${one['LogicalResourceId']}`, one['PhysicalResourceId'] ?? '']),
  );
}

async function stored(): Promise<Stored[]> {
  const { Versions } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket: aws.bucket, Prefix: 'archives/' }));
  return await Promise.all(
    (Versions ?? []).map(async ({ Key = '', VersionId = '', Size = 0 }) => {
      const { TagSet } = await aws.s3.send(new GetObjectTaggingCommand({ Bucket: aws.bucket, Key, VersionId }));
      const tags = Object.fromEntries((TagSet ?? []).map(({ Key: name, Value }) => [name, Value ?? '']));
      return { key: Key, version: VersionId, size: Size, tags };
    }),
  );
}

async function exported(input: object): Promise<RunReport> {
  const ended = await aws.run('export', { manager: 'prod', ...input });
  expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
  return RunReport.parse(ended.output);
}

async function json(...words: string[]) {
  const { code, stdout, stderr } = await offsite(aws.emulator, [...words, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** In the place of a manager, something that answers nothing, so that a function is waiting for it at any time. */
async function silenced(manager: SimulatedManager) {
  const connections = new Set<Socket>();
  const server = createServer((socket) => connections.add(socket.on('error', () => undefined)));
  await manager.stopNode(0);
  await once(server.listen(Number(new URL(manager.urls[0] ?? '').port), '127.0.0.1'), 'listening');
  return {
    end: async () => {
      for (const socket of connections) socket.destroy();
      await once(server.close(), 'close');
      await manager.startNode(0);
    },
  };
}

beforeAll(async () => {
  aws = await Deployment.start(older);
  await Promise.all([aws.storeSecret('prod'), aws.storeSecret('standby')]);
  for (const scheduledTime of [night(9), night(8)]) await exported({ scheduledTime });
  const verified = await aws.run('verify', { all: true });
  expect(verified.status, verified.history).toBe('SUCCEEDED');
  places = await physical();
  archives = await stored();
}, 400_000);
afterAll(async () => await aws?.stop());

describe('an installation of 0.1.0 with archives in it', () => {
  test('takes the deployment of today, while one of its exports runs', async () => {
    const app = await today(JSON.parse(await readFile(join(OLDER, 'offsite.json'), 'utf8')))(aws.emulator);
    const { prod } = aws.managers;
    // It is in the middle when the functions change: the manager takes connections and says nothing until the deployment is over.
    const asked = Promise.withResolvers<void>();
    const running = aws.run('export', { manager: 'prod', scheduledTime: night(7) }, (states) => {
      if (states.includes('WaitForSnapshot')) asked.resolve();
    });
    await asked.promise;
    const silent = await silenced(prod);
    const { BucketName } = await deploy(aws.emulator, app);
    await silent.end();
    expect(BucketName).toBe(aws.bucket);
    const ended = await running;
    expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
    expect(RunReport.parse(ended.output)).toMatchObject({ outcome: 'succeeded', snapshot: DURING });
  }, 400_000);

  test('keeps every bucket, key, secret, topic, queue and log, and what others know by name', async () => {
    expect(Object.keys(places).length).toBeGreaterThan(30);
    expect(await physical()).toMatchObject(places);
  });

  test('keeps every version of every archive, and what is marked on it, which lifecycle rules still know', async () => {
    expect(archives.length).toBe(2);
    expect(await stored()).toEqual(expect.arrayContaining(archives));
    const { Rules } = await aws.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: aws.bucket }));
    // Nothing but a class that retention gives expires an archive, and an older archive has none of others.
    const expiring = (Rules ?? []).filter(({ Expiration }) => Expiration?.Days !== undefined);
    const ruled = expiring.flatMap(({ Filter }) =>
      [Filter?.Tag, ...(Filter?.And?.Tags ?? [])].flatMap((tag) => tag ?? []),
    );
    expect(ruled.map(({ Value }) => Value)).toEqual(expect.arrayContaining(['daily', 'weekly', 'monthly', 'yearly']));
    for (const { tags } of archives) expect(['held', 'daily', 'weekly', 'monthly', 'yearly']).toContain(tags['expire']);
  });

  test('lists and shows them, each verified', async () => {
    const listed = await json('list', '--manager', 'prod');
    expect(listed).toMatchObject({ unreadable: [] });
    expect(listed.archives.map(({ snapshot }: { snapshot: string }) => snapshot)).toEqual([OLDEST, SECOND, DURING]);
    expect(await json('show', `prod/${OLDEST}`)).toMatchObject({ mark: { result: 'sound' } });
  });

  test('verifies them again', async () => {
    const ended = await aws.run('verify', { all: true });
    expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
  });

  test('keeps one for ever, which retention then leaves', async () => {
    await json('keep', OLDEST, '--manager', 'prod', '--forever', '--reason', 'the state before the upgrade');
    const next = await exported({ scheduledTime: night(2) });
    expect(next).toMatchObject({ outcome: 'succeeded', archive: { memberCount: expect.any(Number) } });
    const [oldest] = (await stored()).filter(({ key }) => key.includes(OLDEST));
    expect(oldest?.tags).toEqual({ expire: 'kept' });
  });

  test('restores the one that the older functions stored', async () => {
    const ended = await aws.run('restore', { manager: 'standby', sourceManager: 'prod', archive: SECOND });
    expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
    const { prod, standby } = aws.managers;
    expect(standby.state.content.users).toBe(prod.state.content.users);
  });

  test('is reconciled as its schedule says: nothing is odd but the nights that these tests left out', async () => {
    const { Target } = await call(aws.emulator, 'scheduler', 'GetSchedule', {
      ...{ Name: 'prod-reconcile', GroupName: 'offsite' },
    });
    expect(Target.Arn).toMatch(/:stateMachine:offsite-reconcile$/);
    const input = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', new Date().toISOString()));
    const ended = await aws.run('reconcile', input);
    expect(ended.status, ended.history).toBe('SUCCEEDED');
    const { findings } = ended.output as { findings: { kind: string }[] };
    expect(findings.filter(({ kind }) => kind !== 'MissingNight')).toEqual([]);
  });
});

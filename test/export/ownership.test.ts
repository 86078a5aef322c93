import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { lifeOfProcess, thisProcess } from '../../lib/base/process-identity.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { compareNodes, type HealthyNode, probeAll } from '../../lib/manager/node-probe.ts';
import { World } from '../support/world.ts';

let world: World;
afterEach(async () => await world?.stop());

const night = (day: number) => `2026-11-${day}T02:00:00.000Z`;

test.each(['archives', 'offsite', 'cloudify', 'manifest'])(
  'a password that is the everyday word "%s" blanks out no key and no schema',
  async (password) => {
    world = await World.start({ manager: { password }, secret: { password } });
    const result = await world.run({ scheduledTime: night(22) });
    expect(result.outcome.status).toBe('SUCCEEDED');
    const [manifest] = await world.manifests();
    expect(manifest?.archive.key).toBe('archives/m1/2026/11/offsite-20261122T020000Z.zip');
    expect(JSON.parse(await world.text('runs/m1/offsite-20261122T020000Z.json'))).toMatchObject({
      schema: 'cloudify-offsite/run/1',
      state: 'succeeded',
    });
  },
);

test('a snapshot adopted a week later is dated by when it was made: the manifest must not claim to be current', async () => {
  world = await World.start();
  const first = await world.run({ scheduledTime: night(22), kill: { step: 'PlanTransfer', when: 'before' } });
  const made = world.manager.state.snapshots[0]?.createdAt;
  expect(first.outcome.status).toBe('FAILED');
  world.clock.advance(7 * 86_400);
  const again = await world.run({ scheduledTime: night(22) });
  expect(again.outcome.status).toBe('SUCCEEDED');
  const [manifest] = await world.manifests();
  expect(made).toBeDefined();
  expect(manifest?.times.snapshotRequested).toBe(new Date(made ?? 0).toISOString());
});

test('a manifest whose archive is gone is no licence to delete the copy on the manager', async () => {
  world = await World.start();
  await world.run({ scheduledTime: night(20) });
  const [manifest] = await world.manifests();
  const { key, versionId } = manifest?.archive ?? { key: '', versionId: '' };
  await world.client.send(
    new DeleteObjectCommand({ Bucket: world.bucket, Key: key, VersionId: versionId ?? undefined }),
  );
  for (const day of [21, 22, 23]) {
    world.clock.advance(86_400);
    expect((await world.run({ scheduledTime: night(day) })).outcome.status).toBe('SUCCEEDED');
  }
  const left = world.manager.state.snapshots.map((row) => row.id).sort();
  expect(left).toContain('offsite-20261120T020000Z');
  expect(left).not.toContain('offsite-20261121T020000Z');
});

test('a manifest whose archive is gone does not stand in the way of its night: it is made again', async () => {
  world = await World.start();
  await world.run({ scheduledTime: night(22) });
  const [first] = await world.manifests();
  const { key, versionId } = first?.archive ?? { key: '', versionId: '' };
  await world.client.send(
    new DeleteObjectCommand({ Bucket: world.bucket, Key: key, VersionId: versionId ?? undefined }),
  );
  const run = { ...JSON.parse(await world.text('runs/m1/offsite-20261122T020000Z.json')), state: 'failed' };
  const record = { Bucket: world.bucket, Key: 'runs/m1/offsite-20261122T020000Z.json', Body: JSON.stringify(run) };
  await world.client.send(new PutObjectCommand(record));
  expect((await world.run({ scheduledTime: night(22) })).outcome.status).toBe('SUCCEEDED');
  const [second] = await world.manifests();
  expect(second?.archive.versionId).not.toBe(versionId);
});

test('a worker that dies between "created" and the end of its execution does not cost the night', async () => {
  world = await World.start();
  const before = (step: string) => {
    if (step !== 'CheckSnapshot') return;
    for (const row of world.manager.state.executions) {
      if (row.workflowId === 'create_snapshot') world.manager.state.setExecutionStatus(row, 'started', '');
    }
  };
  const started = world.clock.now().getTime();
  const result = await world.run({ scheduledTime: night(22), before });
  expect(result.outcome.status).toBe('SUCCEEDED');
  expect(world.clock.now().getTime() - started).toBeLessThan(30 * 60_000);
});

test('a busy cluster, where something new comes between two questions, is no split brain; a stranger is', async () => {
  world = await World.start({ manager: { nodes: 2 } });
  const deps = localDeps(world.parts(new AbortController().signal));
  const [older, newer] = ['older', 'newer'].map(() => {
    world.clock.advance(1);
    return world.manager.state.addExecution({ workflowId: 'install', status: 'started' }).id;
  });
  const nodes = await probeAll(await deps.managers.nodes('m1'));
  const healthy = nodes.flatMap((result) => ('healthy' in result ? [result.healthy] : []));
  const showing = (execution: string | undefined) => (node: HealthyNode, index: number) =>
    index === 0 ? { ...node, shown: { ...node.shown, execution } } : node;
  expect(healthy.map((node) => node.shown.execution)).toEqual([newer, newer]);
  const between = healthy.map(showing(older));
  await compareNodes('m1', between, async () => between);
  const stranger = healthy.map(showing('0f0f0f0f-0000-0000-0000-000000000000'));
  await expect(compareNodes('m1', stranger, async () => stranger)).rejects.toThrow('show different nodes');
  await deps.close();
});

test('whether a process lives is told within its own place only, and its number alone is not believed', () => {
  const own = thisProcess();
  expect(lifeOfProcess(own)).toBe('running');
  expect(lifeOfProcess({ ...own, place: `${own.place}-of-another-container` })).toBe('unknown');
  expect(lifeOfProcess({ ...own, pid: 2 ** 22 + 1 })).toBe('ended');
  if (own.began !== '-') expect(lifeOfProcess({ ...own, began: '1' })).toBe('ended');
});

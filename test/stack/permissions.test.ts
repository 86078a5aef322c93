import { CreateMultipartUploadCommand, DeleteObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { GRANTS } from '../../lib/cdk/grants.ts';
import { ReconcileReport } from '../../lib/reconcile/contract.ts';
import { steps } from '../../lib/workflow/steps.ts';
import { manager } from '../support/breakages.ts';
import { Nights } from '../support/nights.ts';
import { allows, PLACES, underPolicy } from '../support/policy.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';
import { RestoreWorld } from '../support/restore-world.ts';

const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

describe('what the table grants is enough, with storage that refuses everything else', () => {
  test('for night after night, and for one that is delivered twice', async () => {
    const nights = await Nights.begin();
    running.push(nights);
    const { refused, run } = underPolicy(nights.world);
    for (let night = 0; night < 5; night++) {
      nights.world.sleepTillTomorrow();
      await nights.play({ name: `night ${night}`, run, ends: 'SUCCEEDED' });
    }
    await nights.again({ run, messages: 0 }, nights.world.snapshotOfRun);
    expect(refused).toEqual([]);
  });

  test.each<[StepName]>([['CreateSnapshot'], ['CopySpan'], ['CompleteTransfer'], ['VerifySpan'], ['RecordArchive']])(
    'for a night that dies in %s, and the one that takes it over',
    async (step) => {
      const nights = await Nights.begin();
      running.push(nights);
      const { world } = nights;
      const { refused, run } = underPolicy(world);
      world.sleepTillTomorrow();
      const dead = await world.run({ ...run, kill: { step, when: 'after' } });
      expect(dead.outcome.status).toBe('FAILED');
      await nights.again({ run }, world.snapshotOfRun);
      expect(refused).toEqual([]);
    },
  );

  test('for a night whose archive somebody has removed behind its manifest', async () => {
    const nights = await Nights.begin();
    running.push(nights);
    const { world } = nights;
    world.sleepTillTomorrow();
    await world.run({ kill: { step: 'RecordArchive', when: 'after' } });
    const manifest = (await world.manifests()).find(({ snapshot }) => snapshot.id === world.snapshotOfRun);
    const { key: Key, versionId: VersionId } = manifest?.archive ?? {};
    await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key, VersionId: VersionId ?? undefined }));
    const { refused, used, run } = underPolicy(world);
    await nights.again({ run }, world.snapshotOfRun);
    expect(refused).toEqual([]);
    expect(used).toContain('ClaimRun s3:DeleteObject');
  });

  test('for a night that fails, and cleans up', async () => {
    // One span: others would go on while clean-up is at work, and be taken for it.
    const nights = await Nights.begin({ settings: { spanSize: 1024 ** 2 } });
    running.push(nights);
    const { refused, used, run } = underPolicy(nights.world);
    nights.world.sleepTillTomorrow();
    await nights.play({
      name: 'the manager answers 500 to every copy',
      broken: manager('serverError', { status: 500 }, { step: 'CopySpan' }),
      run,
      ends: 'ManagerUnavailable',
    });
    expect(refused).toEqual([]);
    expect(used).toContain('RemoveUnverified s3:AbortMultipartUpload');
  });

  test('for a restore', async () => {
    const both = await RestoreWorld.start();
    running.push(both);
    const { refused, run } = underPolicy(both.world);
    const { outcome } = await both.restore({}, run);
    expect(outcome.status).toBe('SUCCEEDED');
    expect(refused).toEqual([]);
  });

  test('for a reconciliation that repairs tags and open uploads', async () => {
    const both = await ReconcileWorld.start(3);
    running.push(both);
    const { world } = both;
    const { archive: Key } = both.keys(0);
    await world.client.send(new CreateMultipartUploadCommand({ Bucket: world.bucket, Key }));
    await world.client.send(new PutObjectTaggingCommand({ Bucket: world.bucket, Key, Tagging: { TagSet: [] } }));
    both.till(10);
    world.clock.advance(60 * 3600);
    const { refused, used, run } = underPolicy(world);
    const input = { manager: 'm1' };
    const { outcome } = await world.run({
      machine: 'reconcile',
      input,
      parts: { ...run.parts, rulesOf: () => NIGHTLY },
    });
    expect(refused).toEqual([]);
    const report = ReconcileReport.parse('output' in outcome && outcome.output);
    expect(report.findings.filter(({ repair }) => repair === 'failed')).toEqual([]);
    expect([...used]).toEqual(
      expect.arrayContaining(['Reconcile s3:AbortMultipartUpload', 'Reconcile s3:PutObjectVersionTagging']),
    );
  });

  test('for a verification', async () => {
    const nights = await Nights.begin();
    running.push(nights);
    const { refused, run } = underPolicy(nights.world);
    const { outcome } = await nights.world.run({ ...run, machine: 'verify', input: { all: true } });
    expect(outcome.status).toBe('SUCCEEDED');
    expect(refused).toEqual([]);
  });
});

describe('what the table does not grant', () => {
  test('a step that copies can neither read, nor delete, nor write beside the archives', () => {
    for (const action of ['s3:GetObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging'])
      expect(allows('CopySpan', action, `${PLACES.bucket}/archives/m1/2026/11/a.zip`), action).toBe(false);
    expect(allows('CopySpan', 's3:PutObject', `${PLACES.bucket}/manifests/m1/2026/11/a.json`)).toBe(false);
  });

  test('only the two steps that clear away what no manifest names can remove a version of an archive', () => {
    const can = (Object.keys(steps) as StepName[]).filter((step) =>
      allows(step, 's3:DeleteObjectVersion', `${PLACES.bucket}/archives/m1/2026/11/a.zip`),
    );
    expect(can.sort()).toEqual(['ClaimRun', 'RemoveUnverified']);
  });

  test('nothing changes the bucket itself, and no action is a wildcard', () => {
    const actions = Object.values(GRANTS).flatMap((grants) =>
      grants({ ...PLACES, inVpc: true }).flatMap((one) => one.actions),
    );
    for (const action of actions) {
      expect(action).not.toContain('*');
      expect(action).not.toMatch(
        /s3:(Put|Delete)Bucket|s3:PutLifecycle|s3:BypassGovernanceRetention|:Create(?!NetworkInterface)/,
      );
    }
  });
});

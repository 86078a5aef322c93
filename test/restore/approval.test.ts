import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Approval, ApprovalUse } from '../../lib/approval/records.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { contentOf } from '../../simulator/manager/archive-factory.ts';
import { approver, decideOn, legacy, PRODUCTION, play, waiting } from '../support/approvals.ts';
import { canary } from '../support/canary.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { playIn } from '../support/restores.ts';
import { listenIn, serve, withRanges } from '../support/web-server.ts';

const uploads = ({ target }: RestoreWorld) => target.state.snapshots.length;

test('waits, tells people once, and restores what was approved; the report says who approved it', async () => {
  await play(legacy, (both) => ({
    name: 'approved',
    input: { force: true, reason: 'after the fire' },
    run: {
      before: async (step, call) => {
        if (step !== 'CheckApproval' || call !== 3) return;
        expect(uploads(both), 'nothing is uploaded before').toBe(0);
        const decided = await decideOn(both, { reason: 'ticket 4711', by: 'arn:aws:iam::111122223333:user/ann' });
        expect(decided.outcome).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'approve' } });
        expect(decided.published.map(({ subject }) => subject)).toEqual(['cloudify-offsite: restore of m2 approved']);
      },
    },
    ends: 'SUCCEEDED',
    messages: 2,
    also: async (_, { published, execution }, evidence) => {
      const { what, digest } = await waiting(both);
      expect(published[0]).toMatchObject({
        subject: 'cloudify-offsite: restore of m2 waits for approval',
        body: {
          outcome: 'waiting',
          message: expect.stringMatching(/overwrite manager m2, which holds 3 tenants/),
          reason: 'after the fire',
          command: `offsite approve ${what.restore} --manager m2`,
          console: { input: { manager: 'm2', restore: what.restore, request: digest } },
        },
      });
      expect(evidence).toMatchObject({
        state: 'succeeded',
        approval: { by: { claimed: 'arn:aws:iam::111122223333:user/ann' }, reason: 'ticket 4711', breakGlass: null },
      });
      const { prepare, approval = 0, upload, restore, verify } = evidence?.phases ?? {};
      expect(approval).toBeGreaterThan(5);
      const sum = [prepare, approval, upload, restore, verify].reduce<number>((all, one) => all + (one ?? 0), 0);
      expect(sum).toBe(evidence?.rtoSeconds);
      const use = ApprovalUse.parse(JSON.parse(await both.world.text(`approval-uses/m2/${what.restore}.json`)));
      expect(use).toMatchObject({ execution, digest });
      expect(evidence?.approval).toMatchObject({ request: digest, usedAt: use.usedAt });
    },
  }));
});

test('the right to start a restore alone replaces nothing: refused before any upload, the old password is good', async () => {
  const both = await RestoreWorld.start({ ...legacy, rules: { approvalHours: 1 } });
  const key = (await both.world.files('archives'))[0] ?? '';
  const attacker = await serve(withRanges(() => archive));
  const archive = await readFile(`${both.world.dir}/offsite/${key}`);
  const proxy = await listenIn(() => both.target.urls[0] ?? '');
  Object.assign(both.world.secret, { endpoints: [proxy.url] });
  await playIn(both, {
    name: 'C2',
    input: { sourceManager: undefined, archiveUrl: `${attacker.url}/prod.zip`, force: true },
    ends: 'ApprovalExpired',
    says: /No approver approved restore .* of manager m2 until .* m2 is as it was/,
    messages: 2,
  });
  const changed = proxy.heard.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  expect(changed, 'nothing is asked of the manager but what it holds').toEqual([]);
  const authorization = `Basic ${Buffer.from(`admin:${canary.password}`).toString('base64')}`;
  const login = await fetch(`${both.target.urls[0]}/api/v3.1/status`, { headers: { authorization } });
  expect(login.status).toBe(200);
  await Promise.all([proxy.close(), attacker.close(), both.stop()]);
});

describe('the report has of an approval what is signed, and says what was changed meanwhile', () => {
  const atTheEnd = (both: () => RestoreWorld, change: (restore: string) => Promise<unknown>) => ({
    before: async (step: StepName, call: number) => {
      await approver(both).before?.(step, call);
      if (step === 'RecordRestore') await change((await waiting(both())).what.restore);
    },
  });
  const usual = { name: 'changed', input: { force: true }, ends: 'SUCCEEDED', messages: 2 } as const;

  test.each<[string, string | null]>([
    ['removed', null],
    ['of another execution', 'arn:other'],
  ])('the record of its use, %s', async (_, execution) => {
    await play(legacy, (both) => ({
      ...usual,
      run: atTheEnd(
        () => both,
        async (restore) => {
          const key = `approval-uses/m2/${restore}.json`;
          const use = JSON.parse(await both.world.text(key)) as object;
          if (execution === null) await rm(join(both.world.dir, both.world.bucket, key));
          else await both.world.put(key, JSON.stringify({ ...use, execution }));
        },
      ),
      also: async (_both, _result, evidence) => {
        const { digest } = await waiting(both);
        expect(evidence?.approval).toMatchObject({ request: digest, usedAt: null });
        expect(evidence?.notes[0]).toMatch(
          /^approval-uses\/m2\/\S+ does not say that this restore used its approval\. Find/,
        );
      },
    }));
  });

  test('the approval itself, edited by somebody without the key', async () => {
    await play(legacy, (both) => ({
      ...usual,
      run: atTheEnd(
        () => both,
        async (restore) => {
          const key = `approvals/m2/${restore}.json`;
          const approval = JSON.parse(await both.world.text(key)) as { by: object };
          const by = { ...approval.by, claimed: 'arn:aws:iam::111122223333:user/eve' };
          await both.world.put(key, JSON.stringify({ ...approval, by }));
        },
      ),
      also: (_both, _result, evidence) => {
        expect(evidence?.approval).toBeUndefined();
        expect(evidence?.notes[0]).toMatch(/^No genuine approval of this restore is recorded: /);
      },
    }));
  });
});

test('rejected: ends at once, with the reason, and the next restore may begin', async () => {
  await play(legacy, (both) => ({
    name: 'rejected',
    input: { force: true },
    run: approver(() => both, { decision: 'reject', reason: 'not before Monday' }),
    ends: 'ApprovalRefused',
    says: /was rejected at .* \(not before Monday\).* m2 is as it was/,
    messages: 2,
    also: () => expect(uploads(both)).toBe(0),
  }));
});

test('under the break-glass rule everybody hears of it, and the report keeps the reason', async () => {
  await play(legacy, (both) => ({
    name: 'break glass',
    input: { force: true },
    run: {
      before: async (step, call) => {
        if (step !== 'CheckApproval' || call !== 2) return;
        const { published } = await decideOn(both, { breakGlass: 'nobody else can be reached' });
        expect(published[0]?.subject).toBe('cloudify-offsite: BREAK-GLASS: restore of m2 approved');
        expect(published[0]?.body['message']).toMatch(/nobody else can be reached/);
      },
    },
    ends: 'SUCCEEDED',
    messages: 2,
    also: (_both, _result, evidence) =>
      expect(evidence?.approval).toMatchObject({ breakGlass: 'nobody else can be reached' }),
  }));
});

describe('waits for nobody', () => {
  const asked = async (both: RestoreWorld) => expect(await both.world.files('approval-requests')).toEqual([]);
  test.each<[string, RestoreWorldOptions, Record<string, unknown>]>([
    ['an empty manager', { rules: { approvalHours: 24 } }, {}],
    ['without approval in the configuration', { ...legacy, rules: {} }, { force: true }],
    ['a drill on a target of drills', { ...legacy, secret: { drillTarget: true } }, { force: true, purpose: 'drill' }],
  ])('%s', async (name, world, input) => {
    await play(world, () => ({ name, input, ends: 'SUCCEEDED', holds: 'anything', also: asked }));
  });

  test('a dry run: its plan says that the restore would wait', async () => {
    const both = await RestoreWorld.start(legacy);
    const { outcome } = await both.restore({ force: true, dryRun: true });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { plan: { needsApproval: true } } });
    await asked(both);
    await both.stop();
  });
});

test('a manager that was empty when it was looked at, and is not any more', async () => {
  await play({ ...PRODUCTION, target: {} }, (both) => ({
    name: 'filled',
    input: { force: true },
    during: async (_, step, call) => {
      if (step === 'StartRestore' && call === 1) both.target.state.content = await contentOf({}, ['somebody']);
    },
    ends: 'NotApproved',
    says: /holds 3 tenants, .*, and there is no approval/,
    also: () => expect(both.target.state.executions.filter(({ workflowId }) => /restore/.test(workflowId))).toEqual([]),
  }));
});

test('when people cannot be told, the restore waits all the same, and they are told later', async () => {
  let failures = 2;
  const told: string[] = [];
  await play(legacy, (both) => ({
    name: 'topic away',
    input: { force: true },
    run: {
      ...approver(() => both),
      publish: async (subject) => {
        if (failures-- > 0) throw Object.assign(new (await import('../../lib/base/errors.ts')).ReportFailed('away'));
        told.push(subject);
      },
    },
    ends: 'SUCCEEDED',
    messages: 0,
    also: () => expect(told[0]).toMatch(/waits for approval/),
  }));
});

test('a decision is one record, about exactly what was asked', async () => {
  await play(legacy, (both) => ({
    name: 'record',
    input: { force: true },
    run: approver(() => both),
    ends: 'SUCCEEDED',
    messages: 2,
    also: async () => {
      const { what, digest } = await waiting(both);
      const approval = Approval.parse(JSON.parse(await both.world.text(`approvals/m2/${what.restore}.json`)));
      expect(approval).toMatchObject({ decision: 'approve', what, digest });
    },
  }));
});

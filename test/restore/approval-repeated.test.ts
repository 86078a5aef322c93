import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { approver, legacy, play, waiting } from '../support/approvals.ts';
import { RestoreWorld } from '../support/restore-world.ts';

test('the archive that is approved is the one that was read: a damaged one is passed over before anybody is asked', async () => {
  const both = await RestoreWorld.start(legacy);
  await both.export();
  const newest = (await both.world.files('archives')).sort().at(-1) ?? '';
  const bytes = await both.world.bytes(newest);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0x10, bytes.length >> 1);
  await writeFile(join(both.world.dir, both.world.bucket, newest), bytes);
  const { outcome, published } = await both.restore(
    { force: true, skipDamaged: true },
    approver(() => both),
  );
  expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
  expect(published).toHaveLength(2);
  expect(await both.world.files('approval-requests')).toHaveLength(1);
  const { what } = await waiting(both);
  expect(what.archive.key).not.toBe(newest);
  expect((await both.evidence())[0]?.archive?.key).toBe(what.archive.key);
  await both.stop();
});

describe('each step of an approval done twice, because its answer was lost', () => {
  const lost = (step: StepName, call: number) => (done: StepName, calls: number) => {
    if (done !== step || calls !== call) return;
    throw Object.assign(new Error('the answer was lost'), { name: 'Sandbox.Timedout' });
  };

  test.each<[StepName, number]>([
    ['CheckApproval', 1],
    ['CheckApproval', 2],
    ['StartRestore', 1],
  ])('call of %s number %i', async (step, call) => {
    await play(legacy, (both) => ({
      name: step,
      input: { force: true },
      run: { ...approver(() => both), after: lost(step, call) },
      ends: 'SUCCEEDED',
      messages: 2,
      also: async (_both, _result, evidence) => {
        expect(evidence?.approval, 'who approved is not lost').toBeDefined();
        const asked = both.target.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'));
        expect(asked).toHaveLength(1);
      },
    }));
  });

  test('ApproveRestore', async () => {
    await play(legacy, (both) => ({
      name: 'ApproveRestore',
      input: { force: true },
      run: {
        before: async (step, call) => {
          if (step !== 'CheckApproval' || call !== 2) return;
          const { what, digest } = await waiting(both);
          const input = { manager: what.manager, restore: what.restore, request: digest };
          const decided = await both.world.run({ machine: 'approve', input, after: lost('ApproveRestore', 1) });
          expect(decided.outcome).toMatchObject({ status: 'SUCCEEDED' });
        },
      },
      ends: 'SUCCEEDED',
      messages: 2,
    }));
  });
});

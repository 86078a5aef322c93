import { afterEach, describe, expect, test } from 'vitest';
import type { Approval } from '../../lib/approval/records.ts';
import { approver, decideOn, legacy, waiting } from '../support/approvals.ts';
import { redriveOf } from '../support/redrive.ts';
import { type RestoreResult, RestoreWorld } from '../support/restore-world.ts';
import { signedText } from '../support/signing.ts';
import type { Kill } from '../support/virtual-run.ts';

/*
 * Somebody stops a restore (StopExecution) and redrives it: the execution goes on under its ARN and with its input, from
 * the state that had not ended. Whoever may redrive need not be who may approve.
 */
const INPUT = { manager: 'm2', sourceManager: 'm1', force: true };
const DAY = 24 * 3600;

let both: RestoreWorld;
afterEach(async () => await both.stop());

const asked = () => both.target.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'));

/** A restore that is stopped in that state. */
type Stop = readonly [state: string, kill: Kill];
const WAITING: Stop = ['WaitForApproval', { step: 'CheckApproval', call: 2, when: 'before' }];
const BEFORE_ASKING: Stop = ['StartRestore', { step: 'StartRestore', when: 'before' }];
const ANSWER_LOST: Stop = ['StartRestore', { step: 'StartRestore', when: 'after' }];
const RESTORING: Stop = ['WaitForRestore', { step: 'CheckRestore', when: 'before' }];

async function stopped([state, kill]: Stop): Promise<() => Promise<RestoreResult>> {
  both = await RestoreWorld.start(legacy);
  const approved = state === 'WaitForApproval' ? {} : approver(() => both);
  const aborted = await both.restore({ force: true }, { kill, ...approved });
  return async () => await both.restore({ force: true }, { redrive: redriveOf(aborted, state, INPUT) });
}

/** What one of our own functions would have signed, were it for another archive. */
async function approveAnother(): Promise<void> {
  const { what } = await waiting(both);
  const key = `approvals/m2/${what.restore}.json`;
  const { signature: _, ...approval } = JSON.parse(await both.world.text(key)) as Approval;
  const other = { ...what, archive: { ...what.archive, versionId: 'another' } };
  await both.world.put(key, await signedText(key, { ...approval, what: other }));
}

const refusal = (error: string, cause: RegExp) => ({
  outcome: { status: 'FAILED', error, cause: expect.stringMatching(cause) },
});

describe('with an approval that is good', () => {
  test('given while the execution was stopped: it is asked for once', async () => {
    const redrive = await stopped(WAITING);
    expect(await decideOn(both)).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(await redrive()).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(asked()).toHaveLength(1);
  });

  test.each([
    ['its answer was lost', ANSWER_LOST],
    ['it was at work', RESTORING],
  ])('used, and %s: it is not asked for again, and who approved is on record', async (_, stop) => {
    const redrive = await stopped(stop);
    expect(asked()).toHaveLength(1);
    expect(await redrive()).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(asked()).toHaveLength(1);
    expect((await both.evidence())[0]?.approval).toBeDefined();
  });

  test('redriven twice, it is asked for once', async () => {
    const redrive = await stopped(BEFORE_ASKING);
    expect(await redrive()).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    const { restore } = (await waiting(both)).what;
    both.target.state.executions.length = 0;
    expect(await redrive()).toMatchObject(refusal('TargetClaimed', /claimed by another/));
    await both.world.put('claims/m2.json', (await both.world.text('claims/m2.json')).replace('released', 'held'));
    expect(await redrive()).toMatchObject(refusal('NotApproved', new RegExp(`${restore} .* is over`)));
    expect(asked()).toHaveLength(1);
  });
});

describe('without one, nothing is asked of the manager', () => {
  test('nobody has decided: it waits on, and ends with its time', async () => {
    const redrive = await stopped(WAITING);
    expect(await redrive()).toMatchObject(refusal('ApprovalExpired', /No approver approved/));
    expect(asked()).toEqual([]);
  });

  test.each([
    ['while it waited', WAITING],
    ['right before it asked', BEFORE_ASKING],
  ])('one for another archive, stopped %s', async (_, stop) => {
    const redrive = await stopped(stop);
    if (stop === WAITING) await decideOn(both);
    await approveAnother();
    expect(await redrive()).toMatchObject(refusal('NotApproved', /archive differ/));
    expect(asked()).toEqual([]);
  });

  test.each([
    ['while it waited', WAITING],
    ['right before it asked', BEFORE_ASKING],
  ])('one that has expired, stopped %s', async (_, stop) => {
    const redrive = await stopped(stop);
    if (stop === WAITING) await decideOn(both);
    both.world.clock.advance(DAY);
    expect(await redrive()).toMatchObject(refusal('ApprovalExpired', /was good until/));
    expect(asked()).toEqual([]);
  });

  test('one that was used by this execution and has expired, when the manager has forgotten the restore', async () => {
    const redrive = await stopped(ANSWER_LOST);
    both.target.state.executions.length = 0;
    both.world.clock.advance(DAY);
    expect(await redrive()).toMatchObject(refusal('ApprovalExpired', /was good until/));
    expect(asked()).toHaveLength(1);
  });

  test('one that another execution has used', async () => {
    const redrive = await stopped(BEFORE_ASKING);
    const { what, digest } = await waiting(both);
    const { manager, restore } = what;
    const use = { schema: 'cloudify-offsite/approval-use/1', manager, restore, execution: 'arn:other', digest };
    const usedAt = both.world.clock.now().toISOString();
    await both.world.put(`approval-uses/m2/${restore}.json`, JSON.stringify({ ...use, usedAt }));
    expect(await redrive()).toMatchObject(refusal('NotApproved', /arn:other/));
    expect(asked()).toEqual([]);
  });
});

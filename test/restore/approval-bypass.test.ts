import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { handlersOf } from '../../lib/local/handlers.ts';
import type { InputOf } from '../../lib/workflow/contracts.ts';
import { approver, decideOn, waiting } from '../support/approvals.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { keyPair, signedText } from '../support/signing.ts';

/** m2 holds a manager's content, and a restore onto it needs an approval. */
const PRODUCTION: RestoreWorldOptions = {
  source: { archive: { format: 'legacy', sizeBytes: 120_000, seed: 7 } },
  target: { holds: 'archive', archive: { inventory: { tenants: 3, users: 5 }, seed: 3 } },
  rules: { approvalHours: 24 },
};
const rulesOf = () => ({ ...defaultRules, restoreFrom: ['m1'], approvalHours: 24 });

type Call = InputOf<'StartRestore'>;
type Edit = (call: Call) => unknown;

let both: RestoreWorld;
afterEach(async () => await both.stop());

/** What StartRestore would be handed by a restore that was stopped: right before it, or before anybody approved. */
async function stopped(approved: boolean): Promise<Call> {
  both = await RestoreWorld.start(PRODUCTION);
  const input = { manager: 'm2', sourceManager: 'm1', force: true };
  const step = approved ? 'StartRestore' : 'CheckApproval';
  const hooks = approved ? approver(() => both) : {};
  const { events, execution } = await both.restore({ force: true }, { kill: { step, when: 'before' }, ...hooks });
  const entered = events.find((event) => event.type === 'StateEntered' && event.state?.name === step);
  const { run, selection } = (entered?.state?.input ?? {}) as Pick<Call, 'run' | 'selection'>;
  return structuredClone({ input, run, selection, execution });
}

/** Calls the function by itself, as whoever has `lambda:InvokeFunction` can. */
async function invoke(step: 'StartRestore' | 'FindTarget', event: unknown): Promise<unknown> {
  const { signal } = new AbortController();
  const deps = localDeps({ ...both.world.parts(signal), otherSecrets: { m1: both.sourceSecret }, rulesOf });
  try {
    return await handlersOf(deps)[step](event);
  } finally {
    await deps.close();
  }
}

const asked = () => both.target.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'));
/** A person or a program without the key of the functions writes what they might have written. */
const forge = async (key: string, value: object) => await both.world.put(key, JSON.stringify(value));
/** One of our own functions goes wrong, or its key is stolen. */
const signed = async (key: string, value: object) => await both.world.put(key, await signedText(key, value));
const record = async (key: string) => JSON.parse(await both.world.text(key)) as Record<string, unknown>;

test('the approved restore itself is asked for, once, also when the function is called twice', async () => {
  const call = await stopped(true);
  await expect(invoke('StartRestore', call)).resolves.toMatchObject({ status: 'running', approval: { reason: null } });
  await expect(invoke('StartRestore', call)).resolves.toMatchObject({ status: 'running' });
  expect(asked()).toHaveLength(1);
});

test('an execution that has used its approval and lost the answer asks again', async () => {
  const call = await stopped(true);
  const { what, digest } = await waiting(both);
  const { manager, restore, execution } = what;
  const use = { schema: 'cloudify-offsite/approval-use/1', manager, restore, execution, digest };
  await both.world.put(
    `approval-uses/m2/${restore}.json`,
    JSON.stringify({ ...use, usedAt: both.world.clock.now().toISOString() }),
  );
  await expect(invoke('StartRestore', call)).resolves.toMatchObject({ status: 'running' });
});

describe('StartRestore called by itself, after an approval of something else', () => {
  test.each<[string, Edit, RegExp?]>([
    [
      'another version of the archive',
      ({ selection }) => Object.assign(selection, { versionId: 'another' }),
      /archive differ/,
    ],
    [
      'another archive',
      ({ selection }) => Object.assign(selection, { key: 'archives/m1/2026/11/x.zip' }),
      /archive differ/,
    ],
    ['other bytes', ({ selection }) => Object.assign(selection, { crc32: 'AAAAAA==' }), /archive differ/],
    ['certificates as well', ({ input }) => Object.assign(input, { restoreCertificates: true }), /options differ/],
    ['another reason', ({ input }) => Object.assign(input, { reason: 'other' }), /inputDigest differ/],
    [
      'as a drill',
      ({ input, run }) => [Object.assign(input, { purpose: 'drill' }), Object.assign(run, { purpose: 'drill' })],
    ],
    [
      'under the name of another restore',
      ({ run }) => Object.assign(run, { restore: '20261122T030000Z-00000000' }),
      /there is no approval/,
    ],
    ['as a restore of another manager', ({ run }) => Object.assign(run, { manager: 'm3' }), /claimed/],
  ])('%s', async (_, edit, says = /./) => {
    const call = await stopped(true);
    edit(call);
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({
      name: expect.stringMatching(/^(NotApproved|TargetClaimed)$/),
      message: expect.stringMatching(says),
    });
    expect(asked()).toEqual([]);
  });
});

test('StartRestore called by itself, without any approval, also with a plan that says that none is needed', async () => {
  const call = await stopped(false);
  await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'NotApproved' });
  await expect(invoke('StartRestore', { ...call, input: { ...call.input, purpose: 'drill' } })).rejects.toMatchObject({
    name: 'NotApproved',
  });
  expect(asked()).toEqual([]);
});

describe('an approval is not good for ever, nor twice', () => {
  test('a day after it was given', async () => {
    const call = await stopped(true);
    both.world.clock.advance(24 * 3600);
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'ApprovalExpired' });
    expect(asked()).toEqual([]);
  });

  test('used by another execution', async () => {
    const call = await stopped(true);
    const { what, digest } = await waiting(both);
    const usedAt = both.world.clock.now().toISOString();
    const { manager, restore } = what;
    const use = { schema: 'cloudify-offsite/approval-use/1', manager, restore, execution: 'arn:other', digest, usedAt };
    await both.world.put(`approval-uses/m2/${restore}.json`, JSON.stringify(use));
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'NotApproved', message: /arn:other/ });
    expect(asked()).toEqual([]);
  });

  test.each<[string, (key: string, use: object) => Promise<unknown>]>([
    ['as it is', async () => undefined],
    ['removed', async (key) => await rm(join(both.world.dir, both.world.bucket, key))],
    ['of another execution', async (key, use) => await forge(key, { ...use, execution: 'arn:other' })],
    ['of another request', async (key, use) => await forge(key, { ...use, digest: '0'.repeat(64) })],
    ['no record at all', async (key) => await both.world.put(key, 'not JSON')],
  ])('after the restore has ended, with the record of its use %s', async (_, change) => {
    both = await RestoreWorld.start(PRODUCTION);
    const { events, execution } = await both.restore(
      { force: true },
      approver(() => both),
    );
    const entered = events.find((event) => event.type === 'StateEntered' && event.state?.name === 'StartRestore');
    const { run, selection } = (entered?.state?.input ?? {}) as Pick<Call, 'run' | 'selection'>;
    const input = { manager: 'm2', sourceManager: 'm1', force: true };
    const key = `approval-uses/m2/${run.restore}.json`;
    await change(key, await record(key));
    both.target.state.executions.length = 0;
    // The archive brought its own.
    const { username, password } = both.sourceSecret;
    Object.assign(both.world.secret, { username, password });
    await invoke('FindTarget', { input, execution: { id: execution, startTime: run.startedAt } });
    await expect(invoke('StartRestore', { input, run, selection, execution })).rejects.toMatchObject({
      name: 'NotApproved',
      message: /is over/,
    });
    expect(asked()).toHaveLength(1);
  });

  test('after the restore has ended, by whoever claims the manager again in its name', async () => {
    const call = await stopped(true);
    const { what } = await waiting(both);
    await both.world.put(`restores/m2/${what.restore}.json`, '{}');
    const { id, startTime } = { id: call.execution, startTime: call.run.startedAt };
    await invoke('FindTarget', { input: call.input, execution: { id, startTime } });
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'NotApproved', message: /is over/ });
    expect(asked()).toEqual([]);
  });

  test('copied from another restore', async () => {
    const call = await stopped(true);
    const { what } = await waiting(both);
    const approval = await record(`approvals/m2/${what.restore}.json`);
    const other = { ...(approval['what'] as object), restore: '20261121T030000Z-00000000' };
    await signed(`approvals/m2/${what.restore}.json`, { ...approval, what: other });
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'NotApproved' });
    expect(asked()).toEqual([]);
  });
});

describe('an approval that the function of approvals did not sign is none', () => {
  type Forging = (approval: Record<string, unknown>, key: string) => Promise<string>;
  const stranger = keyPair();

  test.each<[string, Forging]>([
    ['written without a signature', async ({ signature: _, ...bare }) => JSON.stringify(bare)],
    ['signed with a key of the forger', async (approval, key) => await signedText(key, approval, stranger)],
    ['changed after it was signed', async (approval) => JSON.stringify({ ...approval, reason: 'because' })],
    [
      'a rejection turned round',
      async (approval, key) => {
        const rejection = JSON.parse(await signedText(key, { ...approval, decision: 'reject' })) as object;
        return JSON.stringify({ ...rejection, decision: 'approve' });
      },
    ],
  ])('%s', async (_, forging) => {
    const call = await stopped(true);
    const { what } = await waiting(both);
    const key = `approvals/m2/${what.restore}.json`;
    await both.world.put(key, await forging(await record(key), key));
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({
      name: 'RecordForged',
      message: expect.stringContaining(key),
    });
    expect(asked()).toEqual([]);
  });

  test('nor is one at the key of another restore', async () => {
    const call = await stopped(true);
    const { what } = await waiting(both);
    const approval = await record(`approvals/m2/${what.restore}.json`);
    const other = '20261121T030000Z-00000000';
    Object.assign(call.run, { restore: other });
    await forge(`approvals/m2/${other}.json`, approval);
    await forge('claims/m2.json', { ...(await record('claims/m2.json')), restore: other });
    await expect(invoke('StartRestore', call)).rejects.toMatchObject({ name: 'RecordForged' });
    expect(asked()).toEqual([]);
  });
});

/** The request of the execution that was stopped before it could ask. */
async function ask(): Promise<void> {
  await both.restore({ force: true }, { kill: { step: 'CheckApproval', when: 'after' } });
}

describe('an approver is told of what cannot be approved', () => {
  const nothing = (cause: RegExp) => ({ outcome: { error: 'NothingToApprove', cause: expect.stringMatching(cause) } });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a restore that does not wait', { restore: '20261121T030000Z-00000000' }, /does not wait/],
    ['a manager that is not its', { manager: 'm3' }, /does not wait/],
    ['a request that is not the one that was read', { request: '0'.repeat(64) }, /is not what was read/],
  ])('%s', async (_, more, cause) => {
    await stopped(false);
    await ask();
    expect(await decideOn(both, more)).toMatchObject(nothing(cause));
    expect(await both.world.files('approvals')).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['no object', 'prod'],
    ['no request', { manager: 'm2', restore: '20261121T030000Z-00000000' }],
    [
      'a decision that is none',
      { manager: 'm2', restore: '20261121T030000Z-00000000', request: '0'.repeat(64), decision: 'perhaps' },
    ],
  ])('an input that is %s', async (_, input) => {
    both = await RestoreWorld.start(PRODUCTION);
    expect(await both.world.run({ machine: 'approve', input })).toMatchObject({ outcome: { error: 'InvalidInput' } });
  });

  test('one whose time is over, one that was changed since, one that was decided', async () => {
    await stopped(false);
    await ask();
    const { what } = await waiting(both);
    const key = `approval-requests/m2/${what.restore}.json`;
    const request = await record(key);
    await signed(key, { ...request, what: { ...what, options: {} } });
    expect(await decideOn(both)).toMatchObject(nothing(/is not what was read/));
    await forge(key, { ...request, what: { ...what, options: {} } });
    expect(await decideOn(both)).toMatchObject({ outcome: { error: 'RecordForged' } });
    await signed(key, { ...request, expiresAt: both.world.clock.now().toISOString() });
    expect(await decideOn(both)).toMatchObject(nothing(/waits no longer/));
    await both.world.put(key, JSON.stringify(request));
    expect(await decideOn(both, { decision: 'reject' })).toMatchObject({ outcome: { status: 'SUCCEEDED' } });
    expect(await decideOn(both)).toMatchObject(nothing(/was rejected at/));
  });
});

test('whoever asks for something else under the name of a restore stops that restore, and nothing is approved', async () => {
  both = await RestoreWorld.start(PRODUCTION);
  const other = async () => {
    const { what } = await waiting(both);
    const key = `approval-requests/m2/${what.restore}.json`;
    await signed(key, { ...(await record(key)), digest: '0'.repeat(64) });
  };
  const before = async (step: string, call: number) => {
    if (step === 'CheckApproval' && call === 2) await other();
  };
  expect(await both.restore({ force: true }, { before })).toMatchObject({ outcome: { error: 'RecordConflict' } });
  expect(both.target.state.snapshots).toEqual([]);
});

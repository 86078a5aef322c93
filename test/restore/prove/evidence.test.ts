import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Deps } from '../../../lib/deps.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { handlersOf, type StepHandler } from '../../../lib/local/handlers.ts';
import type { RestoreReport } from '../../../lib/restore/course.ts';
import { type RestoreInput, restoreOf } from '../../../lib/restore/input.ts';
import { RestoreEvidence } from '../../../lib/restore/prove/evidence-record.ts';
import { restoreKeysOf } from '../../../lib/storage/layout.ts';
import { canary } from '../../support/canary.ts';
import { at, execution, type Parts, partsOf, START } from '../../support/restore-parts.ts';
import { World } from '../../support/world.ts';

let world: World;
let deps: Deps & { close(): Promise<void> };
let handlers: Record<string, StepHandler>;
let published: { subject: string; body: Record<string, unknown> }[];
let measured: [string, number][];

beforeEach(async () => {
  world = await World.start();
  world.clock.advance((Date.parse(at(320)) - world.clock.now().getTime()) / 1000);
  published = [];
  measured = [];
  const local = localDeps({
    ...world.parts(new AbortController().signal),
    notifier: { publish: async (subject, body) => void published.push({ subject, body }) },
  });
  deps = { ...local, metrics: { put: (name, _unit, value) => void measured.push([name, value]) } };
  deps.redactor.add(canary.password);
  handlers = handlersOf(deps);
});
afterEach(async () => {
  await deps.close();
  await world.stop();
});

const input: RestoreInput = { manager: 'm1', sourceManager: 'm0' };
const key = restoreKeysOf('m1', restoreOf(input, execution).restore).evidence;
const tidy = { notes: [] as string[] };

async function record(event: Record<string, unknown>): Promise<unknown> {
  return await handlers['RecordRestore']?.({ execution, input, tidy, ...event });
}

const recordSuccess = (changed: Partial<Parts> = {}, more: Record<string, unknown> = {}) =>
  record({ outcome: 'succeeded', ...partsOf(input), ...changed, ...more });

const recordFailure = (name: string, state: unknown, more: Record<string, unknown> = {}) =>
  record({ outcome: 'failed', failure: { Error: name, Cause: 'What happened.' }, state, ...more });

async function evidence(): Promise<RestoreEvidence> {
  return RestoreEvidence.parse(JSON.parse(await world.text(key)));
}

async function report(event: Record<string, unknown>): Promise<RestoreReport> {
  return (await handlers['ReportRestore']?.({ execution, input, ...event })) as RestoreReport;
}

const reportFailure = (more: Record<string, unknown> = {}) =>
  report({
    outcome: 'failed',
    failure: { Error: 'RestoreFailed', Cause: 'It failed.' },
    record: { evidence: key },
    ...more,
  });

describe('the evidence of a success', () => {
  test('names archive, target and options, and measures phases that add up to the whole', async () => {
    const { run, ...parts } = partsOf(input);
    expect(await recordSuccess({ run, ...parts }, { input: { ...input, force: true, reason: 'fire' } })).toEqual({
      evidence: key,
    });
    const written = await evidence();
    expect(written).toMatchObject({
      manager: 'm1',
      restore: run.restore,
      state: 'succeeded',
      reason: 'fire',
      archive: { manager: 'm0', key: parts.selection.key, versionId: 'v1', takenAt: parts.selection.takenAt },
      target: { version: '6.4.1', edition: 'premium', node: 'https://10.0.0.1' },
      options: { force: true, recreateDeploymentsEnvs: true, restoreCertificates: false, archiveUrl: null },
      method: 'stream',
      phases: { prepare: 10, upload: 61, restore: 220, verify: 10 },
      rtoSeconds: 301,
      verification: { outcome: 'complete', differenceCount: 0, notCompared: ['logs'] },
      credentials: { access: 'current', advice: null },
      times: { started: START, requested: at(75), ended: at(290.5), recorded: at(320) },
    });
    expect(written.error).toBeUndefined();
    expect(written.message).toMatch(
      /offsite-20261122T020000Z to manager m1 in 5 min 1 s.*holds what the archive holds/,
    );
    const { prepare, upload, restore, verify } = written.phases;
    expect([prepare, upload, restore, verify].reduce((sum: number, n) => sum + (n ?? 0), 0)).toBe(written.rtoSeconds);
  });

  test('is the same when it is written again, and no failure replaces it', async () => {
    await recordSuccess();
    const first = await world.text(key);
    world.clock.advance(60);
    await recordSuccess();
    await recordFailure('ReportFailed', partsOf(input));
    expect(await world.text(key)).toBe(first);
  });

  test('replaces what the same execution had recorded as a failure', async () => {
    await recordFailure('StorageUnavailable', partsOf(input));
    expect((await evidence()).state).toBe('failed');
    await recordSuccess();
    expect((await evidence()).state).toBe('succeeded');
  });

  test('of another execution is never overwritten', async () => {
    await recordSuccess();
    const other = { ...(await evidence()), execution: 'another', signature: undefined };
    await world.put(key, JSON.stringify(other));
    await expect(recordSuccess()).rejects.toMatchObject({ name: 'RecordConflict', message: /another execution/ });
    await expect(recordFailure('RestoreFailed', {})).rejects.toMatchObject({ name: 'RecordConflict' });
    expect((await evidence()).execution).toBe('another');
  });

  test('says "partial" where differences were allowed', async () => {
    const verification = { ...partsOf(input).verification, outcome: 'partial' as const, accepted: true };
    await recordSuccess({ verification });
    expect(await evidence()).toMatchObject({ state: 'partial' });
    expect((await evidence()).error).toBeUndefined();
  });

  test.each([
    ['source', /credentials of manager m0 now.*secret of m1.*exports of m1 fail/],
    ['previous', /its secret had before/],
    ['restored', /secret m9 now/],
  ] as const)('says what to do with the secret when %s credentials are good', async (access, advice) => {
    const restoring = { ...partsOf(input).restoring, access };
    await recordSuccess({ restoring }, { input: { ...input, restoredCredentialsSecret: 'm9' } });
    expect((await evidence()).credentials).toEqual({ access, advice: expect.stringMatching(advice) });
  });

  test('holds nothing that signs an address, and no credential', async () => {
    const archiveUrl = 'https://files.example.com:8443/a/b.zip?X-Amz-Signature=abc&token=def#x';
    const notes = [`the password is ${canary.password}`];
    const url = { manager: 'm1', archiveUrl, reason: `use ${canary.password}` };
    await recordSuccess({}, { input: url, tidy: { notes } });
    const text = await world.text(key);
    expect((await evidence()).options.archiveUrl).toBe('https://files.example.com:8443/a/b.zip');
    expect(text).not.toMatch(/Signature|token=|abc/);
    expect(text).not.toContain(canary.password);
  });
});

const parts = partsOf(input);
const { run, selection, plan, upload, restoring, verification } = parts;
const uploaded = { run, selection, plan, upload };
const asked = {
  ...uploaded,
  restoring: { ...restoring, status: 'running', endedAt: null, lastStatus: 'started', terminatedSince: null },
};
const quick = { ...asked, restoring: { ...asked.restoring, requestedAt: at(290) } };
const of = (version: string, state: { run: Parts['run'] }) => ({ ...state, run: { ...state.run, version } });
const unstarted = { ...asked, restoring: { ...asked.restoring, lastStatus: 'pending', flagSeen: false } };
const unwell = { ...asked, restoring: { ...asked.restoring, terminatedSince: at(279) } };
const newFormat = { ...asked, selection: { ...selection, format: 'new' } };

describe('the evidence of a failure', () => {
  test('holds what the machine had gathered; the rest is null', async () => {
    await recordFailure('ManagerBusy', { run, selection, plan, upload, restoring: 'nonsense', more: 1 });
    expect(await evidence()).toMatchObject({
      state: 'failed',
      error: 'ManagerBusy',
      archive: { key: selection.key },
      phases: { prepare: 10, upload: null, restore: null, verify: null },
      rtoSeconds: null,
      verification: null,
      credentials: null,
    });
    await recordFailure('ManagerUnavailable', null);
    expect(await evidence()).toMatchObject({ archive: null, target: null, method: null, times: { checked: null } });
  });

  test('is not written for an input that is none: nothing names it', async () => {
    for (const wrong of [null, 'm1', {}, { manager: '../m1' }, { manager: 'm1', archvie: 'x' }])
      expect(await recordFailure('InvalidInput', {}, { input: wrong })).toEqual({ evidence: null });
    expect(await world.files('restores')).toEqual([]);
  });

  test('is not written for a dry run, which proves nothing', async () => {
    const dry = { input: { ...input, dryRun: true } };
    expect(await recordFailure('TargetNotEmpty', { run }, dry)).toEqual({ evidence: null });
    expect(await world.files('restores')).toEqual([]);
    const told = await reportFailure({ ...dry, record: { evidence: null } });
    expect(told).toMatchObject({ outcome: 'failed', evidence: null, notes: [] });
    expect(told.message).toBe('It failed. It was a dry run: nothing was changed.');
    expect(published.map(({ subject }) => subject)).toEqual(['cloudify-offsite: restore dry run of m1 failed']);
  });

  test('leaves out what the plan says will happen', async () => {
    await recordFailure('UploadMismatch', uploaded, { tidy: { notes: ['The upload is gone.'] } });
    expect((await evidence()).notes).toEqual(['The upload is gone.', ...selection.notes]);
    expect(plan.notes).not.toEqual([]);
  });

  test('says that tidying up did not finish', async () => {
    await recordFailure('RestoreFailed', asked, { tidy: { Error: 'ManagerUnavailable', Cause: 'm1 is away.' } });
    expect((await evidence()).notes[0]).toMatch(/not removed: m1 is away/);
  });

  test.each([
    [
      'before a plan',
      'TargetNotEmpty',
      { run, selection },
      /What happened\. Nothing was restored: manager m1 is as it was/,
    ],
    ['while uploading', 'States.Timeout', { run, selection, plan }, /did not answer.*Nothing was restored/],
    ['of a wrong upload', 'UploadMismatch', uploaded, /Nothing was restored/],
    ['of a busy manager', 'ManagerBusy', uploaded, /Nothing was restored/],
    [
      'while asking',
      'ManagerUnavailable',
      uploaded,
      /begun to restore it is not known.*how-a-restore-ended-is-not-known\.md/,
    ],
    [
      'of a legacy archive',
      'RestoreFailed',
      asked,
      /half replaced\. Its services may be stopped.*a-restore-failed\.md/,
    ],
    ['of a legacy archive on 6.1', 'RestoreFailed', of('6.1.0', asked), /half replaced\. It goes on answering/],
    ['at once', 'RestoreFailed', quick, /failed within 30 s, so probably.*before anything was changed/],
    [
      'of a new archive',
      'RestoreFailed',
      of('7.0.5', newFormat),
      /What was restored before that is still on manager m1/,
    ],
    [
      'never started',
      'RestoreUnknown',
      unstarted,
      /No worker of manager m1 had taken it.*notes say whether it is cancelled/,
    ],
    ['completed and not well', 'RestoreUnknown', unwell, /Manager m1 had called it completed.*was not compared/],
    ['without an end', 'RestoreUnknown', asked, /may still be running: do not start another.*exec-1/],
    ['with the machine away', 'States.Timeout', asked, /may still be running/],
    [
      'with other passwords',
      'CredentialsRejected',
      asked,
      /The restore was accepted; what manager \S+ holds was not compared.*passwords-after-a-restore\.md/,
    ],
    ['with other certificates', 'CertificateUntrusted', asked, /put the CA.*certificates-after-a-restore\.md/],
    ['uncompared', 'ManagerUnavailable', { ...uploaded, restoring }, /was not compared.*how-a-restore-ended/],
    [
      'with differences',
      'RestorePartial',
      parts,
      /missing is in the restore report.*exec-1.*a-restore-left-differences\.md/,
    ],
    ['when all was done', 'StorageUnavailable', parts, /is over, and what manager m1 holds was compared/],
    ['with a state nobody can read', 'RestoreUnknown', { ...uploaded, restoring: 7 }, /may still be running/],
    [
      'of a drill with a new archive',
      'RestoreFailed',
      { ...newFormat, run: { ...run, purpose: 'drill' } },
      /had restored before that is removed from manager m1, as far as the notes say/,
    ],
    [
      'of a drill with differences',
      'RestorePartial',
      { ...parts, run: { ...run, purpose: 'drill' } },
      /manager m1 was cleared after the drill, as far as the notes say/,
    ],
  ])('%s says in what state the manager is and what to do', async (_, error, state, says) => {
    await recordFailure(error, state);
    const { message, state: ended, error: named } = await evidence();
    expect(message).toMatch(says);
    expect([ended, named]).toEqual(['failed', error]);
  });

  test('does not call a restore untouched whose request may have arrived', async () => {
    for (const error of ['ManagerUnavailable', 'CredentialsRejected', 'States.Timeout', 'UnexpectedReply']) {
      await recordFailure(error, uploaded);
      expect((await evidence()).message).not.toMatch(/is as it was/);
    }
  });
});

describe('the report', () => {
  test('of a success is from the evidence, once, with the measured time', async () => {
    await recordSuccess({ restoring: { ...restoring, access: 'source' } });
    const told = await report({ outcome: 'succeeded', run });
    expect(told).toMatchObject({
      outcome: 'succeeded',
      error: null,
      manager: 'm1',
      evidence: key,
      rtoSeconds: 301,
      archive: { snapshot: selection.snapshot, size: 1000 },
    });
    expect(told.notes[0]).toMatch(/put them into the secret of m1/);
    expect(published).toEqual([{ subject: 'cloudify-offsite: restore of m1 succeeded', body: told }]);
    expect(measured).toEqual([
      ['RestoreSucceeded', 1],
      ['RestoreSeconds', 301],
    ]);
  });

  test('of a success without evidence is none', async () => {
    await expect(report({ outcome: 'succeeded', run })).rejects.toMatchObject({ name: 'RecordConflict' });
    expect(published).toEqual([]);
  });

  test('of a drill and of differences says so in the subject', async () => {
    const drill: RestoreInput = { ...input, purpose: 'drill' };
    const partial = { ...verification, outcome: 'partial' as const, accepted: true };
    partial.differences = [{ tenant: null, type: 'blueprints', archive: 2, manager: 1 }];
    await recordSuccess({ verification: partial }, { input: drill });
    const told = await report({ outcome: 'succeeded', run, input: drill });
    expect(published[0]?.subject).toBe('cloudify-offsite: restore drill of m1 partial');
    expect(told.differences).toHaveLength(1);
    expect(measured[0]).toEqual(['RestoreSucceeded', 1]);
  });

  test('of a failure is that of its evidence', async () => {
    await recordFailure('RestoreFailed', asked);
    const told = await reportFailure();
    expect(told).toMatchObject({ outcome: 'failed', error: 'RestoreFailed', evidence: key, purpose: 'recovery' });
    expect(told.message).toBe((await evidence()).message);
    expect(published.map(({ subject }) => subject)).toEqual(['cloudify-offsite: restore of m1 failed']);
    expect(measured).toEqual([['RestoreFailed', 1]]);
  });

  test('of a failure after the success says that the restore itself succeeded', async () => {
    await recordSuccess();
    const told = await reportFailure({ failure: { Error: 'ReportFailed', Cause: 'The topic is gone.' } });
    expect(told).toMatchObject({ outcome: 'failed', error: 'ReportFailed', rtoSeconds: 301 });
    expect(told.message).toMatch(/^The topic is gone\. The restore itself had succeeded before that: Restored/);
  });

  test('is given without evidence, and when nobody can read it, with patience', async () => {
    const lost = await reportFailure({ record: { Error: 'StorageUnavailable', Cause: 'The store is down.' } });
    expect(lost).toMatchObject({ outcome: 'failed', error: 'RestoreFailed', manager: 'm1', evidence: null });
    expect(lost.notes.join(' ')).toMatch(/no report of this restore: The store is down.*Look at the manager/);
    const before = world.clock.now().getTime();
    await world.s3.close();
    const down = await reportFailure();
    expect(down.notes.join(' ')).toMatch(/restore report could not be read/);
    expect((world.clock.now().getTime() - before) / 1000).toBeGreaterThanOrEqual(32);
    expect(published).toHaveLength(2);
  });

  test('of an input that is none names no manager', async () => {
    const told = await reportFailure({ input: ['?'], failure: { Error: 'InvalidInput', Cause: 'manager: missing.' } });
    expect(told).toMatchObject({ manager: null, restore: null, purpose: null, message: 'manager: missing.' });
    expect(published[0]?.subject).toBe('cloudify-offsite: restore of unknown manager failed');
  });

  test('has a subject that fits the topic, whatever the manager is called', async () => {
    const long = { manager: `m${'x'.repeat(62)}`, purpose: 'drill' as const };
    await reportFailure({ input: long });
    const subject = published[0]?.subject ?? '';
    expect(subject.length).toBeLessThanOrEqual(100);
    expect(subject).toMatch(/ failed$/);
  });
});

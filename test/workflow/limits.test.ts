import { beforeAll, describe, expect, test } from 'vitest';
import type { MachineName } from '../../lib/base/machine-names.ts';
import { pollInterval } from '../../lib/base/poll-interval.ts';
import {
  defaults,
  MOST_APPROVAL_AND_RESTORE_HOURS,
  MOST_APPROVAL_HOURS,
  MOST_RESTORE_HOURS,
  MOST_SNAPSHOT_HOURS,
} from '../../lib/base/settings.ts';
import { LATEST_MS } from '../../lib/restore/watch/deadlines.ts';
import { allStates, loadMachine, type MachineEvent } from '../../lib/workflow/definition.ts';
import { historyLength, payloads } from '../support/history.ts';
import { delayOf, type Retrier } from '../support/virtual-run.ts';
import { World } from '../support/world.ts';

const HOUR = 3600;
const KB = 1000;

describe('the largest run: a snapshot of 12 hours, 1,000 spans to copy, as many to verify as there can be', () => {
  let events: readonly MachineEvent[];

  beforeAll(async () => {
    const world = await World.start({
      manager: { createSeconds: 12 * HOUR - 60, archive: { sizeBytes: 500_000, smallMembers: 2000, seed: 7 } },
      settings: { partSize: 500, spanSize: 500, verifySpanSize: 1 },
      minPartSize: 1,
    });
    const before = (step: string) => {
      if (step !== 'CheckSnapshot') return;
      // The simulated worker takes its time before it starts; a real one starts within seconds.
      const row = world.manager.state.executions.at(-1);
      if (row?.status === 'pending') world.manager.state.setExecutionStatus(row, 'started', '');
    };
    const result = await world.run({ before });
    expect(result.outcome).toMatchObject({ status: 'SUCCEEDED' });
    events = result.events;
    await world.stop();
  }, 180_000);

  const entered = (name: string) => events.filter((e) => e.type === 'StateEntered' && e.state?.name === name).length;

  test('is as large as it can be', () => {
    expect(entered('CopySpan')).toBe(1000);
    expect(entered('VerifySpan')).toBeGreaterThan(200);
    expect(entered('CheckSnapshot')).toBeGreaterThan(740);
  });

  test('has a history of less than 20,000 events, also if it verified 500 spans', () => {
    const unseen = 500 - entered('VerifySpan');
    expect(historyLength(events) + unseen * 7).toBeLessThan(20_000);
  });

  test('leaves room for every third task to be tried once more', () => {
    const tasks = events.filter((e) => e.type === 'StateEntered' && e.state?.type === 'Task').length;
    expect(historyLength(events) + (tasks / 3) * 3 + (500 - entered('VerifySpan')) * 7).toBeLessThan(25_000);
  });

  test('hands no state more than 32 KB', () => {
    for (const { state, bytes } of payloads(events)) expect(bytes, state).toBeLessThan(32 * KB);
  });

  test('would not with the longest numbers that there are, either', () => {
    const recorded = events.find((e) => e.type === 'StateEntered' && e.state?.name === 'RecordArchive');
    const { verified, ...rest } = (recorded?.state?.input ?? { verified: [] }) as { verified: unknown[] };
    expect(verified).toHaveLength(entered('VerifySpan'));
    const others = Buffer.byteLength(JSON.stringify(rest)) + (500 - verified.length) * '"500",'.length;
    const longest = Array.from({ length: 500 }, () => ({ members: 9_999_999, bytes: 16_777_216_000 }));
    // Sizes, times and counts beside them grow by a digit here and there; 2 KB is more than all of that.
    expect(others + Buffer.byteLength(JSON.stringify(longest)) + 2 * KB).toBeLessThan(32 * KB);
    // Where no version pins the bytes there are half as many, each with a SHA-256.
    const digested = longest.slice(0, 240).map((span) => ({ ...span, sha256: `${'A'.repeat(43)}=` }));
    const half = others - 260 * '"500",'.length;
    expect(half + Buffer.byteLength(JSON.stringify(digested)) + 2 * KB).toBeLessThan(32 * KB);
  });
});

test('12 hours are 763 looks at the snapshot, and a quick one is seen within a second', () => {
  let elapsed = 1;
  let looks = 1;
  for (; elapsed < 12 * HOUR; looks++) elapsed += pollInterval(elapsed);
  expect(looks).toBeGreaterThan(700);
  expect(looks).toBeLessThanOrEqual(763);
  expect([0, 1, 5, 10].map(pollInterval)).toEqual([1, 1, 1, 1]);
});

describe('the longest patience that the configuration allows', () => {
  const looksIn = (hours: number) => {
    let looks = 1;
    for (let elapsed = 1; elapsed < hours * HOUR; looks++) elapsed += pollInterval(elapsed);
    return looks;
  };
  /** A wait, a look, a choice: 9 events of a history of 25,000. */
  const PER_LOOK = 9;

  test('with a restore is one of which the history has room for, with every third look tried again', () => {
    const hours = MOST_RESTORE_HOURS;
    expect(hours).toBe(24);
    expect(looksIn(hours) * (PER_LOOK + 1)).toBeLessThan(15_000);
  });

  test('with an approver and the restore after it, too', () => {
    const approval = Math.ceil((MOST_APPROVAL_HOURS * HOUR) / 120) + 40;
    const after = MOST_APPROVAL_AND_RESTORE_HOURS - MOST_APPROVAL_HOURS;
    expect((approval + looksIn(after)) * (PER_LOOK + 1)).toBeLessThan(17_000);
    // What is given up after 42 h of the execution has been waited for before.
    expect(MOST_APPROVAL_AND_RESTORE_HOURS).toBeLessThanOrEqual(LATEST_MS / HOUR / 1000 - 6);
  });

  test('with a snapshot leaves room for the transfer of the largest archive', () => {
    const hours = MOST_SNAPSHOT_HOURS;
    // The run of 12 hours above has less than 20,000.
    expect((looksIn(hours) - looksIn(12)) * PER_LOOK).toBeLessThan(5000);
  });
});

const budgetOf = (rule: Retrier) =>
  Array.from({ length: rule.MaxAttempts }, (_, attempt) => delayOf(rule, attempt)).reduce((a, b) => a + b, 0);

function retriersOf(name: MachineName) {
  const machine = loadMachine(name);
  const tasks = [...allStates(machine.States)].filter(([, state]) => state.Type === 'Task');
  return tasks.flatMap(([name, state]) => ((state['Retry'] ?? []) as Retrier[]).map((rule) => ({ name, rule })));
}

describe('retry budgets of a restore', async () => {
  const rules = retriersOf('restore');
  const tidies = (state: string) => state.startsWith('Tidy');
  const uploads = (state: string) => ['UploadArchive', 'StreamArchive'].includes(state);

  test.each<[string, number, (state: string) => boolean]>([
    ['ManagerBusy', 10 * 60, (state) => ['CheckTarget', 'StartRestore', 'AskAgain'].includes(state)],
    ['ManagerUnavailable', 35 * 60, (state) => !tidies(state) && !uploads(state)],
    // Then the archive is streamed, or a person waits for the message.
    ['ManagerUnavailable', 105, uploads],
    ['ManagerUnavailable', 2.5 * 60, tidies],
    ['StorageUnavailable', 10 * 60, () => true],
    ['CredentialsRejected', 35 * 60, (state) => ['StartRestore', 'AskAgain'].includes(state)],
    // From one node to its fellows a large archive takes a while.
    ['SnapshotLost', 15 * 60, () => true],
  ])('%s is tried for %d s', (error, seconds, isMeant) => {
    const found = rules.filter(({ name, rule }) => rule.ErrorEquals.includes(error) && isMeant(name));
    expect(found).not.toHaveLength(0);
    for (const { name, rule } of found) expect(Math.abs(budgetOf(rule) / seconds - 1), name).toBeLessThan(0.1);
  });

  test('what stays is not tried again, and a look at a restore fails only by its own deadlines', () => {
    const retried = (state: RegExp) =>
      rules.filter(({ name }) => state.test(name)).flatMap(({ rule }) => rule.ErrorEquals);
    for (const error of ['RestoreFailed', 'RestoreUnknown', 'TargetNotEmpty', 'UploadMismatch'])
      expect(retried(/./), error).not.toContain(error);
    // But where an earlier attempt may have begun a restore, which rejects good passwords for a while.
    expect(retried(/^(?!StartRestore$|AskAgain$)/)).not.toContain('CredentialsRejected');
    expect(retried(/^CheckRestore$/)).not.toContain('ManagerUnavailable');
  });
});

describe('retry budgets', async () => {
  const machine = loadMachine('export');
  const rules = retriersOf('export');
  const of = (error: string) => rules.filter(({ rule }) => rule.ErrorEquals.includes(error));

  const makesSnapshots = ['FindManager', 'CreateSnapshot'];
  test.each<[string, number, (state: string) => boolean]>([
    ['ManagerBusy', 2 * HOUR, (state) => makesSnapshots.includes(state)],
    // Entering maintenance, for instance; and clean-up must not keep a person waiting for the message.
    ['ManagerBusy', 35 * 60, (state) => ![...makesSnapshots, 'CleanUp'].includes(state)],
    ['ManagerUnavailable', 35 * 60, (state) => state !== 'CleanUp'],
    ['ManagerUnavailable', 2.5 * 60, (state) => state === 'CleanUp'],
    ['StorageUnavailable', 10 * 60, () => true],
    ['ReportFailed', 10 * 60, () => true],
    ['SnapshotLost', 2.2 * 60, () => true],
    ['TransferInterrupted', 7 * 60, () => true],
  ])('%s is tried for %d s', (error, seconds, isMeant) => {
    const found = of(error).filter(({ name }) => isMeant(name));
    expect(found).not.toHaveLength(0);
    for (const { name, rule } of found) {
      expect(budgetOf(rule) / seconds, name).toBeGreaterThan(0.9);
      expect(budgetOf(rule) / seconds, name).toBeLessThan(1.1);
    }
  });

  test('errors that stay are not tried again', () => {
    const retried = new Set(rules.flatMap(({ rule }) => rule.ErrorEquals));
    for (const error of [
      'States.ALL',
      'StorageRefused',
      'CredentialsRejected',
      'SourceChanged',
      'ContractViolation',
      'InvalidInput',
    ])
      expect(retried.has(error), error).toBe(false);
  });

  test('what a bad night may take before the first byte is copied leaves a third of the day to copy and to verify', () => {
    const { TimeoutSeconds } = machine as unknown as { TimeoutSeconds: number };
    const longest = (state: string, error: string) => {
      const found = of(error).find(({ name }) => name === state);
      return found ? budgetOf(found.rule) : 0;
    };
    const before =
      longest('ClaimRun', 'StorageUnavailable') +
      longest('FindManager', 'ManagerUnavailable') +
      longest('FindManager', 'StorageUnavailable') +
      longest('CreateSnapshot', 'ManagerBusy') +
      longest('CreateSnapshot', 'ManagerUnavailable') +
      defaults.snapshotDeadlineSeconds +
      longest('CheckSnapshot', 'ManagerUnavailable') +
      longest('PlanTransfer', 'ManagerUnavailable');
    const removing = longest('RemoveUnverified', 'StorageUnavailable') + 330 * 2;
    const after =
      removing + longest('CleanUp', 'ManagerUnavailable') + longest('CleanUp', 'StorageUnavailable') + 630 * 2;
    expect(TimeoutSeconds - before - after).toBeGreaterThan(6 * HOUR);
  });
});

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { Manifest } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { type Candidate, thatFit } from '../../lib/verification/select.ts';
import { refOf } from '../../lib/verification/state.ts';
import { allStates, loadMachine } from '../../lib/workflow/definition.ts';
import { MAX_SPANS } from '../../lib/zip/verify-spans.ts';
import { historyLength, payloads } from '../support/history.ts';
import { type VerifyResult, VerifyWorld } from '../support/verify-world.ts';
import { delayOf, type Retrier } from '../support/virtual-run.ts';

const GiB = 2 ** 30;
const candidates = (count: number, size: number, manager = 'm1'): Candidate[] =>
  Array.from({ length: count }, (_, i) => {
    const snapshot = snapshotIdAt(new Date(Date.UTC(2026, 0, 1 + i, 2)));
    return { ref: refOf(manager, snapshot), snapshot, size, damaged: false, cold: false, readAt: i };
  });

/** Copies of one archive under the names of other nights: what a year leaves, without a year of exports. */
async function multiply(one: VerifyWorld, times: number): Promise<void> {
  const { world } = one;
  const [first = ''] = one.snapshots;
  const keys = keysOf('m1', first);
  const text = await world.text(keys.manifest);
  const bytes = await world.bytes(keys.archive);
  for (let night = 1; night <= times; night++) {
    const snapshot = snapshotIdAt(new Date(Date.parse('2025-01-01T02:00:00Z') + night * 86_400_000));
    const copy = keysOf('m1', snapshot);
    const Bucket = world.bucket;
    const put = await world.client.send(
      new PutObjectCommand({ Bucket, Key: copy.archive, Body: bytes, ChecksumAlgorithm: 'CRC32' }),
    );
    // Of before records were signed: a signature is for one key alone.
    const { signature: _, ...manifest }: Manifest = JSON.parse(text.replaceAll(first, snapshot));
    const archive = { ...manifest.archive, key: copy.archive, versionId: put.VersionId ?? '' };
    await world.put(copy.manifest, JSON.stringify({ ...manifest, archive }));
    one.snapshots.push(snapshot);
  }
}

describe('as many archives as one execution carries', () => {
  const NIGHTS = 340;
  let one: VerifyWorld;
  let result: VerifyResult;
  let again: VerifyResult;

  beforeAll(async () => {
    one = await VerifyWorld.start(1, { manager: { archive: { sizeBytes: 3000, seed: 7 } } });
    await multiply(one, NIGHTS - 1);
    result = await one.verify();
    one.world.sleepTillTomorrow();
    again = await one.verify({ manager: 'm1', sample: 10 });
  }, 180_000);
  afterAll(async () => await one.world.stop());

  test('the rest is told of, and read first by the next one', async () => {
    expect(result.outcome).toMatchObject({ status: 'SUCCEEDED' });
    const { good = 0, left = 0 } = result.report?.counts ?? {};
    expect(good).toBeGreaterThan(280);
    expect([good + left, result.report?.notes.join(' ')]).toEqual([
      NIGHTS,
      expect.stringMatching(new RegExp(`^${left} more were asked for than one execution can carry`)),
    ]);
    expect(again.outcome).toMatchObject({ status: 'SUCCEEDED' });
    const unread = (await one.marks()).filter((mark) => mark === undefined);
    expect(unread).toHaveLength(Math.max(0, left - NIGHTS / 10));
  });

  test('the history has less than 20,000 events, and room for every third task to be tried once more', () => {
    const tasks = result.events.filter((e) => e.type === 'StateEntered' && e.state?.type === 'Task').length;
    expect(tasks).toBeGreaterThan(3 * 280);
    expect(historyLength(result.events)).toBeLessThan(20_000);
    expect(historyLength(result.events) + tasks).toBeLessThan(25_000);
  });

  test('no state is handed more than 32 KB', () => {
    for (const { state, bytes } of payloads(result.events)) expect(bytes, state).toBeLessThan(32_000);
  });
});

/** As test/limits.test.ts counts: a round and its three states, and each span's round and task. */
const eventsOf = (archives: number, spans: number) => archives * 16 + spans * 7;

test.each([
  ['a terabyte each, which is 500 spans', candidates(40, 1000 * GiB), MAX_SPANS],
  ['100 GiB each', candidates(400, 100 * GiB), 101],
  ['2 GiB each', candidates(400, 2 * GiB), 3],
])('archives of %s: those that are chosen leave room for 10,000 events', (_, all, spans) => {
  const chosen = thatFit(all, 2 * GiB);
  expect(chosen.length).toBeGreaterThan(3);
  expect(chosen).toEqual(all.slice(0, chosen.length));
  expect(eventsOf(chosen.length, chosen.length * spans)).toBeLessThanOrEqual(15_000);
});

test('names as long as they can be: fewer, so that the state stays under 32 KB', () => {
  const chosen = thatFit(candidates(400, 1, 'm'.padEnd(63, 'x')), 2 * GiB);
  const verdict = { verdict: 'damaged', bytes: 16_777_216_000_000, error: 'VerificationIncomplete' };
  const state = { chosen: { archives: chosen.map(({ ref }) => ref) }, verdicts: chosen.map(() => verdict) };
  expect(chosen.length).toBeGreaterThan(150);
  expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(32_000);
});

test('storage is tried for 10 min in each step, errors about the bytes once', async () => {
  const machine = loadMachine('verify');
  const rules = [...allStates(machine.States)].flatMap(([name, state]) =>
    ((state['Retry'] ?? []) as Retrier[]).map((rule) => ({ name, rule })),
  );
  const patient = rules.filter(({ rule }) => rule.ErrorEquals.includes('StorageUnavailable'));
  expect(patient.map(({ name }) => name)).toEqual([
    'SelectArchives',
    'InspectStored',
    'VerifySpan',
    'MarkRead',
    'MarkFailed',
    'ReportVerification',
    'ReportFailure',
  ]);
  for (const { name, rule } of patient) {
    const seconds = Array.from({ length: rule.MaxAttempts }, (_, i) => delayOf(rule, i)).reduce((a, b) => a + b, 0);
    expect(Math.abs(seconds / 600 - 1), name).toBeLessThan(0.1);
  }
  // One bad read condemns no archive: an error about the bytes is looked at a second time, and no third.
  const about = rules.filter(({ rule }) => rule.ErrorEquals.includes('MemberCorrupt'));
  expect(about.map(({ name, rule }) => [name, rule.MaxAttempts])).toEqual([
    ['InspectStored', 1],
    ['VerifySpan', 1],
  ]);
  const retried = rules.flatMap(({ rule }) => rule.ErrorEquals);
  for (const error of ['ArchiveGone', 'StorageRefused', 'States.ALL']) expect(retried).not.toContain(error);
});

import { expect } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import type { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import type { Breakage } from './breakages.ts';
import { canariesIn } from './canary.ts';
import { everythingSeen } from './invariants.ts';
import { type ErrorName, expectSentence } from './nights.ts';
import {
  RESTORE_DEADLINE_SECONDS,
  type RestoreResult,
  RestoreWorld,
  type RestoreWorldOptions,
} from './restore-world.ts';
import type { RunOptions } from './world.ts';

export type Also = (both: RestoreWorld, result: RestoreResult, evidence: RestoreEvidence | undefined) => unknown;

/** One way to break a restore, and what must come of it. */
export interface RestoreCase {
  readonly name: string;
  readonly world?: RestoreWorldOptions;
  readonly input?: Record<string, unknown>;
  /** Broken from the start of the restore on; of the target, or of storage. */
  readonly broken?: Breakage | readonly Breakage[];
  /** Done before the restore, to either manager or to the bucket. */
  readonly prepare?: (both: RestoreWorld) => unknown;
  /** Called before each call of a step: the place for what happens in the middle. */
  readonly during?: (both: RestoreWorld, step: StepName, call: number) => unknown;
  readonly run?: RunOptions;
  readonly ends: 'SUCCEEDED' | ErrorName | 'States.Timeout';
  /** What a person must be told beside the name of the error. */
  readonly says?: RegExp;
  /** What the notes of the report must say, joined by blanks. */
  readonly notes?: RegExp;
  /** The restore is still at work on the manager when the run gives up: its snapshot stays there. */
  readonly atWork?: boolean;
  /** Nothing was even claimed: a wrong input, or another restore is at work. */
  readonly unclaimed?: boolean;
  /** Clean-up could not do its work: the claim stays until the next restore takes it over. */
  readonly claimStays?: boolean;
  /** Storage could not be told how it ended: the evidence is not there, or says what was recorded before. */
  readonly unrecorded?: boolean;
  /** What the target holds afterwards. Default: the archive after success; not looked at after a failure. */
  readonly holds?: 'archive' | 'nothing' | 'anything';
  /** Virtual seconds within which it must have ended. Default: the deadline of the restore and an hour. */
  readonly within?: number;
  /** How many messages people get; one, unless nothing was started. */
  readonly messages?: number;
  readonly also?: Also;
}

/** Plays one restore in a world of its own and checks everything that must hold after any. */
export async function playRestore(one: RestoreCase): Promise<void> {
  const both = await RestoreWorld.start(one.world);
  try {
    await one.prepare?.(both);
    await playIn(both, one);
  } finally {
    await both.stop();
  }
}

export async function playIn(both: RestoreWorld, one: RestoreCase): Promise<RestoreResult> {
  const { world } = both;
  const archives = await both.archives();
  const breakages = [one.broken ?? []].flat().map((breakage) => breakage(world));
  const before = async (step: StepName, call: number) => {
    await one.during?.(both, step, call);
    for (const breakage of breakages) await breakage.before?.(step, call);
  };
  const startedAt = world.clock.now().getTime();
  const result = await both.restore(one.input, { before, ...one.run });
  const elapsed = (world.clock.now().getTime() - startedAt) / 1000;
  for (const { hits } of breakages) expect(hits(), 'the fault was met').toBeGreaterThan(0);
  for (const { mend } of breakages) await mend();
  expect(elapsed, 'virtual seconds').toBeLessThan(one.within ?? RESTORE_DEADLINE_SECONDS + 3600);
  checkEnd(one, result);
  checkMessage(one, result);
  expect(await both.archives(), 'archives and manifests are untouched').toEqual(archives);
  const evidence = (await both.evidence()).find(({ execution }) => execution === result.execution);
  await checkEvidence(one, result, evidence);
  await checkTarget(both, one, result, evidence);
  await checkNothingLeaked(both, result);
  await one.also?.(both, result, evidence);
  return result;
}

function checkEnd({ ends }: RestoreCase, { outcome, events }: RestoreResult): void {
  const shown = `the execution: ${JSON.stringify(outcome).slice(0, 400)}`;
  if (ends === 'SUCCEEDED') {
    expect(outcome, shown).toMatchObject({ status: 'SUCCEEDED' });
    return;
  }
  expect(outcome, shown).toMatchObject({ status: 'FAILED', error: ends });
  if (ends === 'RestorePartial') return;
  const failures = events.filter((e) => e.type === 'StateFailed').map((e) => e.Error);
  expect(failures, 'a step failed by this name').toContain(ends);
}

function checkMessage({ ends, says, notes, messages = 1 }: RestoreCase, result: RestoreResult): void {
  const { published, outcome, restoreReport } = result;
  expect(
    published.map(({ subject }) => subject),
    'messages to people',
  ).toHaveLength(messages);
  const text = outcome.status === 'FAILED' ? outcome.cause : (restoreReport?.message ?? '');
  if (messages > 0 || outcome.status === 'FAILED') expectRestoreSentence(text);
  if (says) expect(text).toMatch(says);
  if (notes) expect(restoreReport?.notes.join(' ')).toMatch(notes);
  if (!restoreReport) return;
  const good = ends === 'SUCCEEDED';
  expect(restoreReport.outcome).toMatch(good ? /^(succeeded|partial)$/ : /^failed$/);
  expect(restoreReport.error).toBe(good ? null : ends);
  expect(published.at(-1)?.subject).toMatch(good ? /succeeded|partial/ : /failed/);
}

/** Names the manager or the archive, and after a failure says in what state things are. */
function expectRestoreSentence(text: string): void {
  // The path is one that people ask a manager for, and no line of a stack.
  expectSentence(text.replaceAll('m2', 'm1').replaceAll('/snapshot-status', 'snapshot-status'));
}

async function checkEvidence(one: RestoreCase, { outcome, execution }: RestoreResult, evidence?: RestoreEvidence) {
  if (one.unrecorded) return;
  if (one.unclaimed) {
    expect(evidence?.state ?? 'failed', 'no proof of a restore that never began').toBe('failed');
    return;
  }
  expect(evidence, 'evidence, also of a failure').toMatchObject({ execution, manager: 'm2' });
  const failed = outcome.status === 'FAILED';
  expect(evidence?.state).toMatch(failed ? /^failed$/ : /^(succeeded|partial)$/);
  if (failed) expect(evidence?.error).toBe(one.ends);
  else expect(evidence?.rtoSeconds, 'a measured RTO').toBeGreaterThan(0);
}

async function checkTarget(
  both: RestoreWorld,
  one: RestoreCase,
  { outcome, execution }: RestoreResult,
  evidence?: RestoreEvidence,
): Promise<void> {
  const claim = await both.claim();
  const state = one.claimStays ? 'held' : 'released';
  if (!one.unclaimed) expect(claim, 'the claim').toMatchObject({ state, execution });
  const manager = both.target.state;
  const active = manager.activeExecutions.filter(({ workflowId }) => workflowId === 'restore_snapshot');
  if (!one.atWork && !one.unclaimed) {
    expect(active, 'no restore and no ghost of ours stays behind').toEqual([]);
    const left = manager.snapshots.filter(({ id }) => id.startsWith('offsite-restore-'));
    expect(left, 'no uploaded snapshot stays behind').toEqual([]);
  }
  const holds = one.holds ?? (outcome.status === 'SUCCEEDED' ? 'archive' : undefined);
  if (holds === 'archive') await expectArchiveOn(both, evidence?.archive?.snapshot ?? '');
  if (holds === 'nothing') expect(manager.content.inventory().totals['blueprints'] ?? 0).toBe(0);
}

const COUNTED = ['tenants', 'blueprints', 'deployments', 'plugins', 'secrets', 'sites', 'nodes', 'node_instances'];

/** The double's own word about what it holds, not ours. */
async function expectArchiveOn(both: RestoreWorld, snapshot: string): Promise<void> {
  const archive = await both.archived(snapshot);
  const manager = both.target.state.content.inventory();
  for (const type of COUNTED) expect([type, manager.totals[type] ?? 0]).toEqual([type, archive.totals[type] ?? 0]);
}

const SIGNED = /X-Amz-(?:Signature|Credential|Security-Token)=/i;

async function checkNothingLeaked(both: RestoreWorld, result: RestoreResult): Promise<void> {
  const seen = await everythingSeen(both.world, [result]);
  expect(canariesIn(seen), 'no credential in any output').toEqual([]);
  expect(SIGNED.exec(seen)?.[0], 'no signed URL in any output').toBeUndefined();
  expect(seen.includes(both.sourcePassword), "nor the source's password").toBe(false);
}

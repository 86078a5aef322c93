import { expect } from 'vitest';
import type * as errors from '../../lib/base/errors.ts';
import { timeOfSnapshotId } from '../../lib/base/ids.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import type { Breakage } from './breakages.ts';
import { checkInvariants, fingerprintOf } from './invariants.ts';
import { beginning } from './kept-world.ts';
import { type RunOptions, type RunResult, World, type WorldOptions } from './world.ts';

export type ErrorName = Exclude<keyof typeof errors, 'OffsiteError'>;

/** One way to break an export, and what must come of it. */
export interface Case {
  readonly name: string;
  readonly world?: WorldOptions;
  /** Broken from the start of the run on. */
  readonly broken?: Breakage | readonly Breakage[];
  /** Broken when a step is called: the place for what happens in the middle. */
  readonly during?: (world: World, step: StepName, call: number) => unknown;
  readonly run?: RunOptions;
  readonly ends: 'SUCCEEDED' | ErrorName | 'States.Timeout';
  /** What a person must be told beside the name of the error. */
  readonly says?: RegExp;
  /** What the notes of the report must say, joined by blanks. */
  readonly notes?: RegExp;
  /** The night's snapshot on the manager afterwards. Default: `created` after success, anything after a failure. */
  readonly leaves?: 'created' | 'creating' | 'failed' | 'uploaded' | 'nothing';
  /** The archive had been recorded when the run failed: its manifest stays. */
  readonly recorded?: boolean;
  /** Storage could not be told how the run ended: its record stays open, and the next execution takes it over. */
  readonly unclosed?: boolean;
  /** What is left must be cleared by the next run; look there. */
  readonly skipsInvariants?: boolean;
  /** Faults without a breakage of their own are cleared before the world is looked at. */
  readonly mendsAll?: boolean;
  /** How many messages go out. Default 1. */
  readonly messages?: number;
  /** The world has been broken from its beginning: there is no good night before. */
  readonly isFirst?: boolean;
  readonly also?: (world: World, result: RunResult) => unknown;
}

/** A world in which night after night is exported, and in which no earlier night may ever change. */
export class Nights {
  readonly world: World;
  readonly #recorded = new Map<string, unknown>();
  #last = '';

  private constructor(world: World) {
    this.world = world;
  }

  /** A world with one good night behind it. */
  static async begin(options: WorldOptions = {}): Promise<Nights> {
    const { kept, keep } = beginning('a good night', options);
    const nights = await Nights.beginAfresh({ ...options, kept });
    const { world } = nights;
    if (kept) await nights.#record(world.snapshotOfRun);
    else {
      await nights.play({ name: 'a good night', ends: 'SUCCEEDED' });
      await keep(world, [world.snapshotOfRun]);
    }
    return nights;
  }

  static async beginAfresh(options: WorldOptions = {}): Promise<Nights> {
    return new Nights(await World.start(options));
  }

  /** Plays one night and checks everything that must hold after any. */
  async play(night: Case): Promise<RunResult> {
    this.world.sleepTillTomorrow();
    return await this.#play(night, this.world.snapshotNow);
  }

  /** The night before (or another one), once more: whatever it died of, it can be made good. */
  async again(night: Partial<Case> = {}, snapshot = this.#last): Promise<RunResult> {
    const run = { ...night.run, scheduledTime: timeOfSnapshotId(snapshot)?.toISOString() ?? '' };
    return await this.#play({ name: 'again', ends: 'SUCCEEDED', ...night, run }, snapshot);
  }

  async #play(night: Case, snapshot: string): Promise<RunResult> {
    this.#last = snapshot;
    const breakages = [night.broken ?? []].flat().map((breakage) => breakage(this.world));
    const before = async (step: StepName, call: number) => {
      await night.during?.(this.world, step, call);
      for (const breakage of breakages) await breakage.before?.(step, call);
    };
    const result = await this.world.run({ before, ...night.run });
    for (const { hits } of breakages) expect(hits(), 'the fault was met').toBeGreaterThan(0);
    for (const { mend } of breakages) await mend();
    if (night.mendsAll) this.world.s3.faults.clear();
    await this.#check(night, snapshot, result);
    return result;
  }

  async #check(night: Case, snapshot: string, result: RunResult): Promise<void> {
    checkEnd(night, result);
    checkMessages(night, result);
    const manifest = (await this.world.manifests()).find((one) => one.snapshot.id === snapshot);
    const hasManifest = night.ends === 'SUCCEEDED' || night.recorded === true;
    expect(manifest !== undefined, 'a manifest').toBe(hasManifest);
    await this.#checkRecord(night, snapshot, result);
    this.#checkManager(night, snapshot);
    await this.checkNothingChanged();
    await night.also?.(this.world, result);
    this.#recorded.delete(snapshot);
    if (!night.skipsInvariants) await checkInvariants(this.world, [result], this.#recorded);
    if (hasManifest) await this.#record(snapshot);
  }

  async #record(snapshot: string): Promise<void> {
    this.#last = snapshot;
    this.#recorded.set(snapshot, await fingerprintOf(this.world, snapshot));
  }

  async #checkRecord({ ends, messages, unclosed }: Case, snapshot: string, { outcome }: RunResult): Promise<void> {
    const record = await this.world.runRecord(snapshot);
    if (!record || messages === 0 || unclosed) return;
    const closed = { state: ends === 'SUCCEEDED' ? 'succeeded' : 'failed', endedAt: expect.any(String) };
    const why =
      outcome.status === 'FAILED' ? { error: outcome.error, message: expect.stringContaining(outcome.cause) } : {};
    expect(record, "the run's record is closed").toMatchObject({ ...closed, ...why });
  }

  #checkManager({ ends, leaves = ends === 'SUCCEEDED' ? 'created' : undefined }: Case, snapshot: string): void {
    if (leaves === undefined) return;
    const row = this.world.manager.state.snapshot(snapshot, 'default_tenant');
    expect(row?.status ?? 'nothing', 'the snapshot on the manager').toBe(leaves);
  }

  /** Every earlier archive is what it was: bytes, version, manifest. */
  async checkNothingChanged(): Promise<void> {
    for (const [snapshot, before] of this.#recorded) {
      expect(await fingerprintOf(this.world, snapshot), `the archive of ${snapshot} is untouched`).toEqual(before);
    }
  }

  async stop(): Promise<void> {
    await this.world.stop();
  }
}

/** One night in a world of its own, after a good one. */
export async function playAlone(night: Case): Promise<void> {
  const nights = await (night.isFirst ? Nights.beginAfresh(night.world) : Nights.begin(night.world));
  try {
    await nights.play(night);
  } finally {
    await nights.stop();
  }
}

function checkEnd({ ends, says, notes, messages }: Case, { outcome, report, events }: RunResult): void {
  if (ends === 'SUCCEEDED') {
    expect(outcome, `the execution: ${JSON.stringify(outcome).slice(0, 300)}`).toMatchObject({ status: 'SUCCEEDED' });
  } else {
    expect(outcome, `the execution: ${JSON.stringify(outcome).slice(0, 300)}`).toMatchObject({
      status: 'FAILED',
      error: ends,
    });
    const first = events.find((event) => event.type === 'StateCaught');
    const failed = events.slice(0, first ? events.indexOf(first) : undefined).findLast((e) => e.type === 'StateFailed');
    expect(failed?.Error, 'the first failure gives the name').toBe(ends);
  }
  if (ends === 'SUCCEEDED' && messages === 0) return;
  const cause = outcome.status === 'FAILED' ? outcome.cause : (report?.message ?? '');
  expectSentence(cause);
  if (says) expect(cause).toMatch(says);
  if (notes) expect(report?.notes.join(' ')).toMatch(notes);
}

/** For the person who is paged: one line, no stack, no object, and it names what it is about. */
export function expectSentence(text: string): void {
  expect(text).toMatch(/[.?!]$/);
  expect(text).not.toMatch(
    /\n|\[object Object\]|(?<!received )undefined|\bat (?:\S+ )?\(?(?:file:|\/|node:)|node_modules|\.ts:\d+/,
  );
  expect(text.length).toBeLessThan(1100);
  expect(text, 'names the manager, the archive, the input or what it is about').toMatch(
    /[Mm]anager m1|archives\/m1|[Bb]ucket offsite|m1|input|step/,
  );
}

function checkMessages({ ends, messages = 1 }: Case, { published, outcome }: RunResult): void {
  expect(
    published.map((message) => message.subject),
    'messages to people',
  ).toHaveLength(messages);
  const [message] = published;
  if (!message) return;
  const expected = ends === 'SUCCEEDED' ? { outcome: 'succeeded', error: null } : { outcome: 'failed', error: ends };
  expect(message.body).toMatchObject(expected);
  expect(message.subject).toMatch(ends === 'SUCCEEDED' ? /succeeded/ : /failed/);
  if (outcome.status === 'FAILED') expect(outcome.cause).toBe(message.body['message']);
}

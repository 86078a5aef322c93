import { days } from '../base/durations.ts';
import { snapshotIdAt } from '../base/ids.ts';
import { type Entry, isKept, readyAt } from '../catalogue/entry.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { keysOf } from '../storage/layout.ts';
import { type Decision, decide } from './decide.ts';
import { type Expiry, expiryOf } from './expiry.ts';

/** What becomes of an archive by some time. */
export interface Fate extends Decision {
  /** Null: nothing lets it go, as far as can be foreseen. */
  readonly expiry: Expiry | null;
  /** Made up: a run that is yet to come. */
  readonly isFuture: boolean;
}

type Rules = Pick<ManagerRules, 'timeZone' | 'retention'>;

export interface Question {
  readonly now: Date;
  readonly at: Date;
  /** With a good archive every day until then, as the last one; without: as if none came any more. */
  readonly nightly: boolean;
  /** Called after each step, for who has little memory: of 10,000 archives one leaves 5 MB of garbage. */
  readonly pause?: () => void;
}

/**
 * Plays the days from now on: runs come if they are to, wishes to keep end, retention is applied, S3 lets go. Gives those
 * that are left at `at`, the oldest first, each with what becomes of it; and those that are gone by then.
 */
export function forecast(entries: readonly Entry[], rules: Rules, { now, at, nightly, pause }: Question) {
  const state = new Forecast(entries, rules);
  state.apply(now);
  pause?.();
  for (const time of momentsBetween(entries, now, at, nightly)) {
    const last = state.last();
    if (time.isRun && last) state.add(runLike(last, time.at));
    state.apply(time.at);
    pause?.();
  }
  return state.at(at);
}

class Forecast {
  readonly #rules: Rules;
  #entries: readonly Entry[];
  readonly #future = new Set<Entry>();
  #decisions: readonly Decision[] = [];
  /** When each was first let go. */
  readonly #letGo = new Map<Entry, Date>();
  readonly #gone: Fate[] = [];

  constructor(entries: readonly Entry[], rules: Rules) {
    this.#rules = rules;
    this.#entries = entries;
  }

  last(): Entry | undefined {
    return this.#entries.at(-1);
  }

  add(entry: Entry): void {
    this.#future.add(entry);
    this.#entries = [...this.#entries, entry].sort((a, b) => readyAt(a) - readyAt(b));
  }

  /** Retention at a moment, after S3 has let go what it may by then. */
  apply(time: Date): void {
    this.#dropGone(time);
    this.#decisions = decide(this.#entries, this.#rules, time);
    for (const { entry, reason } of this.#decisions) {
      if (reason.kind !== 'class') this.#letGo.delete(entry);
      else if (!this.#letGo.has(entry)) this.#letGo.set(entry, time);
    }
  }

  at(time: Date): { readonly left: readonly Fate[]; readonly gone: readonly Fate[] } {
    this.#dropGone(time);
    const there = new Set(this.#entries);
    const left = this.#decisions.filter(({ entry }) => there.has(entry));
    return { left: left.map((one) => this.#fate(one)), gone: this.#gone };
  }

  #dropGone(time: Date): void {
    const gone = this.#decisions.map((one) => this.#fate(one)).filter(({ expiry }) => expiry && expiry.goneAt <= time);
    if (gone.length === 0) return;
    const entries = new Set(gone.map(({ entry }) => entry));
    const there = new Set(this.#entries);
    for (const one of gone) if (there.has(one.entry)) this.#gone.push(one);
    this.#entries = this.#entries.filter((entry) => !entries.has(entry));
  }

  #fate(decision: Decision): Fate {
    const { entry, expire } = decision;
    const { retention } = this.#rules;
    const from = this.#letGo.get(entry);
    const stored = entry.stored;
    return {
      ...decision,
      expiry: stored && from ? expiryOf(stored, expire, retention, from) : null,
      isFuture: this.#future.has(entry),
    };
  }
}

interface Moment {
  readonly at: Date;
  readonly isRun: boolean;
}

/** Runs, and the ends of wishes to keep: nothing else changes what is decided. */
function momentsBetween(entries: readonly Entry[], now: Date, at: Date, nightly: boolean): Moment[] {
  const ends = entries
    .flatMap((entry) => (isKept(entry, now) && entry.keep?.until ? [new Date(entry.keep.until)] : []))
    .map((end) => ({ at: end, isRun: false }));
  const runs: Moment[] = [];
  const last = entries.at(-1);
  if (nightly && last) {
    for (let time = readyAt(last) + days(1); time <= at.getTime(); time += days(1)) {
      if (time > now.getTime()) runs.push({ at: new Date(time), isRun: true });
    }
  }
  return [...ends, ...runs].filter((one) => one.at <= at).sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** A good archive like another one, made at a time yet to come. */
function runLike({ manifest }: Entry, at: Date): Entry {
  const id = snapshotIdAt(at);
  const key = keysOf(manifest.manager.id, id).archive;
  const { size, crc32 } = manifest.archive;
  const { format, version, memberCount } = manifest.snapshot;
  return {
    manifest: {
      manager: manifest.manager,
      snapshot: { id, format, version, memberCount },
      archive: { key, versionId: 'none', size, crc32 },
      verification: manifest.verification,
      inventory: manifest.inventory,
      times: { ...manifest.times, snapshotReady: at.toISOString() },
    },
    stored: { key, versionId: 'none', size, storageClass: 'STANDARD', storedAt: at, hiddenAt: null },
    missing: null,
    mark: null,
    keep: null,
    accept: null,
    unreadable: [],
  };
}

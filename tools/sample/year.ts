import { FolderWriter, writeIndex } from '../../bench/growth-folder.ts';
import { days, hours, minutes } from '../../lib/base/durations.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { type Entry, knownOf, readyAt } from '../../lib/catalogue/entry.ts';
import type { IndexRow } from '../../lib/catalogue/index-records.ts';
import type { Manifest, RunRecord } from '../../lib/catalogue/records.ts';
import { type ManagerRules, rulesOf } from '../../lib/config/manager-rules.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { runsBetween } from '../../lib/config/schedule.ts';
import type { ReconciliationRecord } from '../../lib/reconcile/record.ts';
import { decide } from '../../lib/retention/decide.ts';
import { expiryOf } from '../../lib/retention/expiry.ts';
import { sealing } from '../../lib/signing/seal.ts';
import type { Signer } from '../../lib/signing/signer.ts';
import { trustNoOther } from '../../lib/signing/trust.ts';
import { keysOf, reconciliationOf, restoreKeysOf } from '../../lib/storage/layout.ts';
import { type GoneNight, type Night, sampleRows } from './index-rows.ts';
import { chance, manifestOf } from './night.ts';
import { PROFILES, type Profile } from './profiles.ts';
import { evidenceOf } from './restores.ts';

/** The configuration of the sample. */
export const sampleConfig = (profiles: readonly Profile[] = PROFILES) => ({
  name: 'offsite',
  version: 2,
  managers: profiles.map(({ id, schedule, timeZone }) => ({ id, schedule, timeZone })),
});

interface Sample {
  readonly now: Date;
  /** How many days before `now` it begins. */
  readonly days: number;
  readonly signer: Signer;
  readonly profiles?: readonly Profile[];
}

/**
 * Writes what a year of exports, verifications, retention and restore tests would have left in a folder of the embedded
 * S3: by the disk, from a seed, so that the same call leaves the same year. Archives are hollow.
 */
export async function writeSampleYear(
  dir: string,
  { now, days: length, signer, profiles = PROFILES }: Sample,
): Promise<void> {
  const store = new FolderWriter(dir, now);
  const shelf = {
    read: async () => undefined,
    list: async () => [],
    write: async (key: string, record: unknown) => store.record(key, record) !== '',
  };
  const trust = { keys: [], fingerprints: [], admitsBeside: trustNoOther };
  const seal = sealing({ signer, trust, requiredSince: undefined, now: () => now })(shelf);
  for (const profile of profiles) {
    const config = parseConfig(sampleConfig([profile]));
    const year = new Year(profile, rulesOf(config, profile.id), now, length);
    const written = new Map<string, object>();
    for (const { key, record, at, isSigned } of year.records()) {
      const stored = isSigned ? await seal.sign(key, record) : record;
      store.record(key, stored, { at });
      written.set(key, stored);
    }
    const rows = year.indexRows(written);
    if (rows.length > 0) await writeIndex(profile.id, rows, { store, seal, now });
    for (const { entry } of year.left()) {
      const { key, versionId, size } = entry.manifest.archive;
      store.hollow(key, size, { at: entry.stored?.storedAt ?? now, versionId: versionId ?? 'null', crc32: 0 });
    }
  }
}

interface Written {
  readonly key: string;
  readonly record: object;
  readonly at: Date;
  readonly isSigned: boolean;
}

/** One manager's year, night by night. */
class Year {
  readonly #profile: Profile;
  readonly #now: Date;
  readonly #rules: ManagerRules;
  readonly #runs: RunRecord[] = [];
  readonly #gone: GoneNight[] = [];
  #left: Night[] = [];

  constructor(profile: Profile, rules: ManagerRules, now: Date, length: number) {
    this.#profile = profile;
    this.#rules = rules;
    this.#now = now;
    const { schedule, timeZone } = profile;
    for (const slot of runsBetween(schedule, timeZone, new Date(now.getTime() - days(length)), now)) this.#play(slot);
  }

  left(): readonly Night[] {
    return this.#left;
  }

  indexRows(stored: ReadonlyMap<string, object>): IndexRow[] {
    return sampleRows({ left: this.#left, gone: this.#gone, rules: this.#rules, now: this.#now }, stored);
  }

  #daysAgo(slot: Date): number {
    return Math.floor((this.#now.getTime() - slot.getTime()) / days(1)) + 1;
  }

  #play(slot: Date): void {
    const { id: manager, failsOneOf, failed = [], missing = [] } = this.#profile;
    const ago = this.#daysAgo(slot);
    const within = ([from, to]: readonly [number, number, ...unknown[]]) => ago <= from && ago >= to;
    if (missing.some(within)) return;
    const snapshot = snapshotIdAt(slot);
    const fault = failed.find(within);
    const fails = fault ?? (chance(`${manager} ${snapshot} fails`) < 1 / failsOneOf ? RANDOM_FAULT : undefined);
    const run = {
      schema: 'cloudify-offsite/run/1',
      ...{
        manager,
        snapshot,
        execution: `arn:aws:states:eu-central-1:111122223333:execution:offsite-export:${snapshot}`,
      },
      claimedAt: slot.toISOString(),
    } as const;
    const endedAt = new Date(slot.getTime() + minutes(9 + 30 * chance(snapshot))).toISOString();
    if (fails) {
      const [, , error, message] = fails;
      this.#runs.push({ ...run, state: 'failed', endedAt, error, message: `${message} Manager ${manager}.` });
      return;
    }
    this.#runs.push({ ...run, state: 'succeeded', endedAt });
    const manifest = manifestOf(this.#profile, slot, ago);
    this.#left.push({ manifest, entry: this.#entryOf(manifest, ago) });
    this.#expire(new Date(slot.getTime() + hours(1)));
  }

  /** Retention, as after every run. */
  #expire(at: Date): void {
    const decisions = decide(
      this.#left.map(({ entry }) => entry),
      this.#rules,
      at,
    );
    const gone = new Map(
      decisions.flatMap((decision) => {
        const { entry, expire } = decision;
        const expiry = entry.stored && expiryOf(entry.stored, expire, this.#rules.retention, entry.stored.storedAt);
        return expiry && expiry.goneAt <= at ? [[entry, { decision, goneAt: expiry.goneAt }] as const] : [];
      }),
    );
    for (const night of this.#left) {
      const end = gone.get(night.entry);
      if (end) this.#gone.push({ ...night, ...end });
    }
    this.#left = this.#left.filter(({ entry }) => !gone.has(entry));
  }

  #entryOf(manifest: Manifest, ago: number): Entry {
    const { damaged = [], kept = [], id } = this.#profile;
    const { key, versionId, size } = manifest.archive;
    const storedAt = new Date(manifest.times.stored);
    const keep = kept.find(([day]) => day === ago);
    const of = { manager: id, snapshot: manifest.snapshot.id };
    const scrubbedAgo = (Math.floor(ago / 7) * 5) % 40;
    const isDamaged = damaged.includes(ago);
    const mark = {
      ...{ schema: 'cloudify-offsite/mark/1', ...of, versionId, execution: 'offsite-verify' },
      ...{ result: 'sound', checkedAt: new Date(this.#now.getTime() - days(scrubbedAgo)).toISOString() },
      ...(isDamaged
        ? {
            result: 'damaged',
            error: 'ChecksumMismatch',
            message: 'File pg_data of the archive does not inflate to its CRC-32.',
          }
        : {}),
    } as Entry['mark'];
    return {
      manifest: knownOf(manifest),
      stored: { key, versionId, size, storedAt, storageClass: 'STANDARD', hiddenAt: null },
      missing: null,
      mark: (ago > 7 && scrubbedAgo < ago) || isDamaged ? mark : null,
      keep: keep
        ? { schema: 'cloudify-offsite/keep/1', ...of, until: null, reason: keep[1], at: manifest.times.recorded }
        : null,
      accept: null,
      unreadable: [],
    };
  }

  *#reconciliation(): Generator<Written> {
    const { id: manager, reconciled = [1, 'clean'] } = this.#profile;
    if (reconciled === null) return;
    const [hoursAgo, outcome] = reconciled;
    const at = new Date(this.#now.getTime() - hours(hoursAgo));
    const record: ReconciliationRecord = {
      schema: 'cloudify-offsite/reconciliation/1',
      ...{ manager, outcome, managerAsked: true, finishedAt: at.toISOString() },
      message: `Nothing is odd about manager ${manager}: schedule, records and storage agree.`,
      counts: { open: outcome === 'findings' ? 1 : 0, couldBe: 0, done: outcome === 'repaired' ? 1 : 0, failed: 0 },
    };
    yield { key: reconciliationOf(manager), record, at, isSigned: true };
  }

  *records(): Generator<Written> {
    yield* this.#reconciliation();
    const { id, signedFor = Number.POSITIVE_INFINITY, tests = [] } = this.#profile;
    for (const run of this.#runs) {
      yield {
        key: keysOf(id, run.snapshot).run,
        record: run,
        at: new Date(run.endedAt ?? run.claimedAt),
        isSigned: false,
      };
    }
    for (const { manifest, entry } of this.#left) {
      const keys = keysOf(id, manifest.snapshot.id);
      const at = new Date(manifest.times.recorded);
      const isSigned = readyAt(entry) > this.#now.getTime() - days(Math.min(signedFor, 4000));
      yield { key: keys.manifest, record: manifest, at, isSigned };
      if (entry.mark) yield { key: keys.mark, record: entry.mark, at: new Date(entry.mark.checkedAt), isSigned: true };
      if (entry.keep) yield { key: keys.keep, record: entry.keep, at, isSigned: true };
    }
    for (const [ago, state, purpose] of tests) {
      const started = new Date(this.#now.getTime() - days(ago));
      const evidence = evidenceOf({
        manager: id,
        started,
        state,
        size: this.#profile.bytes,
        version: this.#profile.version,
        items: this.#profile.items,
        purpose: purpose ?? 'drill',
      });
      yield {
        key: restoreKeysOf(evidence.manager, evidence.restore).evidence,
        record: evidence,
        at: new Date(evidence.times.recorded),
        isSigned: true,
      };
    }
  }
}

const RANDOM_FAULT = [0, 0, 'ManagerBusy', 'Another snapshot was at work for two hours.'] as const;

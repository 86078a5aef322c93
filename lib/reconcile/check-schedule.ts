import { days, hours, minutes } from '../base/durations.ts';
import { snapshotIdAt, timeOfSnapshotId } from '../base/ids.ts';
import { mayBeGone } from '../catalogue/catalogue.ts';
import { isRestorable } from '../catalogue/entry.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { parseSchedule, runsBetween } from '../config/schedule.ts';
import { keysOf } from '../storage/layout.ts';
import { shortestLife } from './expiry-times.ts';
import type { Finding } from './findings.ts';
import { type Observed, SLOT_DAYS } from './observe.ts';

/** A slot of which nothing is known yet may still be on its way: the flexible window on top, a scheduler that retries. */
const GRACE_MS = hours(4);

export interface ScheduleCheck {
  readonly findings: readonly Finding[];
  /** Slots that were looked at, and how many of them have no archive. */
  readonly slots: number;
  readonly missing: number;
}

/** Schedule × runs × manifests: times without an archive, runs without an end, runs that lost their manifest. */
export function judgeSchedule(view: Observed, rules: ManagerRules): ScheduleCheck {
  const slots = slotsOf(view, rules);
  const made = timesMade(view, rules);
  const grace = GRACE_MS + minutes(rules.flexibleMinutes ?? 0);
  const missing = slots.flatMap((slot, at) => {
    const [before, after] = [slots[at - 1], slots[at + 1]];
    return isCovered(slot, [before, after], made) ? [] : missingRun(view, slot, grace);
  });
  return {
    findings: [...noArchive(view, rules), ...missing, ...runs(view, rules)],
    slots: slots.length,
    missing: missing.length,
  };
}

/** Slots of the last week, from the first run that anything is known of: what was not set up yet is not missing. */
function slotsOf({ now, runs, retention }: Observed, { schedule, timeZone }: ManagerRules): readonly Date[] {
  const ids = [...runs.keys(), ...retention.decisions.map(({ entry }) => entry.manifest.snapshot.id)];
  const known = ids.flatMap((id) => timeOfSnapshotId(id)?.getTime() ?? []);
  if (schedule === undefined || known.length === 0) return [];
  const from = Math.max(now.getTime() - days(SLOT_DAYS), Math.min(...known));
  return runsBetween(schedule, timeZone, inStep(new Date(from), schedule, known), now);
}

/**
 * A rate counts from the creation of its schedule, which nobody here knows, but its runs tell. With another beat than
 * theirs every slot has one of two runs around it, and a single missing one is never seen.
 */
export function inStep(from: Date, schedule: string, known: readonly number[]): Date {
  const parsed = parseSchedule(schedule);
  const run = Math.min(...known.filter((time) => time >= from.getTime()));
  if (parsed.kind !== 'rate' || !Number.isFinite(run)) return from;
  return new Date(from.getTime() + ((run - from.getTime()) % parsed.milliseconds));
}

/**
 * The times of all archives that are there, and of those that short days may have let go within the week: their runs
 * succeeded.
 */
function timesMade({ retention, runs, now }: Observed, { retention: policy }: ManagerRules): number[] {
  const recorded = retention.decisions.map(({ entry }) => entry.manifest.snapshot.id);
  const succeeded = [...runs].flatMap(([id, { record }]) => (record?.state === 'succeeded' ? [id] : []));
  const timesOf = (ids: readonly string[]) => ids.flatMap((id) => timeOfSnapshotId(id)?.getTime() ?? []);
  const mayBeGone = (time: number) => now.getTime() - time >= shortestLife(policy);
  return [...timesOf(recorded), ...timesOf(succeeded).filter(mayBeGone)];
}

/**
 * A slot is covered by an archive of its own, or by one that was made between its neighbours: somebody may have moved the
 * schedule, or repeat the run by hand at another time.
 */
function isCovered(slot: Date, [before, after]: readonly (Date | undefined)[], made: readonly number[]): boolean {
  const [from, to] = [before?.getTime() ?? slot.getTime() - days(1), after?.getTime() ?? Number.POSITIVE_INFINITY];
  return made.some((time) => time === slot.getTime() || (time > from && time < to));
}

function missingRun(view: Observed, slot: Date, graceMs: number): Finding[] {
  const { manager, now, runs } = view;
  const id = snapshotIdAt(slot);
  const run = runs.get(id);
  if (run?.isAtWork || isUnreadable(view, id)) return [];
  if (!run && now.getTime() - slot.getTime() < graceMs) return [];
  const why = run?.record
    ? run.record.state === 'failed'
      ? `its run failed with ${run.record.error ?? 'an error'}`
      : `its run is "${run.record.state}" and has made none`
    : 'nothing was started';
  const message = `Manager ${manager} has no archive of ${slot.toISOString()}: ${why}. Run it again: export with "scheduledTime": "${slot.toISOString()}".`;
  return [{ kind: 'MissingNight', about: id, message }];
}

/** As the index has it: its time was over, or somebody has accepted that it is gone. */
function hasExpired({ retention, now }: Observed, snapshot: string): boolean {
  const { index, absent } = retention.catalogue;
  const row = index.rows.get(snapshot);
  return row !== undefined && (mayBeGone(row, now) || !absent.some((one) => one.snapshot === snapshot));
}

function isUnreadable({ manager, retention }: Observed, snapshot: string): boolean {
  return retention.catalogue.unreadable.some(({ key }) => key === keysOf(manager, snapshot).manifest);
}

function noArchive({ manager, retention, runs }: Observed, { schedule }: ManagerRules): Finding[] {
  if (retention.decisions.some(({ entry }) => isRestorable(entry))) return [];
  if (schedule === undefined && runs.size === 0 && retention.decisions.length === 0) return [];
  const some = retention.decisions.length > 0 ? `none of the ${retention.decisions.length} that are recorded` : 'none';
  const message = `Manager ${manager} has ${some === 'none' ? 'no archive' : 'no valid archive'} in the bucket (${some} can be restored). Run an export now; if there were some already, see why they failed.`;
  return [{ kind: 'NoVerifiedArchive', about: manager, message }];
}

/** Runs by themselves, scheduled or not. */
function runs(view: Observed, { retention: policy }: ManagerRules): Finding[] {
  const { manager, runs: seen, retention } = view;
  const recorded = new Set(retention.decisions.map(({ entry }) => entry.manifest.snapshot.id));
  return [...seen].flatMap(([id, { record, why, isAtWork }]): Finding[] => {
    const { run, manifest } = keysOf(manager, id);
    if (!record) {
      const message = `${why ?? `${run} cannot be read.`} Until then that run cannot be started again.`;
      return [{ kind: 'UnreadableRecord', about: run, message }];
    }
    if (record.state === 'running' && !isAtWork && !recorded.has(id)) {
      const message = `The run ${id} of manager ${manager} never ended; its execution no longer exists (${record.execution}). Start the run again: it takes that one over.`;
      return [{ kind: 'UnfinishedRun', about: id, message }];
    }
    if (
      record.state === 'succeeded' &&
      !recorded.has(id) &&
      !isUnreadable(view, id) &&
      !hasExpired(view, id) &&
      ageOf(view, id) < shortestLife(policy)
    ) {
      const message = `The run ${id} of manager ${manager} succeeded, and ${manifest} is missing, and has not expired. Find out which program removed it. Its archive counts for nothing without it: bring back the version before, if there is one.`;
      return [{ kind: 'LostManifest', about: manifest, message }];
    }
    return [];
  });
}

function ageOf({ now }: Observed, id: string): number {
  return now.getTime() - (timeOfSnapshotId(id)?.getTime() ?? 0);
}

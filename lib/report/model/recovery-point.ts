import { seconds } from '../../base/durations.ts';
import { isRestorable, readyAt } from '../../catalogue/entry.ts';
import type { ManagerFacts } from '../facts/manager-facts.ts';
import type { Period } from './period.ts';
import type { Run } from './runs.ts';

/** A time without a newer restorable archive: what would have been lost if the manager had died at its end. */
export interface Gap {
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
}

/** The loss of data that was possible, and is now. */
export interface RecoveryPoint {
  /** The longest of the period; null: there was no archive to reckon from. */
  readonly longest: Gap | null;
  /** Gaps longer than the target, the longest first. */
  readonly over: readonly Gap[];
  readonly targetSeconds: number | null;
}

const MOST_GAPS = 10;

/**
 * From content to content of archives that could be restored, the first from before the period, the last one until its end.
 * Runs whose archive has expired count with their slot.
 */
export function recoveryPointOf(
  { entries }: Pick<ManagerFacts, 'entries'>,
  runs: readonly Run[],
  { since, until }: Period,
  targetHours: number | undefined,
): RecoveryPoint {
  const expired = runs.flatMap((run) => (run.isExpired && run.contentAt ? [Date.parse(run.contentAt)] : []));
  const times = [...entries.filter(isRestorable).map(readyAt), ...expired].sort((a, b) => a - b);
  const before = times.findLast((time) => time < since.getTime());
  const within = times.filter((time) => time >= since.getTime() && time < until.getTime());
  const points = [...(before === undefined ? [] : [before]), ...within];
  const gaps = points.map((from, at): Gap => {
    const to = points[at + 1] ?? until.getTime();
    const facts = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    return { ...facts, seconds: Math.max(0, Math.round((to - from) / seconds(1))) };
  });
  const byLength = [...gaps].sort((a, b) => b.seconds - a.seconds);
  const targetSeconds = targetHours === undefined ? null : targetHours * SECONDS_OF_AN_HOUR;
  const over = targetSeconds === null ? [] : byLength.filter((gap) => gap.seconds > targetSeconds);
  return { longest: byLength[0] ?? null, over: over.slice(0, MOST_GAPS), targetSeconds };
}

const SECONDS_OF_AN_HOUR = 60 * 60;

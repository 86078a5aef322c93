import { days } from '../base/durations.ts';
import { type Entry, isGood, readyAt } from '../catalogue/entry.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import type { Decision } from '../retention/decide.ts';
import { EARLY_DAYS, mayBeHiddenFrom } from '../retention/expiry.ts';
import type { StoredVersion } from '../storage/versions.ts';

/** When it has much to do it takes days. */
const LATE_DAYS = 3;

/** The shortest time that anything of ours stays in sight, in ms. */
export function shortestLife({ days: lives, undoDays }: RetentionPolicy): number {
  return days(Math.min(...Object.values(lives)) - undoDays - EARLY_DAYS);
}

/** When a lifecycle rule hides this archive and its manifest; undefined: no rule is about it. */
function hiddenFrom({ entry, expire }: Decision, policy: RetentionPolicy): number | undefined {
  const stored = entry.stored?.storedAt.getTime() ?? Date.parse(entry.manifest.times.stored);
  return mayBeHiddenFrom(stored, expire, policy);
}

/** Whether it may be hidden or gone by now, as retention wants it. */
export function mayBeGone(decision: Decision, policy: RetentionPolicy, now: Date): boolean {
  const from = hiddenFrom(decision, policy);
  return from !== undefined && now.getTime() >= from - days(EARLY_DAYS);
}

/**
 * When an archive began to count as good: recorded, or accepted by a person. That a scrub took its word of damage back
 * cannot be seen: a mark tells of the last reading, which may be the tenth that found it sound.
 */
function goodSince({ manifest, accept }: Entry): number {
  return Math.max(Date.parse(manifest.times.recorded), Date.parse(accept?.at ?? '') || 0);
}

/**
 * Whether S3 should long have removed it. Its time may have begun late: when the newer ones that took its place had become
 * good ones, or when nobody kept it any more.
 */
export function isOverdue(
  decision: Decision,
  replaced: ReadonlyMap<Decision, number>,
  policy: RetentionPolicy,
  now: Date,
): boolean {
  const from = hiddenFrom(decision, policy);
  if (from === undefined) return false;
  const letGo = replaced.get(decision) ?? now.getTime();
  const until = Date.parse(decision.entry.keep?.until ?? '') || 0;
  return now.getTime() >= Math.max(from, letGo, until) + days(LATE_DAYS);
}

/**
 * Since when there have been `held` good ones newer than each, in ms; of what has fewer newer ones nothing. From the newest
 * to the oldest in one go: `decisions` come by the time of their content, the oldest first.
 */
export function replacedSince(decisions: readonly Decision[], held: number): ReadonlyMap<Decision, number> {
  const replaced = new Map<Decision, number>();
  /** The earliest of those that are newer, in order: `held` at most. */
  let earliest: number[] = [];
  let sameTime: number[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const decision of [...decisions].reverse()) {
    const { entry } = decision;
    if (readyAt(entry) < before) {
      earliest = [...earliest, ...sameTime].sort((a, b) => a - b).slice(0, held);
      sameTime = [];
      before = readyAt(entry);
    }
    const since = earliest[held - 1];
    if (since !== undefined) replaced.set(decision, since);
    if (isGood(entry)) sameTime.push(goodSince(entry));
  }
  return replaced;
}

/**
 * Whether S3 is about to expire an archive of which it has hidden the manifest already: it works through a bucket for
 * hours, in an order of its own.
 */
export function isGoing(manifestHiddenAt: Date, storedAt: Date, policy: RetentionPolicy, now: Date): boolean {
  const isOld = now.getTime() - storedAt.getTime() >= shortestLife(policy);
  return isOld && now.getTime() - manifestHiddenAt.getTime() < days(LATE_DAYS);
}

/** By when a rule has removed a version that is hidden, if any does; a lock that it may have holds it longer. In ms. */
export function goneBy(
  { storedAt, hiddenAt }: Pick<StoredVersion, 'storedAt'> & { readonly hiddenAt: Date },
  { retention, lock }: Pick<ManagerRules, 'retention' | 'lock'>,
): number {
  const undone = hiddenAt.getTime() + days(retention.undoDays + EARLY_DAYS);
  const unlocked = lock ? storedAt.getTime() + days(lock.days) : 0;
  return Math.max(undone, unlocked) + days(LATE_DAYS);
}

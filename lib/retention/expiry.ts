import { days } from '../base/durations.ts';
import { type ExpireTag, lifecycleRules } from '../config/lifecycle.ts';
import { CLASSES, type RetentionPolicy, type StorageClass, transitionOf } from '../config/retention.ts';
import type { StoredVersion } from '../storage/versions.ts';

/** S3 rounds the end of a rule's days up to the next midnight UTC (aws: object lifecycle). */
function midnightAfter(time: number): number {
  return Math.ceil(time / days(1)) * days(1);
}

/**
 * When S3 lets an archive go, at the earliest; it works through a bucket in the hours after midnight, now and then a day
 * later.
 */
export interface Expiry {
  /** A delete marker hides it. Until it is gone, who removes the marker has it back. */
  readonly hiddenAt: Date;
  /** The last byte goes. */
  readonly goneAt: Date;
}

/**
 * What the rules do to a version with that tag. Its days count from its own beginning, whatever held it meanwhile: one that
 * was let go (`from`) when they were over goes at the next midnight. Null: no rule is about it.
 */
export function expiryOf(
  { storedAt, hiddenAt }: Pick<StoredVersion, 'storedAt' | 'hiddenAt'>,
  expire: ExpireTag,
  policy: RetentionPolicy,
  from: Date,
): Expiry | null {
  const rule = lifecycleRules(policy).find(({ tag }) => tag?.value === expire);
  if (!rule?.expirationDays || !rule.noncurrentDays) return null;
  const due = midnightAfter(storedAt.getTime() + days(rule.expirationDays));
  const hidden = hiddenAt?.getTime() ?? Math.max(due, midnightAfter(from.getTime()));
  const gone = Math.max(midnightAfter(hidden + days(rule.noncurrentDays)), midnightAfter(from.getTime()));
  return { hiddenAt: new Date(hidden), goneAt: new Date(gone) };
}

/** S3 works off its rules once a day, and rounds up to the next midnight UTC (aws: lifecycle rules). */
export const EARLY_DAYS = 1;

/** From when a rule may have hidden an archive with that tag and its manifest, in ms; undefined: no rule is about it. */
export function mayBeHiddenFrom(
  stored: number,
  expire: ExpireTag,
  { days: lives, undoDays }: RetentionPolicy,
): number | undefined {
  const name = CLASSES.find((each) => each === expire);
  return name === undefined ? undefined : stored + days(lives[name] - undoDays);
}

/** Where its bytes are at that time: where storage says, unless a rule has moved them since. */
export function storageClassAt(
  { storedAt, storageClass }: Pick<StoredVersion, 'storedAt' | 'storageClass'>,
  expire: ExpireTag,
  policy: RetentionPolicy,
  at: Date,
): string {
  const transition = expire === 'held' || expire === 'kept' ? undefined : transitionOf(policy, expire);
  if (!transition || storageClass !== 'STANDARD') return storageClass;
  const moves = midnightAfter(storedAt.getTime() + days(transition.days));
  return at.getTime() >= moves ? (transition.storageClass satisfies StorageClass) : storageClass;
}

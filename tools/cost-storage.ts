import { days } from '../lib/base/durations.ts';
import {
  CLASSES,
  type RetentionClass,
  RetentionPolicy,
  type StorageClass,
  transitionOf,
} from '../lib/config/retention.ts';
import { periodsAt } from '../lib/retention/calendar.ts';
import { PRICES } from './cost-prices.ts';

/** How a policy fills the bucket in the long run: an archive each night, until as many go as come. */

export interface Stored {
  /** Archives that are there on an average day. */
  readonly archives: number;
  readonly byClass: Readonly<Record<StorageClass, number>>;
  /** Of them hidden behind a delete marker already. */
  readonly noncurrent: number;
  /** Archives that the lifecycle moves in a month. */
  readonly movedPerMonth: Readonly<Record<StorageClass, number>>;
}

/** The class of each night is that of retention: the most lasting of which it is the first. */
function* nights(count: number): Generator<RetentionClass> {
  const taken = new Set<string>();
  const first = Date.parse('2020-01-01T03:00:00Z');
  for (let night = 0; night < count; night++) {
    const periods = periodsAt(first + days(night), 'UTC');
    yield CLASSES.find((each) => !taken.has(`${each} ${periods[each]}`)) ?? 'daily';
    for (const each of CLASSES) taken.add(`${each} ${periods[each]}`);
  }
}

/** The average of a year, after everything that is kept has come to its end once. */
export function storedBy(given: unknown): Stored {
  const policy = RetentionPolicy.parse(given);
  const longest = Math.max(...Object.values(policy.days));
  const counted = [...nights(longest + 730)].slice(-365 - longest);
  const byClass = { STANDARD: 0, STANDARD_IA: 0, GLACIER_IR: 0 };
  const movedPerMonth = { ...byClass };
  let noncurrent = 0;
  for (const [at, name] of counted.entries()) {
    // The days of the last 365 on which this archive is there.
    const age = (day: number) => day - at;
    const move = transitionOf(policy, name);
    for (let day = Math.max(longest, at); day < counted.length; day++) {
      if (age(day) >= policy.days[name]) break;
      byClass[move && age(day) >= move.days ? move.storageClass : 'STANDARD'] += 1 / 365;
      if (age(day) >= policy.days[name] - policy.undoDays) noncurrent += 1 / 365;
    }
    if (move && at >= counted.length - 365) movedPerMonth[move.storageClass] += 1 / 12;
  }
  const archives = Object.values(byClass).reduce((sum, one) => sum + one, 0);
  return { archives, byClass, noncurrent, movedPerMonth };
}

const storageClasses = Object.keys(PRICES.storage) as StorageClass[];

/** Dollars a month for archives of that size. */
export function storageCost({ byClass, movedPerMonth }: Stored, sizeGiB: number): number {
  const of = (name: StorageClass) =>
    byClass[name] * sizeGiB * PRICES.storage[name] + (movedPerMonth[name] * PRICES.s3Transitions[name]) / 1000;
  return storageClasses.reduce((sum, name) => sum + of(name), 0);
}

/** Weeks in a month, and the share of archives that a weekly verification reads. */
export const VERIFIED_PER_MONTH = 0.1 * (365 / 12 / 7);

/** What S3 takes for the bytes that a month's verifications read. */
export function retrievalCost({ byClass }: Stored, sizeGiB: number): number {
  return storageClasses.reduce(
    (sum, name) => sum + byClass[name] * sizeGiB * VERIFIED_PER_MONTH * PRICES.retrieval[name],
    0,
  );
}

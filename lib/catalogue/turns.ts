import { crc32 } from 'node:zlib';
import { days } from '../base/durations.ts';

/** What is known already is looked at again once in so many days: a hand in the bucket, and a byte that rots, tell nobody. */
const ROUND_DAYS = 30;

/**
 * Whose turn it is: the `newest` always, of the others each on one day of thirty. `snapshots`: the oldest first. Without a date
 * the newest alone.
 */
export function turnsOf(
  snapshots: readonly string[],
  { newest, today }: { readonly newest: number; readonly today: Date | undefined },
): ReadonlySet<string> {
  const day = today && Math.floor(today.getTime() / days(1)) % ROUND_DAYS;
  const older = snapshots.slice(0, -newest).filter((snapshot) => crc32(snapshot) % ROUND_DAYS === day);
  return new Set([...older, ...snapshots.slice(-newest)]);
}

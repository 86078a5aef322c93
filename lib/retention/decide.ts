import { type Entry, isGood, isKept, isStored, readyAt } from '../catalogue/entry.ts';
import type { ExpireTag } from '../config/lifecycle.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { CLASSES, type RetentionClass } from '../config/retention.ts';
import { type Periods, periodsAt } from './calendar.ts';

/** What becomes of one archive. */
export interface Decision {
  readonly entry: Entry;
  /** By its place in the calendar, whatever holds it now. */
  readonly class: RetentionClass;
  readonly expire: ExpireTag;
  readonly reason: Reason;
}

/** Why an archive has its tag: `held` among the newest good ones, `doubtful` newer than those, and so on. */
type Reason =
  | { readonly kind: 'kept' }
  /** From 1, the newest; 0 has one of which a record cannot be read, on top of the others. */
  | { readonly kind: 'held'; readonly place: number }
  | { readonly kind: 'doubtful'; readonly place: number }
  | { readonly kind: 'class'; readonly period: string };

type Rules = Pick<ManagerRules, 'timeZone' | 'retention'>;

/**
 * Decides on every archive of a manager, from what is recorded and nothing else, so that it comes to the same whenever and
 * however often it is asked. `entries`: the oldest first, as the catalogue gives them.
 *
 * **Held** are the newest N good ones: the floor that no failure of later runs can wear away. Of those that do not
 * count (content odd, damaged) and are newer than that floor, the newest N as well: perhaps the manager really has become
 * so small, and then they are the only ones that are current. They take nobody's place.
 */
export function decide(entries: readonly Entry[], { timeZone, retention }: Rules, at: Date): Decision[] {
  const places = heldPlaces(entries, retention.held);
  const classes = classesOf(entries, timeZone);
  return entries.map((entry) => {
    const { name, period } = classes.get(entry) ?? { name: 'daily' as const, period: '' };
    const held = places.get(entry);
    if (isKept(entry, at)) return { entry, class: name, expire: 'kept', reason: { kind: 'kept' } };
    if (held) return { entry, class: name, expire: 'held', reason: held };
    return { entry, class: name, expire: name, reason: { kind: 'class', period } };
  });
}

type HeldReason = Extract<Reason, { kind: 'held' | 'doubtful' }>;

const isKnown = ({ unreadable }: Entry) => unreadable.length === 0;

function heldPlaces(entries: readonly Entry[], most: number): Map<Entry, HeldReason> {
  const newestFirst = [...entries].reverse();
  const good = newestFirst.filter(isGood).slice(0, most);
  // With fewer good ones than there should be, all that is left may be needed.
  const floor = good.length < most ? undefined : good.at(-1);
  const doubtful = newestFirst
    .slice(0, floor ? newestFirst.indexOf(floor) : undefined)
    .filter((entry) => isStored(entry) && !isGood(entry));
  // One that counts for nothing because a record of it cannot be read must not push another one out.
  const places = new Map(doubtful.filter(isKnown).map((entry, at) => [entry, at + 1]));
  const held = doubtful.filter((entry) => !isKnown(entry) || (places.get(entry) ?? 0) <= most);
  return new Map<Entry, HeldReason>([
    ...good.map((entry, at) => [entry, { kind: 'held' as const, place: at + 1 }] as const),
    ...held.map((entry) => [entry, { kind: 'doubtful' as const, place: places.get(entry) ?? 0 }] as const),
  ]);
}

/**
 * The class of each: the most lasting of which no good one was there before it. One that is not good leaves the place to
 * the next good one; but a second one of them in the same year is not yearly again, or a hundred odd runs would be.
 */
function classesOf(entries: readonly Entry[], timeZone: string): Map<Entry, { name: RetentionClass; period: string }> {
  const byGood = new Set<string>();
  const byAny = new Set<string>();
  return new Map(
    entries.map((entry) => {
      const periods: Periods = periodsAt(readyAt(entry), timeZone);
      const taken = isGood(entry) ? byGood : byAny;
      // A second one of the same day is first of nothing, and stays as long as a daily one.
      const name = CLASSES.find((each) => !taken.has(`${each} ${periods[each]}`)) ?? 'daily';
      for (const each of CLASSES) {
        if (isStored(entry)) byAny.add(`${each} ${periods[each]}`);
        if (isGood(entry)) byGood.add(`${each} ${periods[each]}`);
      }
      return [entry, { name, period: periods[name] }];
    }),
  );
}

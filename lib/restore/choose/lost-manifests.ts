import { ArchiveGone, RecordForged } from '../../base/errors.ts';
import { timeOfSnapshotId } from '../../base/ids.ts';
import type { Entry, Unreadable } from '../../catalogue/entry.ts';
import { optionWords } from '../option-words.ts';
import { adviceOf, type NextGood } from './next-good.ts';
import { firstOf } from './passed-over.ts';

/** Manifests that cannot be read may be of newer archives than the one that is found, and those that were removed or forged. */
export function mayBeNewer(
  unreadable: readonly Unreadable[],
  found: Entry | undefined,
  asOf: Date | undefined,
): Unreadable[] {
  return unreadable.filter((one) => {
    const time = timeOfLost(one);
    if (!Number.isFinite(time)) return true;
    // Without a row in the index only its name tells the time: when its run was scheduled.
    const since = one.takenAt === undefined ? found?.manifest.times.scheduled : found?.manifest.times.snapshotReady;
    return (asOf === undefined || time <= asOf.getTime()) && (since === undefined || time >= Date.parse(since));
  });
}

/** When its content was finished, in ms, as the index has it, else by its name; infinite: nothing tells. */
export function timeOfLost({ takenAt, snapshot }: Unreadable): number {
  return takenAt === undefined
    ? (timeOfSnapshotId(snapshot)?.getTime() ?? Number.POSITIVE_INFINITY)
    : Date.parse(takenAt);
}

/** Those that somebody removed or forged, the newest first: to go on with an older one is for a person to decide. */
export function lostIn(unreadable: readonly Unreadable[]): Unreadable[] {
  const lost = unreadable.filter(({ isForged, fault }) => isForged || fault === 'missing');
  return lost.sort((a, b) => timeOfLost(b) - timeOfLost(a));
}

/** How to restore it although nobody knows who wrote its record. */
export function insistText({ why, fault }: Unreadable): string {
  return fault === 'swapped' ? why : `${why} To restore it all the same: ${optionWords.acceptUnsigned}.`;
}

interface Advised {
  readonly manager: string;
  readonly next: NextGood | null;
  readonly now: Date;
}

/** The newest archive is not to be restored, as its manifest is gone or none. */
export function lostRefusal(
  newest: Unreadable,
  others: readonly Unreadable[],
  advised: Advised,
): ArchiveGone | RecordForged {
  const { snapshot, fault, why } = newest;
  const ids = others.map((one) => one.snapshot);
  const more = ids.length > 0 ? ` Nor can ${firstOf(ids)}.` : '';
  const head = `The newest archive of manager ${advised.manager}, ${snapshot}, cannot be restored.`;
  const advice = adviceOf({ ...advised, maySkip: true });
  if (fault === 'missing') return new ArchiveGone(`${head} ${why}${more} ${advice}`);
  return new RecordForged(`${head} ${insistText(newest)}${more} ${advice}`);
}

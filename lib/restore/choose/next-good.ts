import { days, hours } from '../../base/durations.ts';
import { ArchiveDamaged, ArchiveGone, OffsiteError } from '../../base/errors.ts';
import { isDamage } from '../../catalogue/damage.ts';
import { type Entry, isRestorable } from '../../catalogue/entry.ts';
import { optionWords } from '../option-words.ts';
import type { Selection } from '../state.ts';
import { firstOf } from './passed-over.ts';

/** The archive that could be restored instead. */
export type NextGood = NonNullable<Selection['next']>;

export function nextOf(entry: Entry | undefined): NextGood | null {
  return entry ? { snapshot: entry.manifest.snapshot.id, takenAt: entry.manifest.times.snapshotReady } : null;
}

/** Who is advised, and when: an archive that was named has no `--skip-damaged`. */
interface Advised {
  readonly manager: string | null;
  readonly next: NextGood | null | undefined;
  readonly maySkip: boolean;
  readonly now: Date;
}

/** Which archive to take instead, how old it is, and how to take it. */
export function adviceOf({ manager, next, maySkip, now }: Advised): string {
  if (!next) return `There is no other archive of manager ${manager} that could be restored instead.`;
  const { snapshot, takenAt } = next;
  const skip = maySkip ? `, or add ${optionWords.skipDamaged}` : '';
  return `The next valid archive is ${snapshot}, finished ${takenAt}, ${ageOf(takenAt, now)} old: run the same restore with ${optionWords.archive(snapshot)}${skip}.`;
}

/** The same for an archive that was selected, and turned out to be damaged. */
export function adviceFor({ manager, next, named }: Selection, now: Date): string {
  return adviceOf({ manager, next, maySkip: named !== true, now });
}

/** Gives an error that was met when the selected archive was read; one about its bytes says what to restore instead. */
export function withAdvice(error: unknown, selection: Selection, now: Date): unknown {
  if (!(error instanceof OffsiteError) || selection.from === 'url') return error;
  if (error instanceof ArchiveGone) return new ArchiveGone(`${error.message} ${adviceFor(selection, now)}`);
  if (error instanceof ArchiveDamaged || !isDamage(error.name)) return error;
  return new ArchiveDamaged(`${error.message} ${adviceFor(selection, now)}`);
}

export function ageOf(time: string, now: Date): string {
  const age = Math.max(0, now.getTime() - Date.parse(time));
  if (age >= days(2)) return `${Math.floor(age / days(1))} days`;
  return age >= hours(1) ? `${Math.floor(age / hours(1))} h` : 'less than an hour';
}

interface Bad {
  /** The newest that was asked for, and the others between it and the next good one. */
  readonly newest: Entry;
  readonly others: readonly string[];
  readonly place: string;
}

/** The newest archive is not to be restored, by what is known without reading it. */
export function refusalOf(
  { newest, others, place }: Bad,
  advised: Omit<Advised, 'maySkip'>,
): ArchiveGone | ArchiveDamaged {
  const { snapshot } = newest.manifest;
  const more = others.length > 0 ? ` Nor can ${firstOf(others)}.` : '';
  const text = `The newest archive of manager ${advised.manager}, ${snapshot.id}, cannot be restored: ${whyNot(newest, place)}.${more} ${adviceOf({ ...advised, maySkip: true })}`;
  return isGone(newest) ? new ArchiveGone(text) : new ArchiveDamaged(text);
}

export const isGone = ({ missing }: Entry) => missing === 'gone' || missing === 'other version';

/** Why it cannot be restored, as the list of versions and the marks have it; to follow a colon. */
export function whyNot(entry: Entry, place: string): string {
  const { manifest, missing, mark } = entry;
  const { key, versionId, size } = manifest.archive;
  if (isRestorable(entry)) return 'it was found damaged when it was read';
  if (missing === 'gone') return `${place} has no ${key} any more`;
  if (missing === 'other version') return `${place} has another version of ${key} than the verified ${versionId}`;
  if (missing === 'other size') return `${key} in ${place} does not have the ${size} bytes that were verified`;
  return `a verification found it damaged on ${mark?.checkedAt} (${mark?.error ?? 'no reason is recorded'})`;
}

import { type Entry, isAccepted, isDamaged, isFlagged, isKept, isStored } from '../../catalogue/entry.ts';
import { RECORD_NAMES } from '../../catalogue/unreadable-text.ts';

/** What is known of an archive beside that it was verified, the worst first. */
export function wordsOf(entry: Entry, now: Date): string[] {
  const { mark, keep, stored, unreadable } = entry;
  return [
    ...(isStored(entry) ? [] : ['GONE from the bucket']),
    ...(isDamaged(entry) ? [`DAMAGED (${mark?.error ?? 'no reason is recorded'})`] : []),
    ...(isFlagged(entry) ? ['holds much less than those before it'] : []),
    ...(isAccepted(entry) ? ['accepted as it is'] : []),
    ...(mark?.result === 'sound' ? [`read again ${mark.checkedAt.slice(0, 10)}`] : []),
    ...(isKept(entry, now) && keep ? [keep.until === null ? 'kept' : `kept until ${keep.until.slice(0, 10)}`] : []),
    ...(stored?.hiddenAt ? ['behind a delete marker'] : []),
    ...unreadable.map(({ kind }) => `its ${RECORD_NAMES[kind]} cannot be read`),
  ];
}

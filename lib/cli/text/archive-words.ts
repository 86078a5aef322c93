import { type Entry, isAccepted, isDamaged, isFlagged, isKept, type Missing } from '../../catalogue/entry.ts';
import { RECORD_NAMES } from '../../catalogue/unreadable-text.ts';

const MISSING: Readonly<Record<Missing, string>> = {
  gone: 'GONE from the bucket',
  'other version': 'GONE from the bucket, which has another version',
  'other size': 'DAMAGED (has another size)',
};

/** What is known of an archive beside that it was verified, the worst first. */
export function wordsOf(entry: Entry, now: Date): string[] {
  const { mark, keep, stored, missing, unreadable } = entry;
  return [
    ...(missing === null ? [] : [MISSING[missing]]),
    ...(isDamaged(entry) ? [`DAMAGED (${mark?.error ?? 'no reason is recorded'})`] : []),
    ...(isFlagged(entry) ? ['holds much less than those before it'] : []),
    ...(isAccepted(entry) ? ['accepted as it is'] : []),
    ...(mark?.result === 'sound' ? [`read again ${mark.checkedAt.slice(0, 10)}`] : []),
    ...(isKept(entry, now) && keep ? [keep.until === null ? 'kept' : `kept until ${keep.until.slice(0, 10)}`] : []),
    ...(stored?.hiddenAt ? ['behind a delete marker'] : []),
    ...unreadable.map(({ kind, isForged }) => `its ${RECORD_NAMES[kind]} ${isForged ? 'is FORGED' : 'cannot be read'}`),
  ];
}

import { type Entry, isAccepted, isDamaged, isFlagged, isKept, type Missing } from '../../catalogue/entry.ts';
import { RECORD_NAMES } from '../../catalogue/unreadable-text.ts';
import type { Terminal } from '../usage.ts';
import { localDay, localTime } from './local-time.ts';

const MISSING: Readonly<Record<Missing, string>> = {
  gone: 'MISSING from the bucket',
  'other version': 'MISSING from the bucket, which has another version',
  'other size': 'DAMAGED (has another size)',
};

/** What is known of an archive beside that it was verified, the worst first. */
export function wordsOf(entry: Entry, terminal: Pick<Terminal, 'clock' | 'timeZone'>): string[] {
  const now = terminal.clock.now();
  const { mark, keep, stored, missing, unreadable } = entry;
  return [
    ...(missing === null ? [] : [MISSING[missing]]),
    ...(isDamaged(entry) ? [`DAMAGED (${mark?.error ?? 'no reason is recorded'})`] : []),
    ...(isFlagged(entry) ? ['holds much less than those before it'] : []),
    ...(isAccepted(entry) ? ['accepted as it is'] : []),
    ...(mark?.result === 'sound' ? [`re-verified ${localDay(mark.checkedAt, terminal)}`] : []),
    ...(isKept(entry, now) && keep
      ? [keep.until === null ? 'kept' : `kept until ${localTime(keep.until, terminal)}`]
      : []),
    ...(stored?.hiddenAt ? ['behind a delete marker'] : []),
    ...unreadable.map(({ kind, isForged }) => `its ${RECORD_NAMES[kind]} ${isForged ? 'is FORGED' : 'cannot be read'}`),
  ];
}

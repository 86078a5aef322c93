import type { RecordKind } from '../storage/layout.ts';
import type { Unreadable } from './entry.ts';

const FOLLOWS: Readonly<Record<RecordKind, string>> = {
  manifest:
    'Until then its archive counts for nothing, as it is not known whether it is intact: it is in no list and no plan, and keeps the tag that it has.',
  mark: 'Until then its archive counts as damaged. A verification writes the record anew: offsite verify.',
  keep: 'Until then its archive is kept.',
  accept: 'Until then its content counts as not accepted. To accept it again, move the record away first.',
};

const ACCEPT = 'If it is to stay missing: offsite accept, which ends this message.';

/** The words of people for each kind of record. */
export const RECORD_NAMES = { manifest: 'manifest', mark: 'mark', keep: 'keep', accept: 'acceptance' } as const;

/** For a person: which record cannot be read or relied on and why, what to do, and what becomes of its archive. */
export function unreadableText({ kind, why, fault }: Pick<Unreadable, 'kind' | 'why' | 'fault'>): string {
  if (fault === 'missing') return `${why} ${ACCEPT}`;
  return `${why} ${FOLLOWS[kind]}`;
}

import { isDamaged, isFlagged, isStored } from '../catalogue/entry.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import type { Decision } from './decide.ts';

const PERIODS = { daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year' } as const;

/** Why an archive stays, in words: `the 2nd newest of 3 valid archives that are protected`. */
export function whyText({ entry, class: name, reason }: Decision, { held, days }: RetentionPolicy): string {
  if (!isStored(entry)) return 'the archive is missing, only its records are left';
  const odd = isDamaged(entry)
    ? 'damaged'
    : isFlagged(entry)
      ? 'its content is odd'
      : 'its verification record cannot be read';
  switch (reason.kind) {
    case 'kept': {
      const { keep } = entry;
      if (!keep) return 'kept: the wish cannot be read';
      const until = keep.until === null ? 'for ever' : `until ${keep.until.slice(0, 16).replace('T', ' ')}Z`;
      return keep.reason === undefined ? `kept ${until}` : `kept ${until}: ${keep.reason}`;
    }
    case 'held':
      return `the ${ordinal(reason.place)}newest of ${held} valid archives that are protected`;
    case 'doubtful':
      return `${odd}, and newer than the valid ones: protected, and not counted among them`;
    case 'class':
      return `${first(name, reason.period)}: ${days[name]} days`;
  }
}

function first(name: keyof typeof PERIODS, period: string): string {
  return name === 'daily' ? `daily (${period})` : `the first of the ${PERIODS[name]} ${period}`;
}

/** @example ordinal(22) is "22nd ", ordinal(1) is "" */
function ordinal(n: number): string {
  if (n === 1) return '';
  const last = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
  return `${n}${['th', 'st', 'nd', 'rd'][last] ?? 'th'} `;
}

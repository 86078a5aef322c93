import { hours } from '../../base/durations.ts';
import { type Entry, readyAt } from '../../catalogue/entry.ts';
import type { IndexHead } from '../../catalogue/index-records.ts';
import { ageOf } from './next-good.ts';

export interface Freshness {
  readonly manager: string;
  readonly now: Date;
  readonly entries: readonly Entry[];
  /** Its head, if it can be read. */
  readonly index: Pick<IndexHead, 'sequence' | 'at'> | undefined;
  /** How old the newest one may be; undefined: nothing says so. */
  readonly alarmAfterHours: number | undefined;
}

/**
 * A bucket that was put back whole as it once was, with its index, is genuine in every record. A machine that has never
 * seen a later index can notice one thing alone: the newest archive is older than the configuration allows.
 */
export function staleNotes(known: Freshness, newest: Entry): string[] {
  const { manager, now, entries, index, alarmAfterHours } = known;
  const at = readyAt(newest);
  if (alarmAfterHours === undefined || now.getTime() - at <= hours(alarmAfterHours)) return [];
  const age = ageOf(new Date(at).toISOString(), now);
  const of = index ? `Number ${index.sequence} of its index, of ${index.at}, is the last one here` : 'It has no index';
  return [
    `The newest archive of manager ${manager} is ${age} old, and the configuration allows ${alarmAfterHours} h. ${of}, with ${entries.length} ${entries.length === 1 ? 'archive' : 'archives'}. Either its exports have failed since, or newer archives and records were removed: compare with the notifications of its last runs before you restore.`,
  ];
}

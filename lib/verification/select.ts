import type { Entry } from '../catalogue/entry.ts';
import { refOf } from './state.ts';

/** One archive that could be read again. */
export interface Candidate {
  readonly ref: string;
  readonly snapshot: string;
  readonly size: number;
  /** By the latest mark, or not there at all. */
  readonly damaged: boolean;
  /** In a storage class that gives nothing without being asked hours before (GLACIER, DEEP_ARCHIVE). */
  readonly cold: boolean;
  /** When somebody last read every byte of it and said how it is: at export, or since. */
  readonly readAt: number;
}

const COLD: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function candidateOf({ manifest, mark, stored }: Entry): Candidate {
  const readAt = Math.max(Date.parse(manifest.verification.verifiedAt), Date.parse(mark?.checkedAt ?? '') || 0);
  const { manager, snapshot, archive } = manifest;
  return {
    ref: refOf(manager.id, snapshot.id),
    snapshot: snapshot.id,
    size: archive.size,
    cold: COLD.has(stored?.storageClass ?? ''),
    damaged: stored === null || mark?.result === 'damaged',
    readAt,
  };
}

/**
 * `percent` of a manager's archives, one at least: those that were read longest ago. So every archive is read again
 * within 100 / `percent` runs, rounded up, and a run that is missed costs its own time only. Damaged ones come first and
 * on top of that: somebody may have mended them.
 */
export function sampleOf(candidates: readonly Candidate[], percent: number): Candidate[] {
  const all = candidates.filter((one) => !one.cold);
  const damaged = byAge(all.filter((one) => one.damaged));
  const others = byAge(all.filter((one) => !one.damaged));
  return [...damaged, ...others.slice(0, Math.ceil((all.length * percent) / 100))];
}

function byAge(list: readonly Candidate[]): Candidate[] {
  return [...list].sort((a, b) => a.readAt - b.readAt || (a.ref < b.ref ? -1 : 1));
}

/** Damaged ones of all managers, then whatever was read longest ago. */
export function inOrder(chosen: readonly Candidate[]): Candidate[] {
  return [...byAge(chosen.filter((one) => one.damaged)), ...byAge(chosen.filter((one) => !one.damaged))];
}

/** What one archive adds to the history: its round of the Map, three states, seven events for each span to verify. */
const EVENTS_PER_ARCHIVE = 16;
const EVENTS_PER_SPAN = 7;
/** Of 25,000: the rest is for what has to be tried again. test/verify-limits.test.ts holds us to both. */
const EVENT_BUDGET = 15_000;
/** A verdict has some 60 bytes beside the archive's name; all of it has to fit a state of 32 KB. */
const STATE_BUDGET = 26_000;
const VERDICT_BYTES = 64;

/** As many, from the front, as one execution can carry: one at least. `spanSize`: bytes that one VerifySpan reads. */
export function thatFit(wanted: readonly Candidate[], spanSize: number): Candidate[] {
  let events = 0;
  let bytes = 0;
  const fitting: Candidate[] = [];
  for (const one of wanted.slice(0, 400)) {
    events += EVENTS_PER_ARCHIVE + EVENTS_PER_SPAN * spansOf(one.size, spanSize);
    bytes += one.ref.length + VERDICT_BYTES;
    if (fitting.length > 0 && (events > EVENT_BUDGET || bytes > STATE_BUDGET)) break;
    fitting.push(one);
  }
  return fitting;
}

/** At most (lib/zip/verify-spans.ts): a member that is larger than the rest of a span closes it early. */
function spansOf(size: number, spanSize: number): number {
  const span = Math.max(spanSize, size / 249);
  return Math.min(500, 2 * Math.ceil(size / span) + 1);
}

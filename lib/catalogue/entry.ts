import type { StoredVersion } from '../storage/versions.ts';
import type { AcceptRecord, KeepRecord, Manifest, MarkRecord } from './records.ts';

/** One recorded archive and all that is known of it. */
export interface Entry {
  readonly manifest: Manifest;
  /** The version that the manifest vouches for, as storage lists it; null when it is gone or has another size. */
  readonly stored: StoredVersion | null;
  /** The latest scrub's verdict on this very version. */
  readonly mark: MarkRecord | null;
  readonly keep: KeepRecord | null;
  /** A person has said that its content is as it should be, whatever the flags say. */
  readonly accept: AcceptRecord | null;
  /** Records that are there and cannot be read. Who decides assumes the worst: not good, and kept. */
  readonly unreadable: readonly ('mark' | 'keep')[];
}

/** The time of the content, by which archives are ordered: names tell only for when they were scheduled (complaint 51). */
export function readyAt({ manifest }: Pick<Entry, 'manifest'>): number {
  return Date.parse(manifest.times.snapshotReady);
}

export function isStored({ stored }: Entry): boolean {
  return stored !== null;
}

export function isDamaged({ mark }: Entry): boolean {
  return mark?.result === 'damaged';
}

/** Odd, and nobody has said that it is right so. An acceptance that cannot be read is none. */
export function isFlagged(entry: Entry): boolean {
  return (entry.manifest.flags?.length ?? 0) > 0 && !isAccepted(entry);
}

export function isAccepted({ accept }: Entry): boolean {
  return accept !== null;
}

/** It is there, it was verified (it has a manifest), no scrub found it damaged, and its content is not odd. */
export function isGood(entry: Entry): boolean {
  return isStored(entry) && !isDamaged(entry) && !isFlagged(entry) && !entry.unreadable.includes('mark');
}

/** What may be restored without anybody insisting: it is there and not known to be damaged. */
export function isRestorable(entry: Entry): boolean {
  return isStored(entry) && !isDamaged(entry);
}

/** Whether a person's wish to keep it holds at that time. */
export function isKept({ keep, unreadable }: Entry, at: Date): boolean {
  if (unreadable.includes('keep')) return true;
  return keep !== null && (keep.until === null || Date.parse(keep.until) > at.getTime());
}

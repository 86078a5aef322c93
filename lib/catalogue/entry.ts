import type { RecordKind } from '../storage/layout.ts';
import type { Standing } from '../storage/seal.ts';
import type { StoredVersion } from '../storage/versions.ts';
import type { RecordFault } from './record-fault.ts';
import type { AcceptRecord, KeepRecord, Manifest, MarkRecord } from './records.ts';

/** Why the version that a manifest vouches for does not count as stored, by the list of versions alone. */
export type Missing = 'gone' | 'other version' | 'other size';

/**
 * What is held in memory of a manifest, 1 KB: with an inventory for each of 200 tenants, those of 10,000 archives would be
 * 300 MB. Who needs all of it reads it again (`readRecord`).
 */
export interface KnownManifest extends Pick<Manifest, 'flags'> {
  readonly manager: Pick<Manifest['manager'], 'id'>;
  readonly snapshot: Pick<Manifest['snapshot'], 'id' | 'format' | 'version' | 'memberCount'>;
  readonly archive: Pick<Manifest['archive'], 'key' | 'versionId' | 'size' | 'crc32'>;
  /** How many ranges of the archive have a SHA-256, if any have. */
  readonly digestedRanges?: number | undefined;
  readonly verification: Pick<Manifest['verification'], 'verifiedAt'>;
  readonly inventory: Pick<Manifest['inventory'], 'totals'>;
  readonly times: Omit<Manifest['times'], 'started'>;
}

export function knownOf({
  manager,
  snapshot,
  archive,
  verification,
  inventory,
  flags,
  times,
}: Manifest): KnownManifest {
  const { id, format, version, memberCount } = snapshot;
  const { key, versionId, size, crc32 } = archive;
  const { scheduled, snapshotRequested, snapshotReady, stored, recorded } = times;
  return {
    manager: { id: manager.id },
    snapshot: { id, format, version, memberCount },
    archive: { key, versionId, size, crc32 },
    ...(archive.ranges ? { digestedRanges: archive.ranges.length } : {}),
    verification: { verifiedAt: verification.verifiedAt },
    inventory: { totals: inventory.totals },
    ...(flags ? { flags } : {}),
    times: { scheduled, snapshotRequested, snapshotReady, stored, recorded },
  };
}

/** One recorded archive and all that is known of it. */
export interface Entry {
  readonly manifest: KnownManifest;
  /** How the manifest stands to its signature; undefined: signatures are not looked at. */
  readonly standing?: Standing | undefined;
  /** The version that the manifest vouches for, as storage lists it; null when it is gone or has another size. */
  readonly stored: StoredVersion | null;
  /** With `stored` null only. */
  readonly missing: Missing | null;
  /** The latest scrub's verdict on this very version. */
  readonly mark: MarkRecord | null;
  readonly keep: KeepRecord | null;
  /** A person has said that its content is as it should be, whatever the flags say. */
  readonly accept: AcceptRecord | null;
  /** The manifest itself, as the index of archives names it. */
  readonly source?: ManifestSource;
  /** Of a mark that is signed with a key that is believed. */
  readonly markSource?: Pick<ManifestSource, 'etag' | 'key'> | undefined;
  /** Records that are there and cannot be read. Who decides assumes the worst: not good, not accepted, and kept. */
  readonly unreadable: readonly Unreadable[];
}

/** A manifest as it was read. */
export interface ManifestSource {
  /** SHA-256 without the signature, as canonical JSON. */
  readonly digest: string;
  readonly etag: string;
  readonly hasSignature: boolean;
  /** Fingerprint of the key that it is signed with; undefined: with none that is believed. */
  readonly key?: string;
}

/** A record that cannot be read, or relied on, or that is missing. `why`: a sentence with its key, and what to do. */
export interface Unreadable {
  readonly snapshot: string;
  readonly kind: RecordKind;
  readonly key: string;
  readonly why: string;
  /** It can be read, and is not what was signed. */
  readonly isForged: boolean;
  readonly fault: RecordFault;
  /** ISO time of the content, where the index has it. */
  readonly takenAt?: string;
}

export function isUnreadable({ unreadable }: Pick<Entry, 'unreadable'>, kind: RecordKind): boolean {
  return unreadable.some((one) => one.kind === kind);
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
  return isStored(entry) && !isDamaged(entry) && !isFlagged(entry) && !isUnreadable(entry, 'mark');
}

/** What may be restored without anybody insisting: it is there and not known to be damaged. */
export function isRestorable(entry: Entry): boolean {
  return isStored(entry) && !isDamaged(entry);
}

/**
 * The newest that may be restored, of entries that are in the order of their time. One whose mark cannot be read may be a
 * damaged one: it is taken only if there is no other.
 */
export function newestRestorable(entries: readonly Entry[]): Entry | undefined {
  const sure = (entry: Entry) => isRestorable(entry) && !isUnreadable(entry, 'mark');
  return entries.findLast(sure) ?? entries.findLast(isRestorable);
}

/** Whether a person's wish to keep it holds at that time. */
export function isKept(entry: Entry, at: Date): boolean {
  const { keep } = entry;
  if (isUnreadable(entry, 'keep')) return true;
  return keep !== null && (keep.until === null || Date.parse(keep.until) > at.getTime());
}

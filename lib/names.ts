import * as z from 'zod';

/**
 * A manager's name in this installation: part of S3 keys, of the secret's name and of metrics. Lower case, so that two
 * managers never differ by case only on a file system that ignores it.
 */
export const ManagerId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be 1-63 lower-case letters, digits or hyphens and begin with a letter');

/**
 * A snapshot id as managers accept it (contract.md §3.1: letter first, then letters, digits, `-`, `.`, `_`, at most 256).
 * Narrower than theirs on purpose: an id that could hold a slash or a dot segment deletes every snapshot of the manager
 * (`PUT /snapshots/../archive`, hazards.md K22). Ours also fit an S3 key and a file name.
 */
export const SnapshotId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,199}$/, 'must begin with a letter and hold only letters, digits, ".", "_" and "-"');

/** As an HTTP header carries it. */
export const TenantName = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1-256 letters, digits and signs of ASCII, without blanks');

/** Everything we make on a manager begins with this; nothing else is ever deleted there. */
export const OUR_PREFIX = 'offsite-';

/**
 * The snapshot id of a scheduled time: `offsite-20261122T020000Z`. Deterministic, so that a second delivery of the same
 * night meets the first one's claim and not a second snapshot. Seconds are kept: two manual runs a minute apart differ.
 */
export function snapshotIdAt(time: Date): string {
  return OUR_PREFIX + compactTime(time);
}

/** `20261122T020000Z`: a time that fits into ids and sorts by itself. */
export function compactTime(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

/** The time inside one of our snapshot ids, or undefined for anybody else's. */
export function timeOfSnapshotId(id: string): Date | undefined {
  const match = /^offsite-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(id);
  if (!match) return undefined;
  const [, y, mo, d, h, mi, s] = match;
  return new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Where the things of one snapshot are in the bucket. `archives/m1/2026/11/offsite-20261122T020000Z.zip` and so on. */
export function keysOf(manager: string, snapshot: string) {
  const month = monthOf(snapshot);
  return {
    archive: `archives/${manager}/${month}${snapshot}.zip`,
    manifest: `manifests/${manager}/${month}${snapshot}.json`,
    inspection: `inspections/${manager}/${month}${snapshot}.json`,
    mark: `marks/${manager}/${month}${snapshot}.json`,
    keep: `keeps/${manager}/${month}${snapshot}.json`,
    accept: `accepts/${manager}/${month}${snapshot}.json`,
    run: `runs/${manager}/${snapshot}.json`,
  };
}

/** The snapshot id in an archive key, the inverse of `keysOf`. */
export function snapshotOfArchiveKey(key: string): string | undefined {
  return /^archives\/[^/]+\/(?:\d{4}\/\d\d\/)?([^/]+)\.zip$/.exec(key)?.[1];
}

/** The records beside an archive that are listed to know what there is. */
export type RecordKind = 'manifest' | 'mark' | 'keep' | 'accept';

/** The snapshot id in the key of such a record of this manager; undefined for whatever else lies there. */
export function snapshotOfRecordKey(kind: RecordKind, manager: string, key: string) {
  const snapshot = /([^/]+)\.json$/.exec(key)?.[1] ?? '';
  return keysOf(manager, snapshot)[kind] === key ? snapshot : undefined;
}

/** The manager in such a key, whoever it is; undefined for what is no key of ours. */
export function managerOfRecordKey(kind: RecordKind, key: string): string | undefined {
  const manager = key.split('/')[1] ?? '';
  return ManagerId.safeParse(manager).success && snapshotOfRecordKey(kind, manager, key) ? manager : undefined;
}

function monthOf(snapshot: string): string {
  const time = timeOfSnapshotId(snapshot);
  return time ? `${time.toISOString().slice(0, 7).replace('-', '/')}/` : '';
}

/** Where the things of one restore are: the proof that it worked, or how it failed, and who is at work on the manager. */
export function restoreKeysOf(manager: string, restore: string) {
  return {
    evidence: `restores/${manager}/${restore}.json`,
    claim: `claims/${manager}.json`,
  };
}

import { ManagerId, timeOfSnapshotId } from '../base/ids.ts';

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

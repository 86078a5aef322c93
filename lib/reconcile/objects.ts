import type { StoredVersion } from '../archive/versions.ts';
import { keysOf, snapshotOfArchiveKey, timeOfSnapshotId } from '../names.ts';
import type { Finding } from './findings.ts';
import { FOLDERS, type View } from './look.ts';

/** Objects × manifests, the other way round: what is there is recorded, or has a reason. */
export function judgeObjects(view: View): Finding[] {
  return [...view.objects.flatMap((object) => judgeObject(view, object)), ...strangeRoots(view), ...openUploads(view)];
}

function judgeObject(view: View, { key, size, storedAt, hiddenAt }: StoredVersion): Finding[] {
  // What is hidden was removed or replaced: lifecycle rules take it away.
  if (hiddenAt !== null) return [];
  if (!isOurs(view.manager, key)) {
    const message = `${key} (${size} bytes, ${storedAt.toISOString()}) is no object of ours, and no rule expires it. Who put it there? Move it away.`;
    return [{ kind: 'UnknownObject', about: key, message }];
  }
  const snapshot = snapshotOfArchiveKey(key);
  if (snapshot === undefined || isRecorded(view, snapshot) || view.runs.get(snapshot)?.isAtWork) return [];
  const message = `${key} (${size} bytes, ${storedAt.toISOString()}) has no manifest, so it was never verified and no rule expires it. Run the night again, which removes it first, or delete it by hand.`;
  return [{ kind: 'UnrecordedArchive', about: key, message }];
}

/** Or its manifest is there and cannot be read, which is a finding of its own. */
function isRecorded({ manager, retention }: View, snapshot: string): boolean {
  const { manifest } = keysOf(manager, snapshot);
  return (
    retention.decisions.some(({ entry }) => entry.manifest.snapshot.id === snapshot) ||
    retention.unreadable.some(({ key }) => key === manifest)
  );
}

const EVIDENCE = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

function isOurs(manager: string, key: string): boolean {
  const name = /([^/]+)\.(?:zip|json)$/.exec(key)?.[1];
  if (name === undefined) return false;
  if (key === `claims/${manager}.json`) return true;
  if (key === `restores/${manager}/${name}.json`) return EVIDENCE.test(name);
  return timeOfSnapshotId(name) !== undefined && Object.values(keysOf(manager, name)).includes(key);
}

function strangeRoots({ bucket, roots }: View): Finding[] {
  const known: ReadonlySet<string> = new Set(FOLDERS.map((folder) => `${folder}/`));
  return roots
    .filter((root) => !known.has(root))
    .map((root) => ({
      kind: 'UnknownObject',
      about: root,
      message: `Bucket ${bucket} holds ${root}, and nothing of ours is called so. Who put it there? The bucket is for archives alone.`,
    }));
}

/** Those of runs that are dead, and those that nobody knows: S3 ends both after days, and until then they cost money. */
function openUploads({ manager, uploads, runs }: View): Finding[] {
  return uploads.flatMap(({ key }): Finding[] => {
    const run = runs.get(snapshotOfArchiveKey(key) ?? '');
    if (run?.isAtWork) return [];
    const whose = run ? `the run that began it is over` : `there is no run that began it`;
    return [
      { kind: 'OpenUpload', about: key, message: `An upload of ${key} for manager ${manager} is open, and ${whose}.` },
    ];
  });
}

import { capitalized } from '../base/capitalized.ts';
import type { KnownManifest } from '../catalogue/entry.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { FOLDERS, isArchiveKey, isKeyOf, keysOf, prefixOf, snapshotOfArchiveKey } from '../storage/layout.ts';
import { isVersion } from '../storage/version-id.ts';
import type { StoredVersion } from '../storage/versions.ts';
import { goneBy, isGoing } from './expiry-times.ts';
import type { Finding } from './findings.ts';
import type { Observed } from './observe.ts';

/** Objects × manifests, the other way round: what is there is recorded, or has a reason. */
export function judgeObjects(view: Observed, rules: ManagerRules): Finding[] {
  const recorded = new Set<string>();
  const vouched: Around['vouched'] = new Map();
  const wanted = new Set(view.objects.flatMap(({ key }) => snapshotOfArchiveKey(key) ?? []));
  // One after the other: made all at once, the manifests of 10,000 archives are 10 MB.
  for (const { entry } of view.retention.decisions) {
    const { manifest } = entry;
    if (!wanted.has(manifest.snapshot.id)) continue;
    recorded.add(manifest.snapshot.id);
    vouched.set(manifest.archive.key, manifest.archive.versionId);
  }
  return [
    ...view.objects.flatMap((object) => judgeObject(view, object, { rules, recorded, vouched })),
    ...strangeRoots(view),
    ...openUploads(view),
  ];
}

interface Around {
  readonly rules: ManagerRules;
  /** Snapshots with a manifest, of the archives that are looked at. */
  readonly recorded: ReadonlySet<string>;
  /** The version that a manifest vouches for, by the key of the archive. */
  readonly vouched: Map<string, KnownManifest['archive']['versionId']>;
}

function judgeObject(view: Observed, object: StoredVersion, around: Around): Finding[] {
  const { rules, recorded } = around;
  const { key, storedAt, hiddenAt } = object;
  // What is hidden was removed or replaced: lifecycle rules take it away, of records all of it.
  if (hiddenAt !== null) return forgotten(view, { ...object, hiddenAt }, around);
  if (!isKeyOf(view.manager, key)) {
    const message = `${key} (${sizeAndTime(object)}) is not an object of this product, and no rule expires it. Find out which program put it there, and move it away.`;
    return [{ kind: 'UnknownObject', about: key, message }];
  }
  const snapshot = snapshotOfArchiveKey(key);
  if (snapshot === undefined || recorded.has(snapshot) || isUnreadable(view, snapshot)) return [];
  if (view.runs.get(snapshot)?.isAtWork) return [];
  const { manifest } = keysOf(view.manager, snapshot);
  const lost = view.objects.find((one) => one.key === manifest && one.hiddenAt !== null)?.hiddenAt;
  if (lost && isGoing(lost, storedAt, rules.retention, view.now)) return [];
  const wasVerified = lost !== undefined || view.runs.get(snapshot)?.record?.state === 'succeeded';
  const back = lost ? `remove the delete marker of ${manifest}, which hides it since ${lost.toISOString()}` : '';
  const message = wasVerified
    ? `${key} (${sizeAndTime(object)}) was verified, and its manifest is missing: it counts for nothing, and no rule expires it. Do not delete it; ${back || `${manifest} cannot be brought back from here, so copy it elsewhere if you need it`}.`
    : `${key} (${sizeAndTime(object)}) has no manifest, so it was never verified and no rule expires it. Start that run again, which removes it first, or delete its version ${object.versionId} by hand.`;
  return [{ kind: 'UnrecordedArchive', about: key, message }];
}

const sizeAndTime = ({ size, storedAt }: StoredVersion) => `${size} bytes, ${storedAt.toISOString()}`;

/**
 * A version of an archive that something hides, and for which no manifest vouches: without a tag no rule removes it, and no
 * plain list shows what it costs. Retention hides archives as well; those are gone within days.
 */
function forgotten(view: Observed, object: StoredVersion & { hiddenAt: Date }, { rules, vouched }: Around): Finding[] {
  const { key, versionId, hiddenAt } = object;
  const snapshot = snapshotOfArchiveKey(key);
  if (!isArchiveKey(key) || isVouchedFor(object, vouched)) return [];
  if (snapshot !== undefined && isUnreadable(view, snapshot)) return [];
  if (view.now.getTime() < goneBy(object, rules)) return [];
  const message = `Version ${versionId} of ${key} (${sizeAndTime(object)}) is hidden since ${hiddenAt.toISOString()}, no manifest names it, and nothing has removed it: it costs money as long as it is there. Delete that version; if there are many, see whether the lifecycle rules of the bucket are enabled.`;
  return [{ kind: 'UnrecordedArchive', about: key, message }];
}

function isVouchedFor({ key, versionId }: StoredVersion, vouched: Around['vouched']): boolean {
  const version = vouched.get(key);
  return version !== undefined && isVersion(versionId, version);
}

/** Its manifest is there and cannot be read, which is a finding of its own. */
function isUnreadable({ manager, retention }: Observed, snapshot: string): boolean {
  const { manifest } = keysOf(manager, snapshot);
  return retention.catalogue.unreadable.some(({ key }) => key === manifest);
}

function strangeRoots({ place, roots }: Observed): Finding[] {
  const known: ReadonlySet<string> = new Set(FOLDERS.map(prefixOf));
  return roots
    .filter((root) => !known.has(root))
    .map((root) => ({
      kind: 'UnknownObject',
      about: root,
      message: `${capitalized(place)} holds ${root}, and this product has no such object. Find out which program put it there. It is for archives alone.`,
    }));
}

/** Those of runs that are dead, and those that nobody knows: S3 ends both after days, and until then they cost money. */
function openUploads({ manager, uploads, runs }: Observed): Finding[] {
  return uploads.flatMap(({ key }): Finding[] => {
    const run = runs.get(snapshotOfArchiveKey(key) ?? '');
    if (run?.isAtWork) return [];
    const whose = run ? `the run that began it is over` : `there is no run that began it`;
    return [
      { kind: 'OpenUpload', about: key, message: `An upload of ${key} for manager ${manager} is open, and ${whose}.` },
    ];
  });
}

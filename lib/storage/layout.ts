import { ManagerId, monthOfSnapshotId, RestoreId, timeOfSnapshotId } from '../base/ids.ts';

/**
 * Where everything is in the bucket: each key and each prefix is made here and nowhere else, and test/rules.test.ts
 * searches for those that are not. Buckets are read for ever, so nothing here is ever renamed.
 */

/** The folders of the bucket, one for each kind of thing. */
export const FOLDERS = [
  'archives',
  'manifests',
  'inspections',
  'marks',
  'keeps',
  'accepts',
  'runs',
  'restores',
  'claims',
  'approval-requests',
  'approvals',
  'approval-uses',
  'keys',
  'indexes',
  'reconciliations',
  'extractions',
  'reports',
] as const;
export type Folder = (typeof FOLDERS)[number];

/** `archives/`: of all managers. */
export const prefixOf = (folder: Folder) => `${folder}/`;

const inFolder = (folder: Folder, manager: string) => `${folder}/${manager}/`;

export const archivesOf = (manager: string) => inFolder('archives', manager);
export const manifestsOf = (manager: string) => inFolder('manifests', manager);
export const runsOf = (manager: string) => inFolder('runs', manager);
export const restoresOf = (manager: string) => inFolder('restores', manager);
/** The one key of a manager's claim: which restore is at work on it. */
export const claimOf = (manager: string) => `claims/${manager}.json`;

/** How the latest reconciliation of a manager ended; one key, whose versions are those before. */
export const reconciliationOf = (manager: string) => `reconciliations/${manager}.json`;

/** The public half of a key that signs records. Of no manager: one key signs for all. */
export const keyOf = (fingerprint: string) => `keys/${fingerprint}.json`;

/**
 * What a manager's archives are, month by month, and the one record that names the months: what is missing, or was put back
 * as it once was, is found by these.
 */
export const indexesOf = (manager: string) => inFolder('indexes', manager);
export const indexHeadOf = (manager: string) => `indexes/${manager}/head.json`;
export const indexPageOf = (manager: string, month: string) => `indexes/${manager}/${month}.json`;

/** The page that a snapshot is on: `2026-11`, or `other` when its name tells no time. */
export function indexMonthOf(snapshot: string): string {
  return monthOfSnapshotId(snapshot) ?? 'other';
}

/** The month in the key of such a page, the inverse of `indexPageOf`. */
export function monthOfIndexKey(key: string): string | undefined {
  return /^indexes\/[^/]+\/(\d{4}-\d\d|other)\.json$/.exec(key)?.[1];
}

/** Who read an archive or files of it out of the store: one record each time, below a folder of the snapshot. */
export const extractionsOf = (manager: string) => inFolder('extractions', manager);
export const extractionOf = (manager: string, snapshot: string, name: string) =>
  `${extractionsOf(manager)}${snapshot}/${name}.json`;

/** The snapshot in such a key of this manager. */
function snapshotOfExtractionKey(manager: string, key: string): string | undefined {
  const [, owner, snapshot] = /^extractions\/([^/]+)\/([^/]+)\/[^/]+\.json$/.exec(key) ?? [];
  return owner === manager ? snapshot : undefined;
}

/** Where a manager has one key and no folder. */
const ONE_KEY: Partial<Record<Folder, (manager: string) => string>> = {
  claims: claimOf,
  reconciliations: reconciliationOf,
};

/** All prefixes below which things of this manager lie, one a folder; where there is one key alone, that key. */
export function placesOf(manager: string): string[] {
  const own = FOLDERS.filter((folder) => folder !== 'keys' && folder !== 'reports');
  return own.map((folder) => ONE_KEY[folder]?.(manager) ?? inFolder(folder, manager));
}

/**
 * What decides about an archive or a restore, and what proves one. Runs, claims and inspections decide nothing by
 * themselves. Uses of approvals only ever forbid; who writes them talks to managers, and no such function may sign.
 */
const SIGNED: readonly Folder[] = [
  'manifests',
  'marks',
  'keeps',
  'accepts',
  'restores',
  'approval-requests',
  'approvals',
  'indexes',
  'reconciliations',
  'extractions',
  'reports',
];

/** Whether the record at this key is signed. */
export const isSignedKey = (key: string) => SIGNED.some((folder) => key.startsWith(prefixOf(folder)));

/** Whether a record at this key was signed by every version that wrote it: without a signature it is forged, whenever. */
export const isAlwaysSigned = (key: string) =>
  (['approval-requests', 'approvals', 'reports'] as const).some((folder) => key.startsWith(prefixOf(folder)));

/** The keys of one snapshot, each made when it is asked for: all seven of 10,000 archives are 5 MB each time that one is. */
class SnapshotKeys {
  readonly #manager: string;
  readonly #snapshot: string;

  constructor(manager: string, snapshot: string) {
    this.#manager = manager;
    this.#snapshot = snapshot;
  }

  get archive(): string {
    return this.#in('archives', 'zip');
  }
  get manifest(): string {
    return this.#in('manifests', 'json');
  }
  get inspection(): string {
    return this.#in('inspections', 'json');
  }
  get mark(): string {
    return this.#in('marks', 'json');
  }
  get keep(): string {
    return this.#in('keeps', 'json');
  }
  get accept(): string {
    return this.#in('accepts', 'json');
  }
  get run(): string {
    return `runs/${this.#manager}/${this.#snapshot}.json`;
  }

  #in(folder: Folder, ending: 'zip' | 'json'): string {
    return `${folder}/${this.#manager}/${monthOf(this.#snapshot)}${this.#snapshot}.${ending}`;
  }
}

/** Where the things of one snapshot are in the bucket. `archives/m1/2026/11/offsite-20261122T020000Z.zip` and so on. */
export const keysOf = (manager: string, snapshot: string): SnapshotKeys => new SnapshotKeys(manager, snapshot);

/** The folder of a snapshot's month below that of its manager: `2026/11/`; none when its name tells no time. */
export function monthOf(snapshot: string): string {
  const month = monthOfSnapshotId(snapshot);
  return month === undefined ? '' : `${month.replace('-', '/')}/`;
}

/**
 * Where the things of one restore are: the proof that it worked, or how it failed, who is at work on the manager, and the
 * approval, each of its records in a folder of its own, since each has one writer.
 */
export function restoreKeysOf(manager: string, restore: string) {
  return {
    evidence: `restores/${manager}/${restore}.json`,
    claim: claimOf(manager),
    approvalRequest: `approval-requests/${manager}/${restore}.json`,
    approval: `approvals/${manager}/${restore}.json`,
    approvalUse: `approval-uses/${manager}/${restore}.json`,
  };
}

/** The folder of a month in `reports/`, and what lies in it: a folder for each report, and its signed record beside that. */
export const reportsIn = (month: string) => `reports/${month}/`;

/** Of `report-20261101T070000Z`. */
export function reportKeysOf(report: string) {
  const [, year = '', month = ''] = /^report-(\d{4})(\d\d)/.exec(report) ?? [];
  const at = `${reportsIn(`${year}-${month}`)}${report}`;
  return { record: `${at}.json`, fileOf: (name: string) => `${at}/${name}` };
}

/**
 * Written and removed again to try a bucket before a run; no records of a run, whose names do not begin with a dot. `by`:
 * who tries, since several may at the same moment.
 */
export function trialKeysOf(manager: string, by: string) {
  const prefix = `${trialsOf(manager)}${by}`;
  return { prefix, record: `${prefix}.json`, upload: `${prefix}.zip` };
}

/** What all of them have written for that, of this manager. */
export const trialsOf = (manager: string) => `runs/${manager}/.doors-`;

export const isArchiveKey = (key: string) => key.startsWith(prefixOf('archives'));
export const isManifestKey = (key: string) => key.startsWith(prefixOf('manifests'));

/** The snapshot id in an archive key, the inverse of `keysOf`. */
export function snapshotOfArchiveKey(key: string): string | undefined {
  return /^archives\/[^/]+\/(?:\d{4}\/\d\d\/)?([^/]+)\.zip$/.exec(key)?.[1];
}

/** The snapshot id in the key of a run's record, the inverse of `keysOf`. */
export function snapshotOfRunKey(key: string): string | undefined {
  return /^runs\/[^/]+\/([^/]+)\.json$/.exec(key)?.[1];
}

/** The records beside an archive that are listed to know what there is. */
export const RECORD_KINDS = ['manifest', 'mark', 'keep', 'accept'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** All records of that kind of a manager. */
export const recordsOf = (kind: RecordKind, manager: string) => inFolder(`${kind}s`, manager);

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

/** Whose thing it is, by its key alone; of `keys/` it means nothing. */
export const managerOfKey = (key: string) => key.split('/')[1]?.replace(/\.json$/, '') ?? '';

/** Whether this is a key that we make, of this manager: anything else in its folders was put there by somebody. */
export function isKeyOf(manager: string, key: string): boolean {
  const name = /([^/]+)\.(?:zip|json)$/.exec(key)?.[1];
  if (name === undefined) return false;
  if (timeOfSnapshotId(name) !== undefined) {
    const { archive, manifest, run, mark, inspection, keep, accept } = keysOf(manager, name);
    if ([archive, manifest, run, mark, inspection, keep, accept].includes(key)) return true;
  }
  const extracted = snapshotOfExtractionKey(manager, key);
  if (extracted !== undefined) return timeOfSnapshotId(extracted) !== undefined;
  const { claim, ...ofRestore } = restoreKeysOf(manager, name);
  if ([claim, indexHeadOf(manager), reconciliationOf(manager)].includes(key)) return true;
  if (key === indexPageOf(manager, monthOfIndexKey(key) ?? '')) return true;
  return Object.values(ofRestore).includes(key) && RestoreId.safeParse(name).success;
}

import type { IndexDoubt } from '../catalogue/archive-index.ts';
import type { RecordFault } from '../catalogue/record-fault.ts';

/**
 * Everything that a reconciliation can find, by name: what it means, and what to do. docs/reference/findings.md has the same list.
 * `mends`: it repairs that itself, because doing it again or too early does no harm.
 */
export const FINDINGS = {
  NoVerifiedArchive: { means: 'there is no archive of this manager that could be restored', mends: false },
  MissingNight: { means: 'a scheduled time has passed without an archive', mends: false },
  UnfinishedRun: { means: 'a run did not end, and its execution no longer exists', mends: false },
  LostManifest: { means: 'the manifest of an archive that was recorded is not there', mends: false },
  MissingArchive: { means: 'a manifest has no archive, and the days of the archive are not over', mends: false },
  HiddenArchive: {
    means: 'another version or a delete marker hides an archive, and S3 will delete the archive soon',
    mends: false,
  },
  ArchiveChanged: { means: 'size or checksum in storage differ from the manifest', mends: false },
  DamagedArchive: { means: 'a verification found an archive damaged', mends: false },
  FlaggedArchive: { means: 'the newest archive has much less content than those before', mends: false },
  OverdueArchive: { means: 'an archive is still in storage although its days are over', mends: false },
  NotReplicated: { means: 'archives have no copy in the bucket of the replication', mends: false },
  ForgedRecord: { means: 'a record is not what was signed, or its key is not trusted', mends: false },
  UnsignedRecord: { means: 'a record has no signature, and had one or must have one', mends: false },
  ReplayedManifest: {
    means: 'an older manifest, with a valid signature, was put in the place of a newer one',
    mends: false,
  },
  SwappedManifest: { means: 'the manifest of another archive lies in the place of this one', mends: false },
  ForgedIndex: { means: 'the index of archives is not what was signed', mends: false },
  UnreadableIndex: { means: 'the index of archives cannot be read', mends: false },
  IndexRolledBack: {
    means: 'the index of archives was put back as it once was, or a part of it removed',
    mends: false,
  },
  IndexBehind: { means: 'an archive is not in the index, as a run was killed before it came to that', mends: true },
  UnreadableRecord: { means: 'a record, or the tags of an object, cannot be read', mends: false },
  UnrecordedArchive: {
    means: 'an archive has no manifest, so it counts for nothing; also a hidden version that nothing removes',
    mends: false,
  },
  UnknownObject: { means: 'an object of another program is in the bucket', mends: false },
  WrongTag: { means: 'an object would expire at another time than it should, or never', mends: true },
  OpenUpload: { means: 'an upload of a dead run is open, and its parts cost money', mends: true },
  StaleSnapshot: { means: 'a half-made snapshot of a dead run lies on the manager', mends: true },
  UnverifiedSnapshots: {
    means: 'complete snapshots of this product accumulate on the manager without a copy',
    mends: false,
  },
  ProtectionChanged: { means: 'a setting that protects the bucket is not what the configuration says', mends: false },
  KeyInDanger: { means: 'the key of the archives is disabled, or is to be deleted', mends: false },
  ProtectionNotSeen: { means: 'the settings of the bucket, or its key, could not be read', mends: false },
  UnknownManager: { means: 'the bucket has archives of a manager that the configuration does not name', mends: false },
  FunctionNotReady: { means: 'a function in the VPC is inactive, failed or missing', mends: false },
  ManagerNotSeen: { means: 'the manager could not be asked, so its snapshots were not compared', mends: false },
} as const satisfies Record<string, { readonly means: string; readonly mends: boolean }>;
type FindingKind = keyof typeof FINDINGS;

/** What a record is found to be, by what is wrong with it. */
export const OF_FAULT = {
  unreadable: 'UnreadableRecord',
  edited: 'ForgedRecord',
  untrusted: 'ForgedRecord',
  unsigned: 'UnsignedRecord',
  replayed: 'ReplayedManifest',
  swapped: 'SwappedManifest',
  missing: 'LostManifest',
} as const satisfies Record<RecordFault, FindingKind>;

/** The same of a part of the index of archives. */
export const OF_DOUBT = {
  forged: 'ForgedIndex',
  unreadable: 'UnreadableIndex',
  'rolled back': 'IndexRolledBack',
} as const satisfies Record<IndexDoubt['fault'], FindingKind>;

export interface Finding {
  readonly kind: FindingKind;
  /** What it is about: a key, a snapshot's id, or the manager. */
  readonly about: string;
  /** One sentence for a person. */
  readonly message: string;
}

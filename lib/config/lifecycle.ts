import { defined } from '../base/defined.ts';
import { FOLDERS, type Folder, prefixOf } from '../storage/layout.ts';
import { CLASSES, type RetentionPolicy, type StorageClass, transitionOf } from './retention.ts';

/**
 * One rule of the bucket's lifecycle, as data: infrastructure makes it a rule of S3, the plan reckons with it, the tests
 * play it. An object is matched if it has the tag and the prefix, as far as they are given.
 */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix?: string;
  readonly tag?: { readonly key: 'expire'; readonly value: ExpireTag };
  /** Of a current version's life; then a delete marker hides it. */
  readonly expirationDays?: number;
  /** Since something hid a version; then its bytes go for good. */
  readonly noncurrentDays?: number;
  readonly transition?: { readonly days: number; readonly storageClass: StorageClass };
  /** Delete markers with nothing behind them go. */
  readonly expiredDeleteMarkers?: true;
  readonly abortUploadsAfterDays?: number;
}

/** The tag `expire` of an archive, its manifest and its inspection. No rule is about the first two. */
export const EXPIRE_TAGS = ['held', 'kept', ...CLASSES] as const;
export type ExpireTag = (typeof EXPIRE_TAGS)[number];

/** Records that are replaced or removed leave a version behind; long enough to see what somebody overwrote. */
const RECORDS = FOLDERS.filter((folder) => folder !== 'archives');
const RECORD_UNDO_DAYS = 90;

/** Nobody asks any more of a run, or of a report with its pages, that is ten years old. All other records stay for ever: they are small. */
const TEN_YEARS = 3650;
const EXPIRING: readonly Folder[] = ['runs', 'reports'];

/** An execution lives 48 h at most (DEAD_AFTER_MS), so an upload that is older is nobody's. */
const UPLOAD_DAYS = 3;

/**
 * The rules of the bucket. Those of a class go by the tag alone, because the manifest and the inspection, which carry the
 * same tag, go with the archive. Expiration and noncurrent days **add up** to the days of the class (complaint 48).
 * Where two rules match, S3 follows the shorter one: that of records is never shorter than `undoDays`.
 */
export function lifecycleRules(policy: RetentionPolicy): LifecycleRule[] {
  const byClass = CLASSES.map((name): LifecycleRule => {
    const transition = transitionOf(policy, name);
    return {
      id: `expire-${name}`,
      tag: { key: 'expire', value: name },
      expirationDays: policy.days[name] - policy.undoDays,
      noncurrentDays: policy.undoDays,
      ...defined({ transition }),
    };
  });
  const records = RECORDS.map((folder): LifecycleRule => {
    const expirationDays = EXPIRING.includes(folder) ? TEN_YEARS : undefined;
    const rule = { id: `old-${folder}`, prefix: prefixOf(folder), noncurrentDays: RECORD_UNDO_DAYS };
    return { ...rule, ...defined({ expirationDays }) };
  });
  return [
    ...byClass,
    ...records,
    // These two S3 does not take together with a tag (aws: lifecycle rules).
    { id: 'unfinished-uploads', abortUploadsAfterDays: UPLOAD_DAYS },
    { id: 'delete-markers', expiredDeleteMarkers: true },
  ];
}

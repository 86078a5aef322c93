import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { days } from '../base/durations.ts';
import type { LifecycleRule } from '../config/lifecycle.ts';
import { S3Requests } from '../storage/s3-requests.ts';
import type { VersionId } from '../storage/version-id.ts';
import { versionRows } from '../storage/versions.ts';

/** What the rules do to one version of one object, or to an upload. */
export interface LifecycleAct {
  readonly does: 'hide' | 'remove' | 'remove-marker' | 'abort';
  readonly key: string;
  readonly versionId: VersionId | undefined;
  readonly uploadId: string | undefined;
  readonly size: number;
}

/**
 * What S3's lifecycle would do to a bucket at that time: for a folder, whose S3 has no lifecycle of its own, and for tests.
 * Storage classes are nothing to a folder. Days end at the next midnight UTC, as in S3.
 */
export async function dueActs(
  s3: S3Client,
  bucket: string,
  rules: readonly LifecycleRule[],
  now: Date,
): Promise<LifecycleAct[]> {
  const isOver = (since: Date, age: number) =>
    Math.ceil((since.getTime() + days(age)) / days(1)) * days(1) <= now.getTime();
  const versions = await versionsOf(s3, bucket);
  const counts = Map.groupBy(versions, ({ key }) => key);
  const acts = await mapAtMost(REQUESTS_AT_ONCE, versions, async (version): Promise<LifecycleAct[]> => {
    const { key, versionId, size, isMarker, isLatest, storedAt, hiddenAt } = version;
    const act = (does: LifecycleAct['does']): LifecycleAct[] => [{ does, key, versionId, uploadId: undefined, size }];
    const isAlone = counts.get(key)?.length === 1;
    if (isMarker && isLatest)
      return isAlone && rules.some((rule) => rule.expiredDeleteMarkers) ? act('remove-marker') : [];
    const tags = isMarker ? {} : await tagsOf(s3, { Bucket: bucket, Key: key, VersionId: versionId ?? undefined });
    const least = (days: 'expirationDays' | 'noncurrentDays') =>
      Math.min(
        ...rules.filter((rule) => matches(rule, key, tags)).map((rule) => rule[days] ?? Number.POSITIVE_INFINITY),
      );
    if (isLatest) return isOver(storedAt, least('expirationDays')) ? act('hide') : [];
    return isOver(hiddenAt, least('noncurrentDays')) ? act('remove') : [];
  });
  return [...acts.flat(), ...(await dueUploads(s3, bucket, rules, isOver))];
}

/** Does it; one after another, so that an interruption leaves everything else as it was. */
export async function perform(s3: S3Client, bucket: string, acts: readonly LifecycleAct[]): Promise<void> {
  for (const { does, key, versionId, uploadId } of acts) {
    const at = { Bucket: bucket, Key: key };
    if (does === 'abort') await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId: uploadId }));
    else await s3.send(new DeleteObjectCommand(does === 'hide' ? at : { ...at, VersionId: versionId ?? undefined }));
  }
}

function matches({ prefix = '', tag }: LifecycleRule, key: string, tags: Readonly<Record<string, string>>): boolean {
  return key.startsWith(prefix) && (tag === undefined || tags[tag.key] === tag.value);
}

interface Version {
  readonly key: string;
  readonly versionId: VersionId;
  readonly size: number;
  readonly isMarker: boolean;
  readonly isLatest: boolean;
  readonly storedAt: Date;
  readonly hiddenAt: Date;
}

async function versionsOf(s3: S3Client, bucket: string): Promise<Version[]> {
  const found: Omit<Version, 'hiddenAt'>[] = [];
  const requests = new S3Requests(s3, bucket, new AbortController().signal);
  for await (const rows of versionRows(requests, '')) {
    for (const { size, ...row } of rows ?? []) found.push({ ...row, size: size ?? 0, isMarker: size === undefined });
  }
  const byKey = Map.groupBy(found, ({ key }) => key);
  return [...byKey.values()].flatMap((ofKey) => {
    const newestFirst = ofKey.sort(
      (a, b) => Number(b.isLatest) - Number(a.isLatest) || b.storedAt.getTime() - a.storedAt.getTime(),
    );
    return newestFirst.map((one, at) => ({ ...one, hiddenAt: newestFirst[at - 1]?.storedAt ?? one.storedAt }));
  });
}

async function tagsOf(s3: S3Client, at: { Bucket: string; Key: string; VersionId: string | undefined }) {
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(at));
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** More than a thousand open uploads in a folder are the next run's. */
async function dueUploads(
  s3: S3Client,
  bucket: string,
  rules: readonly LifecycleRule[],
  isOver: (since: Date, days: number) => boolean,
): Promise<LifecycleAct[]> {
  const days = Math.min(...rules.map((rule) => rule.abortUploadsAfterDays ?? Number.POSITIVE_INFINITY));
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.filter(({ Initiated }) => Initiated && isOver(Initiated, days)).map(({ Key = '', UploadId }) => ({
    does: 'abort',
    key: Key,
    versionId: undefined,
    uploadId: UploadId,
    size: 0,
  }));
}

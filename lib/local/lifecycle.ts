import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { days } from '../base/durations.ts';
import type { LifecycleRule } from '../config/lifecycle.ts';
import { isNoUploads } from '../storage/multipart.ts';
import { Protection, type Where } from '../storage/protection.ts';
import { S3Requests } from '../storage/s3-requests.ts';
import type { VersionId } from '../storage/version-id.ts';
import { listVersions, versionRows } from '../storage/versions.ts';

/** What the rules do to one version of one object, or to an upload. */
export interface LifecycleAct {
  /** `delete`: it has no version to come back by. */
  readonly does: 'hide' | 'delete' | 'remove' | 'remove-marker' | 'abort';
  readonly key: string;
  readonly versionId: VersionId | undefined;
  readonly uploadId: string | undefined;
  readonly size: number;
}

/** The tag `expire` that counts for an object, where it is not the one that the object has. */
export type ExpireOf = (key: string) => string | undefined;

/**
 * What S3's lifecycle would do to a bucket at that time: for a folder or a store that has no lifecycle of its own, and for
 * tests. Storage classes are nothing to them. Days end at the next midnight UTC, as in S3. What has no version to come back
 * by is hidden for good: it stays for all of its days.
 */
export async function dueActs(
  s3: S3Client,
  bucket: string,
  rules: readonly LifecycleRule[],
  now: Date,
  expireOf?: ExpireOf,
): Promise<LifecycleAct[]> {
  const isOver = (since: Date, age: number) =>
    Math.ceil((since.getTime() + days(age)) / days(1)) * days(1) <= now.getTime();
  const requests = new S3Requests(s3, bucket, new AbortController().signal);
  const versions = await versionsOf(requests);
  const counts = Map.groupBy(versions, ({ key }) => key);
  const acts = await mapAtMost(REQUESTS_AT_ONCE, versions, async (version): Promise<LifecycleAct[]> => {
    const { key, versionId, size, isMarker, isLatest, storedAt, hiddenAt } = version;
    const act = (does: LifecycleAct['does']): LifecycleAct[] => [{ does, key, versionId, uploadId: undefined, size }];
    const isAlone = counts.get(key)?.length === 1;
    if (isMarker && isLatest)
      return isAlone && rules.some((rule) => rule.expiredDeleteMarkers) ? act('remove-marker') : [];
    const tags = isMarker ? {} : await tagsOf(requests, { key, versionId }, expireOf);
    const least = (daysOf: (rule: LifecycleRule) => number | undefined) =>
      Math.min(
        ...rules.filter((rule) => matches(rule, key, tags)).map((rule) => daysOf(rule) ?? Number.POSITIVE_INFINITY),
      );
    if (!isLatest)
      return isOver(
        hiddenAt,
        least((rule) => rule.noncurrentDays),
      )
        ? act('remove')
        : [];
    const isForGood = versionId === null || versionId === 'null';
    const age = least(({ expirationDays, noncurrentDays = 0 }) =>
      expirationDays === undefined ? undefined : expirationDays + (isForGood ? noncurrentDays : 0),
    );
    return isOver(storedAt, age) ? act(isForGood ? 'delete' : 'hide') : [];
  });
  return [...acts.flat(), ...(await dueUploads(requests, rules, isOver))];
}

/** Does it; one after another, so that an interruption leaves everything else as it was. */
export async function perform(s3: S3Client, bucket: string, acts: readonly LifecycleAct[]): Promise<void> {
  const requests = new S3Requests(s3, bucket, new AbortController().signal);
  for (const { does, key, versionId, uploadId } of acts) {
    const at = { Bucket: bucket, Key: key };
    const isPlain = does === 'hide' || does === 'delete';
    await requests.attempt<unknown>(`expire ${key}`, (o) =>
      does === 'abort'
        ? s3.send(new AbortMultipartUploadCommand({ ...at, UploadId: uploadId }), o)
        : s3.send(new DeleteObjectCommand(isPlain ? at : { ...at, VersionId: versionId ?? undefined }), o),
    );
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

async function versionsOf(requests: S3Requests): Promise<Version[]> {
  const found: Omit<Version, 'hiddenAt'>[] = [];
  for await (const rows of versionRows(requests, '')) {
    for (const { size, ...row } of rows ?? (await plainRows(requests)))
      found.push({ ...row, size: size ?? 0, isMarker: size === undefined });
  }
  const byKey = Map.groupBy(found, ({ key }) => key);
  return [...byKey.values()].flatMap((ofKey) => {
    const newestFirst = ofKey.sort(
      (a, b) => Number(b.isLatest) - Number(a.isLatest) || b.storedAt.getTime() - a.storedAt.getTime(),
    );
    return newestFirst.map((one, at) => ({ ...one, hiddenAt: newestFirst[at - 1]?.storedAt ?? one.storedAt }));
  });
}

/** Of a store that has no list of versions. */
async function plainRows(requests: S3Requests) {
  return (await listVersions(requests, '')).map((row) => ({ ...row, isLatest: true }));
}

async function tagsOf(requests: S3Requests, where: Where, expireOf: ExpireOf | undefined) {
  if (expireOf === undefined) return (await new Protection(requests).tagsOf(where))?.tags ?? {};
  const expire = expireOf(where.key);
  return expire === undefined ? {} : { expire };
}

/** More than a thousand open uploads in a folder are the next run's. */
async function dueUploads(
  requests: S3Requests,
  rules: readonly LifecycleRule[],
  isOver: (since: Date, days: number) => boolean,
): Promise<LifecycleAct[]> {
  const days = Math.min(...rules.map((rule) => rule.abortUploadsAfterDays ?? Number.POSITIVE_INFINITY));
  const { Uploads = [] } = await requests.attempt<ListMultipartUploadsCommandOutput>(
    'list open uploads',
    (o) => requests.s3.send(new ListMultipartUploadsCommand({ Bucket: requests.name }), o),
    (error) => (isNoUploads(error) ? { value: { $metadata: {} } } : undefined),
  );
  return Uploads.filter(({ Initiated }) => Initiated && isOver(Initiated, days)).map(({ Key = '', UploadId }) => ({
    does: 'abort',
    key: Key,
    versionId: undefined,
    uploadId: UploadId,
    size: 0,
  }));
}

import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { objectPages } from './object-pages.ts';
import { failureOf } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';

/** One version of one object, as a list shows it. */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  /** S3's own time of it, in whole seconds; lifecycle rules count from here. */
  readonly storedAt: Date;
  /** `STANDARD`, `GLACIER_IR` and so on. */
  readonly storageClass: string;
  /** When something newer, mostly a delete marker, took its place. Null: it is the one that a plain read gives. */
  readonly hiddenAt: Date | null;
}

/** The first part of every key: `archives/`, `runs/`, and the whole key of what lies in no folder. */
export async function listRoots(bucket: S3Requests): Promise<string[]> {
  const found: string[] = [];
  for await (const { CommonPrefixes = [], Contents = [] } of objectPages(
    bucket,
    { Delimiter: '/' },
    'list its folders',
  )) {
    for (const { Prefix } of CommonPrefixes) if (Prefix !== undefined) found.push(Prefix);
    for (const { Key } of Contents) if (Key !== undefined) found.push(Key);
  }
  return found;
}

/** Every version below a prefix, in the order of the keys and of each the newest first. */
export async function listVersions(bucket: S3Requests, prefix: string): Promise<StoredVersion[]> {
  const found: StoredVersion[] = [];
  let page: ListObjectVersionsCommandOutput | undefined;
  const newer = new Map<string, Date>();
  do {
    const command = new ListObjectVersionsCommand({
      ...{ Bucket: bucket.name, Prefix: prefix },
      ...{ KeyMarker: page?.NextKeyMarker, VersionIdMarker: page?.NextVersionIdMarker },
    });
    page = await bucket.attempt<ListObjectVersionsCommandOutput | undefined>(
      `list the versions of ${prefix}`,
      (o) => bucket.s3.send(command, o),
      (error) => (failureOf(error).status === 501 ? { value: undefined } : undefined),
    );
    if (!page) return await listUnversioned(bucket, prefix);
    found.push(...versionsOn(page, newer));
  } while (page.IsTruncated);
  return found;
}

/** `newer`: the time of the version above, by key; kept from page to page, since one key may go over their edge. */
function versionsOn({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput, newer: Map<string, Date>) {
  const markers = DeleteMarkers.map((marker) => ({ ...marker, Size: undefined, StorageClass: undefined }));
  // Versions and markers come in two lists; of one key, their times (and which is the latest) say how they lie.
  const rows = [...Versions, ...markers].sort((a, b) => order(a, b));
  const found: StoredVersion[] = [];
  for (const {
    Key = '',
    VersionId = 'null',
    Size,
    LastModified: storedAt = new Date(0),
    StorageClass,
    IsLatest,
  } of rows) {
    const hiddenAt = IsLatest ? null : (newer.get(Key) ?? storedAt);
    newer.set(Key, storedAt);
    if (Size === undefined) continue;
    found.push({
      key: Key,
      versionId: VersionId,
      size: Size,
      storedAt,
      storageClass: StorageClass ?? 'STANDARD',
      hiddenAt,
    });
  }
  return found;
}

type ListedVersion = { Key?: string | undefined; LastModified?: Date | undefined; IsLatest?: boolean | undefined };

function order(a: ListedVersion, b: ListedVersion): number {
  if (a.Key !== b.Key) return (a.Key ?? '') < (b.Key ?? '') ? -1 : 1;
  if (a.IsLatest !== b.IsLatest) return a.IsLatest ? -1 : 1;
  return (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0);
}

/** For stores that know no versions and no list of them: there every object has the one version "null". */
async function listUnversioned(bucket: S3Requests, prefix: string): Promise<StoredVersion[]> {
  const found: StoredVersion[] = [];
  for await (const { Contents = [] } of objectPages(bucket, { Prefix: prefix }, `list ${prefix}`)) {
    for (const { Key: key = '', Size: size = -1, LastModified: storedAt = new Date(0), StorageClass } of Contents)
      found.push({ key, versionId: 'null', size, storedAt, storageClass: StorageClass ?? 'STANDARD', hiddenAt: null });
  }
  return found;
}

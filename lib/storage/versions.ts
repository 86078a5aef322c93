import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from '@aws-sdk/client-s3';
import { limitGarbage } from '../base/memory.ts';
import type { ListedVersion, Near } from './near.ts';
import { objectPages } from './object-pages.ts';
import { ownText } from './own-text.ts';
import { failureOf, isNotImplemented } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';
import type { VersionId } from './version-id.ts';

/** One version of one object, as a list shows it. */
export interface StoredVersion {
  readonly key: string;
  readonly versionId: VersionId;
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
  const doing = 'list its folders';
  const found: string[] = [];
  for await (const { CommonPrefixes = [], Contents = [] } of objectPages(bucket, { Delimiter: '/' }, doing)) {
    for (const { Prefix } of CommonPrefixes) found.push(bucket.promised(Prefix, 'the name of a folder', doing));
    for (const { Key } of Contents) found.push(bucket.promised(Key, 'the key of an object', doing));
  }
  return found;
}

/** Every version below a prefix, in the order of the keys and of each the newest first. */
export async function listVersions(bucket: S3Requests, prefix: string, near?: Near): Promise<StoredVersion[]> {
  return (await versionsNear(prefix, bucket.signal, near)) ?? (await versionsByRequest(bucket, prefix));
}

/** Undefined: a request is to say what the matter is. */
async function versionsNear(
  prefix: string,
  { aborted }: AbortSignal,
  near: Near | undefined,
): Promise<StoredVersion[] | undefined> {
  if (!near || aborted) return undefined;
  const found: StoredVersion[] = [];
  const newer = new Map<string, Date>();
  try {
    for await (const rows of near.versions(prefix)) {
      found.push(...versionsOn(rows, newer));
      limitGarbage();
    }
    return found;
  } catch {
    return undefined;
  }
}

async function versionsByRequest(bucket: S3Requests, prefix: string): Promise<StoredVersion[]> {
  const found: StoredVersion[] = [];
  const newer = new Map<string, Date>();
  for await (const rows of versionRows(bucket, prefix)) {
    if (!rows) return await listUnversioned(bucket, prefix);
    found.push(...versionsOn(rows, newer));
    limitGarbage();
  }
  return found;
}

/** The versions and delete markers below a prefix, page by page; undefined from a store that knows no such list. */
export async function* versionRows(bucket: S3Requests, prefix: string): AsyncGenerator<ListedVersion[] | undefined> {
  const doing = `list the versions of ${prefix || 'all objects'}`;
  const pages = bucket.pages<ListObjectVersionsCommandOutput | undefined, VersionMarker>(
    doing,
    (at, o) => bucket.s3.send(new ListObjectVersionsCommand({ Bucket: bucket.name, Prefix: prefix, ...at }), o),
    (page) => ({
      isTruncated: page?.IsTruncated === true,
      next: page?.NextKeyMarker
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined,
    }),
    (error) => (isNotImplemented(error) || failureOf(error).status === 405 ? { value: undefined } : undefined),
  );
  for await (const page of pages) yield page && rowsOf(page, bucket, doing);
}

interface VersionMarker {
  readonly KeyMarker: string;
  readonly VersionIdMarker: string | undefined;
}

/** Versions and delete markers come in two lists; a version without a size must not pass for a marker. */
function rowsOf(
  { Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput,
  bucket: S3Requests,
  doing: string,
): ListedVersion[] {
  const rowOf = (one: ObjectVersion, isMarker: boolean): ListedVersion => {
    const key = ownText(bucket.promised(one.Key, 'the key of a version', doing));
    return {
      key,
      versionId: one.VersionId === undefined ? null : ownText(one.VersionId),
      storedAt: bucket.promised(one.LastModified, `the time of a version of ${key}`, doing),
      isLatest: one.IsLatest === true,
      size: isMarker ? undefined : bucket.promised(one.Size, `the size of a version of ${key}`, doing),
      storageClass: one.StorageClass === 'STANDARD' ? 'STANDARD' : ownText(one.StorageClass ?? 'STANDARD'),
    };
  };
  return [...Versions.map((one) => rowOf(one, false)), ...DeleteMarkers.map((one) => rowOf(one, true))];
}

/** `newer`: the time of the version above, by key; kept from page to page, since one key may go over their edge. */
function versionsOn(rows: readonly ListedVersion[], newer: Map<string, Date>): StoredVersion[] {
  const found: StoredVersion[] = [];
  // Of one key, their times (and which is the latest) say how they lie.
  for (const { isLatest, size, ...row } of [...rows].sort(order)) {
    const hiddenAt = isLatest ? null : (newer.get(row.key) ?? row.storedAt);
    newer.set(row.key, row.storedAt);
    if (size !== undefined) found.push({ ...row, size, hiddenAt });
  }
  return found;
}

function order(a: ListedVersion, b: ListedVersion): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.isLatest !== b.isLatest) return a.isLatest ? -1 : 1;
  return b.storedAt.getTime() - a.storedAt.getTime();
}

/** For stores that know no list of versions: of every key the object that a plain read gives. */
async function listUnversioned(bucket: S3Requests, prefix: string): Promise<StoredVersion[]> {
  const doing = `list ${prefix}`;
  const found: StoredVersion[] = [];
  for await (const { Contents = [] } of objectPages(bucket, { Prefix: prefix }, doing)) {
    for (const { Key, Size, LastModified, StorageClass = 'STANDARD' } of Contents) {
      const key = ownText(bucket.promised(Key, 'the key of an object', doing));
      const size = bucket.promised(Size, `the size of ${key}`, doing);
      const storedAt = bucket.promised(LastModified, `the time of ${key}`, doing);
      found.push({ key, versionId: null, size, storedAt, storageClass: StorageClass, hiddenAt: null });
    }
  }
  return found;
}

import { printXml, type XmlValue } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { FolderBucket } from '../store/bucket.ts';
import type { Version } from '../store/version.ts';
import type { BucketHandler } from './handler.ts';
import { echo, namer, OWNER, pageRequest } from './list-request.ts';
import { isBeyond, pageOf } from './pages.ts';

interface Listed {
  readonly key: string;
  readonly version: Version;
}

export const listObjectsV2: BucketHandler = async (request, bucket) => {
  if (request.query.get('list-type') !== '2') throw new S3Error('InvalidArgument', { message: 'list-type must be 2.' });
  const asked = pageRequest(request, 'max-keys');
  const name = namer(request);
  const token = request.query.get('continuation-token');
  const startAfter = request.query.get('start-after');
  const marker = token === null ? (startAfter ?? '') : keyOfToken(token);
  const page = pageOf(liveVersions(bucket, asked.prefix, marker), asked, (listed) => isBeyond(listed, marker));
  const withOwner = request.query.get('fetch-owner') === 'true';
  const result = {
    ...echo(request, asked),
    KeyCount: page.items.length + page.prefixes.length,
    MaxKeys: asked.most,
    IsTruncated: page.truncated,
    StartAfter: startAfter === null ? undefined : name(startAfter),
    ContinuationToken: token ?? undefined,
    NextContinuationToken: page.truncated && page.last ? tokenOf(page.last.name) : undefined,
    Contents: page.items.map(({ key, version }) => ({
      ...contentXml({ key, version: { ...version, etag: bucket.etagNow(key, version) } }, name),
      Owner: withOwner ? OWNER : undefined,
    })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  };
  return { status: 200, xml: printXml('ListBucketResult', result) };
};

function* liveVersions(bucket: FolderBucket, prefix: string, from: string): Generator<{ key: string; item: Listed }> {
  for (const key of bucket.keys(prefix, from)) {
    const version = bucket.newest(key);
    if (version?.deleteMarker === false) yield { key, item: { key, version } };
  }
}

function contentXml({ key, version }: Listed, name: (key: string) => string): Record<string, XmlValue> {
  return {
    Key: name(key),
    LastModified: version.lastModified,
    ETag: version.etag,
    ...(version.checksum ? { ChecksumAlgorithm: 'CRC32', ChecksumType: version.checksum.type } : {}),
    Size: version.size,
    StorageClass: 'STANDARD',
  };
}

const tokenOf = (key: string) => Buffer.from(key).toString('base64url');

function keyOfToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key !== '' && tokenOf(key) === token) return key;
  throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect.' });
}

export const listObjectVersions: BucketHandler = async (request, bucket) => {
  const asked = pageRequest(request, 'max-keys');
  const name = namer(request);
  const keyMarker = request.query.get('key-marker') ?? '';
  const versionMarker = request.query.get('version-id-marker') ?? '';
  const versions = allVersions(bucket, asked.prefix, keyMarker);
  const page = pageOf(versions, asked, afterVersion(bucket, keyMarker, versionMarker));
  const found = await Promise.all(page.items.map((item) => asOnDisk(bucket, item)));
  const xml = (markers: boolean) =>
    found
      .flatMap((item) => item ?? [])
      .filter(({ version }) => version.deleteMarker === markers)
      .map(({ key, version }) => ({
        ...(markers ? { Key: name(key), LastModified: version.lastModified } : contentXml({ key, version }, name)),
        VersionId: version.id,
        IsLatest: bucket.newest(key)?.id === version.id,
        Owner: OWNER,
      }));
  const result = {
    ...echo(request, asked),
    KeyMarker: name(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: page.truncated && page.last ? name(page.last.name) : undefined,
    NextVersionIdMarker: page.truncated ? page.last?.item?.version.id : undefined,
    MaxKeys: asked.most,
    IsTruncated: page.truncated,
    Version: xml(false),
    DeleteMarker: xml(true),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  };
  return { status: 200, xml: printXml('ListVersionsResult', result) };
};

/**
 * People and other programs remove and change the files of a folder. A list shows what there is, else an archive that is
 * gone would be listed until somebody reads it.
 */
async function asOnDisk(bucket: FolderBucket, { key, version }: Listed): Promise<Listed | undefined> {
  if (version.deleteMarker) return { key, version };
  const size = await bucket.sizeNow(key, version);
  return size === undefined ? undefined : { key, version: { ...version, size } };
}

function* allVersions(bucket: FolderBucket, prefix: string, from: string): Generator<{ key: string; item: Listed }> {
  for (const key of bucket.keys(prefix, from)) {
    for (const version of bucket.versions(key)) yield { key, item: { key, version } };
  }
}

/** Versions of one key come newest first, so "after" a version is further down its list. */
function afterVersion(bucket: FolderBucket, keyMarker: string, versionMarker: string) {
  if (versionMarker !== '' && keyMarker === '') {
    throw new S3Error('InvalidArgument', { message: 'A version-id marker cannot be specified without a key marker.' });
  }
  const ids = bucket.versions(keyMarker).map((version) => version.id);
  const at = ids.indexOf(versionMarker);
  return (listed: string, item: Listed | undefined): boolean => {
    if (listed !== keyMarker || item === undefined || versionMarker === '') return isBeyond(listed, keyMarker);
    // A marker that was deleted meanwhile: better to list what is left of its key again than to skip it.
    return at === -1 || ids.indexOf(item.version.id) > at;
  };
}

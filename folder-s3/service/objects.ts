import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { receiveFile } from '../http/body.ts';
import { rangeOf } from '../http/ranges.ts';
import { headerOf, type S3Request } from '../http/request.ts';
import { S3Error } from '../s3-error.ts';
import type { FolderBucket } from '../store/bucket.ts';
import { withStaging } from '../store/staging.ts';
import { newVersionId, type Version } from '../store/version.ts';
import type { BucketHandler } from './handler.ts';
import { assertMayWrite, etagListed, readDescription } from './write-request.ts';

export const putObject: BucketHandler = async (request, bucket, { now }) => {
  bucket.assertOwned(request.key);
  const description = readDescription(request);
  const check = () => assertMayWrite(request, bucket.newest(request.key));
  check(); // before the body is read, to spare it; and again when it is stored, which is what counts
  return withStaging(bucket, async (staged) => {
    const body = await receiveFile(request, staged, { md5: true });
    const version: Version = {
      ...description,
      id: newVersionId(),
      deleteMarker: false,
      lastModified: now().toISOString(),
      size: body.size,
      etag: `"${body.md5 ?? ''}"`,
      ...(body.checksumGiven ? { checksum: { crc32: crc32ToBase64(body.crc32), type: 'FULL_OBJECT' } } : {}),
    };
    const stored = await bucket.add(request.key, version, staged, check);
    const headers = { etag: version.etag, 'x-amz-version-id': version.id, ...checksumHeaders(version) };
    return { status: 200, headers, stored };
  });
};

/** HeadObject is the same without the bytes; the server sends none to a HEAD. */
export const getObject: BucketHandler = async (request, bucket) => {
  const version = readableVersion(request, bucket);
  const common = { etag: version.etag, 'x-amz-version-id': version.id };
  const ifMatch = headerOf(request, 'if-match');
  const ifNoneMatch = headerOf(request, 'if-none-match');
  if (ifMatch !== undefined && !etagListed(ifMatch, version.etag)) {
    throw new S3Error('PreconditionFailed', { fields: { Condition: 'If-Match' } });
  }
  if (ifNoneMatch !== undefined && etagListed(ifNoneMatch, version.etag)) return { status: 304, headers: common };
  const range = rangeOf(headerOf(request, 'range'), version.size);
  const { start, length } = range ?? { start: 0, length: version.size };
  // Opened for a HEAD too: an object whose file is gone or changed must not look well.
  const handle = await bucket.open(request.key, version);
  const headers = {
    ...common,
    ...representationHeaders(version),
    'content-length': String(length),
    'accept-ranges': 'bytes',
    ...(range === undefined ? wantedChecksum(request, version) : {}), // the checksum is of the whole, not of a range
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${start + length - 1}/${version.size}` }),
    ...overrides(request),
  };
  return { status: range === undefined ? 200 : 206, headers, file: { handle, start, length } };
};

/** The version that a request means, if it is one with bytes. */
export function readableVersion(request: S3Request, bucket: FolderBucket): Version {
  const { key, versionId } = request;
  const version =
    versionId === undefined ? bucket.newest(key) : bucket.versions(key).find((each) => each.id === versionId);
  if (version === undefined && versionId !== undefined) {
    throw new S3Error('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
  }
  if (version === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  if (!version.deleteMarker) return version;
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.id };
  if (versionId === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key }, headers });
  const lastModified = new Date(version.lastModified).toUTCString();
  throw new S3Error('MethodNotAllowed', { headers: { ...headers, allow: 'DELETE', 'last-modified': lastModified } });
}

function representationHeaders(version: Version): Record<string, string> {
  const metadata = Object.entries(version.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    ...version.headers,
    ...Object.fromEntries(metadata),
    'last-modified': new Date(version.lastModified).toUTCString(),
    ...(version.tags.length > 0 ? { 'x-amz-tagging-count': String(version.tags.length) } : {}),
  };
}

export function checksumHeaders({ checksum }: Pick<Version, 'checksum'>): Record<string, string> {
  return checksum === undefined ? {} : { 'x-amz-checksum-crc32': checksum.crc32, 'x-amz-checksum-type': checksum.type };
}

function wantedChecksum(request: S3Request, version: Version): Record<string, string> {
  return headerOf(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' ? checksumHeaders(version) : {};
}

/** A signed URL may say what the download is to be called: `response-content-disposition=attachment…`. */
function overrides(request: S3Request): Record<string, string> {
  const asked = [...request.query].filter(([name]) => name.startsWith('response-'));
  return Object.fromEntries(asked.map(([name, value]) => [name.slice('response-'.length), value]));
}

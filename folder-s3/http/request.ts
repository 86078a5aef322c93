import type { IncomingMessage } from 'node:http';
import { assertBucketName, assertKey } from '../names.ts';
import { S3Error } from '../s3-error.ts';

/** Method, level and sub-resource name the operation. What is not here is answered with 501 and its name. */
const ROUTES = {
  'GET service ': 'ListBuckets',
  'PUT bucket ': 'CreateBucket',
  'HEAD bucket ': 'HeadBucket',
  'GET bucket versioning': 'GetBucketVersioning',
  'PUT bucket versioning': 'PutBucketVersioning',
  'GET bucket list-type': 'ListObjectsV2',
  'GET bucket versions': 'ListObjectVersions',
  'GET bucket uploads': 'ListMultipartUploads',
  'POST bucket delete': 'DeleteObjects',
  'PUT object ': 'PutObject',
  'GET object ': 'GetObject',
  'HEAD object ': 'HeadObject',
  'DELETE object ': 'DeleteObject',
  'GET object tagging': 'GetObjectTagging',
  'PUT object tagging': 'PutObjectTagging',
  'DELETE object tagging': 'DeleteObjectTagging',
  'GET object legal-hold': 'GetObjectLegalHold',
  'PUT object legal-hold': 'PutObjectLegalHold',
  'POST object uploads': 'CreateMultipartUpload',
  'PUT object partNumber&uploadId': 'UploadPart',
  'GET object uploadId': 'ListParts',
  'POST object uploadId': 'CompleteMultipartUpload',
  'DELETE object uploadId': 'AbortMultipartUpload',
} as const;

export type Operation = (typeof ROUTES)[keyof typeof ROUTES];

/** Query parameters that refine an operation but do not choose it. */
const PARAMETERS = new Set(
  (
    'x-id prefix delimiter max-keys max-parts max-uploads continuation-token start-after fetch-owner encoding-type ' +
    'key-marker version-id-marker upload-id-marker part-number-marker versionId response-content-type ' +
    'response-content-disposition response-content-encoding response-content-language response-cache-control ' +
    'response-expires'
  ).split(' '),
);

/**
 * Headers that ask for something we do not do. Ignoring them would be a lie: encryption that is not there, a lock that
 * does not hold, a checksum that nobody compared.
 */
const REFUSED_HEADERS = [
  /^x-amz-(copy-source|acl|grant-|object-lock-|server-side-encryption|website-redirect|write-offset)/,
  /^x-amz-(bypass-governance-retention|mfa)$/,
  /^x-amz-checksum-(?!crc32$|type$|mode$|algorithm$)/,
  /^if-(modified-since|unmodified-since|match-last-modified-time|match-size)$/,
  /^x-amz-if-match-/,
];

/** A request as far as its head tells; the body is still to be read from `incoming`. */
export interface S3Request {
  readonly operation: Operation;
  /** '' for ListBuckets. */
  readonly bucket: string;
  /** '' for operations on a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly incoming: IncomingMessage;
  readonly uploadId?: string;
  readonly partNumber?: number;
  readonly versionId?: string;
}

export function headerOf(request: { readonly incoming: IncomingMessage }, name: string): string | undefined {
  const value = request.incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Reads the head of a request, and refuses what this server does not know. Path-style addresses only. */
export function readRequest(incoming: IncomingMessage): S3Request {
  const target = incoming.url ?? '/';
  const cut = target.indexOf('?');
  // Not `new URL()`: it would resolve `..` before we can refuse it.
  const path = decodePath(cut === -1 ? target : target.slice(0, cut));
  const query = new URLSearchParams(cut === -1 ? '' : target.slice(cut + 1));
  const slash = path.indexOf('/', 1);
  const bucket = slash === -1 ? path.slice(1) : path.slice(1, slash);
  const key = slash === -1 ? '' : path.slice(slash + 1);
  const operation = operationOf(incoming.method ?? 'GET', bucket, key, query);
  refuseHeaders(incoming, operation);
  if (bucket !== '') assertBucketName(bucket);
  if (key !== '') assertKey(key);
  const uploadId = query.get('uploadId');
  const versionId = query.get('versionId');
  return {
    operation,
    bucket,
    key,
    query,
    incoming,
    ...(uploadId === null ? {} : { uploadId }),
    ...(versionId === null ? {} : { versionId }),
    ...(query.has('partNumber') ? { partNumber: partNumberOf(query.get('partNumber') ?? '') } : {}),
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new S3Error('InvalidArgument', { message: 'The path is not valid percent-encoded UTF-8.' });
  }
}

function operationOf(method: string, bucket: string, key: string, query: URLSearchParams): Operation {
  const level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const chosen = [...query.keys()].filter((name) => !PARAMETERS.has(name) && !/^x-amz-/i.test(name));
  const subresource = [...new Set(chosen)].sort().join('&');
  const route = `${method} ${level} ${subresource}`;
  if (Object.hasOwn(ROUTES, route)) return ROUTES[route as keyof typeof ROUTES];
  throw new S3Error('NotImplemented', { message: `This server does not implement: ${route.trim()}.` });
}

function refuseHeaders(incoming: IncomingMessage, operation: Operation): void {
  const storageClass = incoming.headers['x-amz-storage-class'] ?? 'STANDARD';
  const algorithm = incoming.headers['x-amz-sdk-checksum-algorithm'] ?? 'CRC32';
  const trailer = incoming.headers['x-amz-trailer'] ?? 'x-amz-checksum-crc32';
  const refused =
    Object.keys(incoming.headers).find((name) => REFUSED_HEADERS.some((pattern) => pattern.test(name))) ??
    (storageClass === 'STANDARD' ? undefined : 'x-amz-storage-class') ??
    (algorithm === 'CRC32' ? undefined : 'x-amz-sdk-checksum-algorithm') ??
    (trailer === 'x-amz-checksum-crc32' ? undefined : 'x-amz-trailer') ??
    (operation === 'DeleteObject' && incoming.headers['if-match'] !== undefined ? 'if-match' : undefined);
  if (refused === undefined) return;
  throw new S3Error('NotImplemented', {
    message: `This server does not implement the header ${refused} with ${operation} (or not that value of it).`,
    fields: { Header: refused },
  });
}

const MAX_PARTS = 10_000; // S3's own limit

function partNumberOf(text: string): number {
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber >= 1 && partNumber <= MAX_PARTS) return partNumber;
  throw new S3Error('InvalidArgument', {
    message: `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive.`,
    fields: { ArgumentName: 'partNumber', ArgumentValue: text },
  });
}

/** A whole number from the query, no larger than `most`, which is the default unless told. @example max-keys */
export function countOf(query: URLSearchParams, name: string, most: number, otherwise = most): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  if (!/^\d{1,9}$/.test(text)) {
    throw new S3Error('InvalidArgument', { message: `${name} is no whole number.`, fields: { ArgumentName: name } });
  }
  return Math.min(Number(text), most);
}

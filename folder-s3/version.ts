import { randomBytes } from 'node:crypto';
import { headerOf, type S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import { type Tag, tagsOfHeader } from './tags.ts';

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** What a client may say about an object when it writes it; an upload keeps it until it is completed. */
export interface Description {
  /** Standard headers to give back: `{ 'content-type': 'application/zip' }`. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, without the `x-amz-meta-` in front. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

/** One version of one key, as its record on disk has it. */
export interface Version extends Description {
  readonly id: string;
  readonly deleteMarker: boolean;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly size: number;
  /** With the quotation marks. */
  readonly etag: string;
  /** CRC-32 as S3 gives it: base64, and `-<parts>` when composite. */
  readonly checksum?: { readonly crc32: string; readonly type: ChecksumType };
  /** Whoever set it has to take it off before this version can be removed. */
  readonly legalHold?: 'ON' | 'OFF';
  /** The upload this came from: tells a restart that the upload's folder is only a leftover. */
  readonly uploadId?: string;
}

/** All versions of a key, newest first. */
export interface KeyRecord {
  readonly key: string;
  readonly versions: readonly Version[];
}

/** Opaque to clients, and good as a file name. */
export function newVersionId(): string {
  return randomBytes(24).toString('base64url').replace(/^-/, '_');
}

const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];

export function readDescription(request: S3Request): Description {
  const headers: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of KEPT_HEADERS) {
    // aws-chunked is how the body travelled, not what it is: S3 takes it off too.
    const value = headerOf(request, name)?.replace(/\s*aws-chunked\s*,?\s*/, '');
    if (value) headers[name] = value;
  }
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(request.incoming.headers)) {
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = headerOf(request, name) ?? '';
  }
  return { headers, metadata, tags: tagsOfHeader(headerOf(request, 'x-amz-tagging')) };
}

/** Conditional writes. `current` is the newest version, delete marker included. */
export function assertMayWrite(request: S3Request, current: Version | undefined): void {
  const live = current?.deleteMarker === false ? current : undefined;
  const ifNoneMatch = headerOf(request, 'if-none-match');
  const ifMatch = headerOf(request, 'if-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Error('NotImplemented', { message: 'If-None-Match of a write takes * only.' }); // as S3 itself
  }
  if (ifNoneMatch !== undefined && live !== undefined) {
    throw new S3Error('PreconditionFailed', { fields: { Condition: 'If-None-Match' } });
  }
  if (ifMatch === undefined) return;
  // S3 answers 404 and not 412 here, also to "*".
  if (live === undefined) throw new S3Error('NoSuchKey', { fields: { Key: request.key } });
  if (!etagListed(ifMatch, live.etag)) throw new S3Error('PreconditionFailed', { fields: { Condition: 'If-Match' } });
}

/** @example etagListed('"a", "b"', '"b"') === true */
export function etagListed(list: string, etag: string): boolean {
  const bare = (text: string) => text.trim().replace(/^W\//, '').replaceAll('"', '');
  return list.split(',').some((one) => one.trim() === '*' || bare(one) === bare(etag));
}

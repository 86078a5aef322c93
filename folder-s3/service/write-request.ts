import { headerOf, type S3Request } from '../http/request.ts';
import { S3Error } from '../s3-error.ts';
import type { Description, Version } from '../store/version.ts';
import { tagsOfHeader } from './tags.ts';

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

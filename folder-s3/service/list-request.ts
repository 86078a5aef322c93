import { countOf, type S3Request } from '../http/request.ts';
import type { XmlValue } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { PageRequest } from './pages.ts';

export const OWNER = { ID: 'offsite', DisplayName: 'offsite' };
/** S3's own limit of a page. */
export const MOST = 1000;

export function pageRequest(request: S3Request, limit: string): PageRequest {
  const { query } = request;
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    most: countOf(query, limit, MOST),
  };
}

/** Names in a list, percent-encoded when the caller asked for that (XML cannot carry every character of a key). */
export function namer(request: S3Request): (name: string) => string {
  const encoding = request.query.get('encoding-type');
  if (encoding === null) return (name) => name;
  if (encoding !== 'url') throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified.' });
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/');
}

/** What every list says about its request. */
export function echo(request: S3Request, page: PageRequest): Record<string, XmlValue> {
  const name = namer(request);
  return {
    Name: request.bucket,
    Prefix: name(page.prefix),
    Delimiter: page.delimiter === '' ? undefined : name(page.delimiter),
    EncodingType: request.query.get('encoding-type') ?? undefined,
  };
}

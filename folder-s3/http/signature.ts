import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from '../s3-error.ts';
import { headerOf, type S3Request } from './request.ts';

/** The one key pair that a server takes. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a request says of its signature, in its Authorization header or in its URL. */
interface Signed {
  readonly accessKeyId: string;
  /** `20261122/us-east-1/s3/aws4_request` */
  readonly scope: string;
  readonly date: string;
  readonly headers: readonly string[];
  readonly signature: string;
  /** SHA-256 of the body, or a word instead of it. */
  readonly payload: string;
}

/**
 * Checks the signature (AWS Signature Version 4) against the server's own key: no other user of the machine and no web page
 * has it. The date is not compared with the clock: servers of tests live in another time. A signed URL expires
 * (`presigned.ts`). Throws `InvalidAccessKeyId` and `SignatureDoesNotMatch`.
 */
export function assertSignature(request: S3Request, access: AccessKey): void {
  const signed = request.query.has('X-Amz-Signature') ? inUrl(request) : inHeader(request);
  if (signed.accessKeyId !== access.accessKeyId) throw new S3Error('InvalidAccessKeyId');
  const text = ['AWS4-HMAC-SHA256', signed.date, signed.scope, sha256(canonical(request, signed))].join('\n');
  const expected = createHmac('sha256', signingKey(access.secretAccessKey, signed.scope)).update(text).digest();
  const given = Buffer.from(signed.signature, 'hex');
  // The header and the host say whom the request is for: a signature that leaves them out fits others as well.
  const isBound = signed.headers.includes('host') && signed.scope.endsWith('/s3/aws4_request');
  if (isBound && given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new S3Error('SignatureDoesNotMatch');
}

function inHeader(request: S3Request): Signed {
  const header = headerOf(request, 'authorization') ?? '';
  const fields =
    /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=(\w+)$/.exec(header);
  if (!fields)
    throw new S3Error('AccessDenied', { message: 'The Authorization header is not of Signature Version 4.' });
  const [, accessKeyId = '', scope = '', headers = '', signature = ''] = fields;
  const payload = headerOf(request, 'x-amz-content-sha256') ?? '';
  const date = headerOf(request, 'x-amz-date') ?? '';
  return { accessKeyId, scope, date, headers: headers.split(';'), signature, payload };
}

function inUrl({ query }: S3Request): Signed {
  const field = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const [accessKeyId = '', ...scope] = field('Credential').split('/');
  const headers = field('SignedHeaders').split(';');
  const date = field('Date');
  return { accessKeyId, scope: scope.join('/'), date, headers, signature: field('Signature'), payload: UNSIGNED };
}

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** The request in the one form that both sides sign. */
function canonical({ incoming }: S3Request, { headers, payload }: Signed): string {
  const [path = '/', query = ''] = splitOnce(incoming.url ?? '/', '?');
  const values = headers.map((name) => `${name}:${headerValue(incoming.headers[name])}\n`);
  return [
    incoming.method,
    encode(decode(path)).replaceAll('%2F', '/'),
    canonicalQuery(query),
    values.join(''),
    headers.join(';'),
    payload,
  ].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => splitOnce(pair, '=').map((part) => encode(decode(part ?? ''))))
    .filter(([name]) => name !== 'X-Amz-Signature');
  return pairs
    .map(([name = '', value = '']) => `${name}=${value}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const headerValue = (value: string | string[] | undefined) =>
  String(value ?? '')
    .trim()
    .replace(/ +/g, ' ');

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidArgument', { message: 'The address is not valid percent-encoded UTF-8.' });
  }
}

/** Everything but the unreserved characters of RFC 3986. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The key of the day, made by four hashes from the secret. Remembered: all requests of a day have the same. */
let remembered: { readonly of: string; readonly key: Buffer } | undefined;

function signingKey(secret: string, scope: string): Buffer {
  const of = `${secret} ${scope}`;
  if (remembered?.of !== of) {
    const first = Buffer.from(`AWS4${secret}`);
    const key = scope.split('/').reduce<Buffer>((so, part) => createHmac('sha256', so).update(part).digest(), first);
    remembered = { of, key };
  }
  return remembered.key;
}

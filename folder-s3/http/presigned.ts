import { days, minutes, seconds } from '../../lib/base/durations.ts';
import { S3Error } from '../s3-error.ts';
import { headerOf, type S3Request } from './request.ts';

const MAX_EXPIRES = days(7) / seconds(1); // seconds; Signature Version 4's own limit
const CLOCK_SKEW = minutes(15); // what S3 forgives a client whose clock runs ahead

/**
 * Every request must carry a signature, in a header or in its URL, and a signed URL must not have expired. Whether the
 * signature is right is checked in signature.ts.
 */
export function assertNotExpired(request: S3Request, now: Date): void {
  const { query } = request;
  const wanted = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'];
  const present = wanted.filter((name) => query.has(`X-Amz-${name}`));
  if (present.length === 0) {
    if (headerOf(request, 'authorization')?.startsWith('AWS4-')) return;
    throw new S3Error('AccessDenied', { message: 'The request is not signed.' });
  }
  if (present.length < wanted.length) throw new S3Error('AuthorizationQueryParametersError');
  const signed = dateOf(query.get('X-Amz-Date') ?? '');
  const seconds = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,7}$/.test(seconds) || Number(seconds) < 1 || Number(seconds) > MAX_EXPIRES) {
    throw new S3Error('AuthorizationQueryParametersError', {
      message: 'X-Amz-Expires must be a number of seconds, less than a week.',
    });
  }
  const expires = new Date(signed.getTime() + Number(seconds) * 1000);
  if (signed.getTime() - CLOCK_SKEW > now.getTime()) {
    throw new S3Error('AccessDenied', { message: 'Request is not yet valid' });
  }
  if (expires.getTime() > now.getTime()) return;
  throw new S3Error('AccessDenied', {
    message: 'Request has expired',
    fields: { 'X-Amz-Expires': seconds, Expires: expires.toISOString(), ServerTime: now.toISOString() },
  });
}

/** @example dateOf('20261122T133111Z') */
function dateOf(text: string): Date {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso);
  if (iso === text || Number.isNaN(date.getTime())) throw new S3Error('AuthorizationQueryParametersError');
  return date;
}

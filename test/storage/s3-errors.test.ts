import { expect, test } from 'vitest';
import { Interrupted } from '../../lib/base/errors.ts';
import { storageError } from '../../lib/storage/s3-errors.ts';
import { s3Error } from './replies.ts';

const named = (error: unknown, signal?: AbortSignal) => {
  const { name, message } = storageError(error, 'bucket backups', 'store part 7 of a.zip', signal);
  return `${name}: ${message}`;
};
const socket = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code });

test.each([
  ['a socket error', socket('ECONNRESET'), 'ECONNRESET.'],
  [
    'a socket error that the SDK gave a name of its own',
    Object.assign(socket('EPIPE'), { name: 'TimeoutError' }),
    'EPIPE.',
  ],
  ['an error without name, code and status', { message: 'what?' }, 'no reason given.'],
  ['a body that does not have its checksum', new Error('Checksum mismatch: expected a'), 'checksum mismatch.'],
  [
    'a reply that the SDK cannot read',
    Object.assign(s3Error('Error', 200), { message: 'XML parse error: unexpected content' }),
    'its reply cannot be read (HTTP 200). If that goes on, look for a proxy in between that changes replies or answers itself.',
  ],
  [
    'no socket left',
    socket('EMFILE'),
    'EMFILE. This process may not open more files: raise the limit (ulimit -n) to 256 or more.',
  ],
  ['SlowDown without a status', s3Error('SlowDown', undefined), 'SlowDown.'],
  ['503 without a name', s3Error('Unknown', 503), 'no reason given (HTTP 503).'],
  ['429', s3Error('Whatever', 429), 'Whatever (HTTP 429).'],
  ['an unknown code below 500 with an error inside 200', s3Error('InternalError', 200), 'InternalError (HTTP 200).'],
])('%s is StorageUnavailable: it may pass', (_, error, what) => {
  expect(named(error)).toBe(`StorageUnavailable: Bucket backups could not store part 7 of a.zip: ${what}`);
});

test.each([undefined, null, 'text', 7])('what is thrown and is no error (%o) has a name too', (thrown) => {
  expect(named(thrown)).toBe('StorageUnavailable: Bucket backups could not store part 7 of a.zip: no reason given.');
});

test.each([
  ['AccessDenied', 403, 'Check the credentials, the bucket policy and the KMS key policy.'],
  ['Unknown', 403, 'Check the credentials, the bucket policy and the KMS key policy.'],
  ['NoSuchBucket', 404, 'Does the bucket exist, in this region and account?'],
  ['InvalidRequest', 400, 'Retrying will not help.'],
  ['ExpiredToken', 400, 'The credentials have expired: get new ones and run again.'],
  ['QuotaExceeded', 403, 'The quota of the store is used up'],
  ['BadDigest', 400, 'The bytes arrived changed, each time that they were sent'],
  ['PermanentRedirect', 301, 'The bucket is in another region: set AWS_REGION to the region of the bucket.'],
  ['AuthorizationHeaderMalformed', 400, 'The bucket is in another region: '],
])('%s (%i) is StorageRefused, with what to do', (name, status, advice) => {
  expect(named(s3Error(name, status))).toMatch(/^StorageRefused: /);
  expect(named(s3Error(name, status))).toContain(advice);
});

test('a bucket in another region: the region that S3 names, and nothing that is no region', () => {
  const redirected = (region: string) => ({ $response: { headers: { 'x-amz-bucket-region': region } } });
  const error = (more: object) => Object.assign(s3Error('PermanentRedirect', 301), more);
  expect(named(error(redirected('eu-west-1')))).toContain('in another region, eu-west-1: set AWS_REGION to eu-west-1.');
  expect(named(error({ Region: 'us-west-2' }))).toContain('set AWS_REGION to us-west-2.');
  expect(named(error(redirected('\u001b[31m')))).toContain('set AWS_REGION to the region of the bucket.');
});

test('501 is InvalidConfiguration: another store is needed', () => {
  expect(named(s3Error('NotImplemented', 501))).toMatch(
    /^InvalidConfiguration: Bucket backups could not store part 7 of a\.zip: the store does not implement that/,
  );
});

test('the text of a signed request never gets into a message', () => {
  const error = s3Error('AccessDenied', 403, 'GET https://b/k?X-Amz-Signature=cafe');
  expect(named(error)).not.toMatch(/Signature|cafe/);
});

test('an error that has a name of ours keeps it; whoever stopped the run is told so', () => {
  const ours = new Interrupted('Stopped.');
  expect(storageError(ours, 'bucket backups', 'read a')).toBe(ours);
  expect(named(socket('ECONNRESET'), AbortSignal.abort())).toMatch(/^Interrupted: /);
});

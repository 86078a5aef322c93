import { capitalized } from '../base/capitalized.ts';
import {
  ChecksumMismatch,
  Interrupted,
  InvalidConfiguration,
  OffsiteError,
  StorageRefused,
  StorageUnavailable,
} from '../base/errors.ts';
import { TooSlow } from '../base/rate-floor.ts';
import { quoted, Redactor } from '../base/redact.ts';

/** HTTP statuses and error codes of S3 after which the same request may succeed. */
const PASSING_CODES = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ThrottlingException',
  'OperationAborted',
  // A conditional write while another is under way, maybe our own whose answer was lost: look again.
  'ConditionalRequestConflict',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The bytes of a request arrived changed or cut: S3 answers so in order that they are sent again. */
const ARRIVED_CHANGED = new Set([
  'BadDigest',
  'IncompleteBody',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
]);

export const isArrivedChanged = (error: unknown) => ARRIVED_CHANGED.has(failureOf(error).name);

/** What the SDK calls an error whose name it does not know, e.g. after HEAD. */
const NAMELESS = new Set(['Error', 'Unknown', 'UnknownError']);

/** HTTP 410, which S3 never answers: a store on a folder says so of an object whose file somebody has changed. */
const FILE_CHANGED = 410;

/** What the SDK finds itself: the body does not have the checksum that came with it. Its error has no name. */
const CHANGED = 'checksum mismatch';

const NO_REASON = 'no reason given';

/** A `StorageUnavailable`, also by its name: it answers, and asks for fewer requests. */
export class SlowDown extends StorageUnavailable {}

/** A `StorageUnavailable`, also by its name: there is no such host, or nobody listens on the port. Mostly it is mistyped. */
export class NoStoreThere extends StorageUnavailable {}

const NOT_THERE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at its address: check the endpoint, and that the store is running.',
  ENOTFOUND: 'Its host has no address: check the endpoint or the region, and the name server.',
};

const SLOW_DOWN_CODES = new Set(['SlowDown', 'ServiceUnavailable', 'ThrottlingException', 'TooManyRequests']);

export interface S3Failure {
  readonly name: string;
  readonly status: number | undefined;
}

/** Name and HTTP status of what the SDK threw, also when it wrapped a socket error. */
export function failureOf(error: unknown): S3Failure {
  const e = error as { name?: unknown; code?: unknown; message?: unknown; $metadata?: { httpStatusCode?: number } };
  const code = typeof e?.code === 'string' ? e.code : undefined;
  const reason = code ?? (String(e?.message).startsWith('Checksum mismatch') ? CHANGED : NO_REASON);
  const name = typeof e?.name === 'string' && !NAMELESS.has(e.name) ? e.name : reason;
  return { name: PASSING_CODES.has(code ?? '') ? (code as string) : name, status: e?.$metadata?.httpStatusCode };
}

/** Whether the bytes are not those that were stored, by the store's own look at them or by their checksum on arrival. */
export function isChanged(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === FILE_CHANGED || name === CHANGED;
}

/** The bucket is there, and this version of the object is not. */
export const isNoSuchObject = (error: unknown) => /^NoSuch(Key|Version)$/.test(failureOf(error).name);

/** A success whose body cannot be understood: it was changed or cut on its way, and is asked for again. */
const isUnreadable = (status: number) => status >= 200 && status < 300;

/** `place`: "bucket backups". `doing` completes "Bucket backups could not …": "store part 7 of archives/m1/…". Never carries the request, which is signed. */
export function storageError(error: unknown, place: string, doing: string, signal?: AbortSignal): OffsiteError {
  if (error instanceof OffsiteError) return error;
  if (signal?.aborted) return new Interrupted(`Stopped before storage could ${doing}.`);
  const failed = `${capitalized(place)} could not ${doing}`;
  if (error instanceof TooSlow) return new StorageUnavailable(`${failed}: it ${error.message}, too slow to wait for.`);
  const { name, status } = failureOf(error);
  const passing =
    PASSING_CODES.has(name) || (status !== undefined && (status >= 500 || status === 429 || isUnreadable(status)));
  const says = wordsOf(error, name);
  if (status === FILE_CHANGED) {
    return new ChecksumMismatch(
      `${failed}: its file has another size than it was stored with, so it was changed on disk.`,
    );
  }
  if (isNotImplemented(error)) {
    return new InvalidConfiguration(
      `${failed}: the store does not implement that (${name}, HTTP ${status}${says}). Use a store that does: docs/reference/stores.md has a list.`,
    );
  }
  if (status !== undefined && isUnreadable(status) && name === NO_REASON) {
    return new StorageUnavailable(
      `${failed}: its reply cannot be read (HTTP ${status}). If that goes on, look for a proxy in between that changes replies or answers itself.`,
    );
  }
  const what = `${failed}: ${name}${status ? ` (HTTP ${status}${says})` : ''}`;
  if (name === 'EMFILE' || name === 'ENFILE') return new StorageUnavailable(`${what}. ${TOO_MANY_FILES}`);
  if (SLOW_DOWN_CODES.has(name) || status === 503 || status === 429) return new SlowDown(`${what}.`);
  const mistyped = NOT_THERE[name];
  if (mistyped) return new NoStoreThere(`${what}. ${mistyped}`);
  if (passing || status === undefined) return new StorageUnavailable(`${what}.`);
  // A folder says itself what to do, unless its answer has no body.
  if (OF_FOLDERS.has(name) && says) return new StorageRefused(`${failed}: ${name} (HTTP ${status}). ${says.slice(2)}.`);
  return new StorageRefused(`${what}. ${advice(name, status, regionOf(error))}`);
}

/** The store does not know this request, and never will: no failure that passes. */
export function isNotImplemented(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === 501 || name === 'NotImplemented';
}

const redactor = new Redactor();

/** The store's own sentence: it often names the header or the policy that is meant. It is somebody else's text. */
function wordsOf(error: unknown, name: string): string {
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message !== 'string' || NAMELESS.has(message) || message === name) return '';
  // No key or signature is shorter, and nothing that a person needs is longer and has no break.
  const words = quoted(redactor.clean(message).replace(/[\w+=~%-]{40,}/g, '[…]'), 200);
  return words === '' ? '' : `: ${words}`;
}

const EXPIRED = 'The credentials have expired: get new ones and run again.';
const SENT_IN_VAIN = 'The bytes arrived changed, each time that they were sent: check the network and its proxies.';
const FULL = 'The quota of the store is used up: delete what is no longer needed, or raise the quota.';

const TOO_MANY_FILES = 'This process may not open more files: raise the limit (ulimit -n) to 256 or more.';

const ARCHIVED =
  'The archive is in an archive storage class (Glacier): restore a copy first with "aws s3api restore-object", wait until S3 has made it (minutes to 48 hours), then run again.';

/** Error codes of S3 and of stores that are compatible with it, with what to do. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['InvalidObjectState', ARCHIVED],
  ['ExpiredToken', EXPIRED],
  ['ExpiredTokenException', EXPIRED],
  ['TokenRefreshRequired', EXPIRED],
  ['RequestExpired', EXPIRED],
  ['QuotaExceeded', FULL],
  ['QuotaExceededException', FULL],
  ['XMinioAdminBucketQuotaExceeded', FULL],
  ['XMinioStorageFull', FULL],
  ...[...ARRIVED_CHANGED].map((name) => [name, SENT_IN_VAIN] as const),
]);

/** Refusals of a store on a folder. */
const OF_FOLDERS = new Set(['NotWritable', 'DiskFailed', 'TooManyOpenFiles']);

/** Where S3 says that the bucket is: in a header of a redirect, or in the body of an error about the signature. */
function regionOf(error: unknown): string | undefined {
  const { Region, $response } = (error ?? {}) as { Region?: unknown; $response?: { headers?: Record<string, string> } };
  const region = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  // Nothing else gets from a reply into a message.
  return typeof region === 'string' && /^[a-z0-9-]{1,40}$/.test(region) ? region : undefined;
}

/** By status where there is no name: an answer to HEAD has no body that could hold one. */
function advice(name: string, status: number, region: string | undefined): string {
  const words = ADVICE.get(name);
  if (words !== undefined) return words;
  if (status === 301 || status === 307 || name === 'AuthorizationHeaderMalformed') {
    return `The bucket is in another region${region ? `, ${region}` : ''}: set AWS_REGION to ${region ?? 'the region of the bucket'}.`;
  }
  if (name === 'NoSuchBucket' || name === 'NotFound') return 'Does the bucket exist, in this region and account?';
  if (name === 'NotWritable') return 'The disk of the folder is full or read-only: make room, or name another folder.';
  if (name === 'DiskFailed') return 'The disk of the folder reports an error: check the disk and the connection to it.';
  if (name === 'TooManyOpenFiles') return TOO_MANY_FILES;
  if (status === 403) return 'Check the credentials, the bucket policy and the KMS key policy.';
  return 'Retrying will not help.';
}

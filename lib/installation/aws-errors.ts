import { Interrupted } from '../base/errors.ts';
import { AwsRefused, AwsUnavailable } from './errors.ts';

/** Names under which AWS says "not now" with a status below 500. */
const PASSING = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'KmsThrottlingException',
  'RequestTimeout',
  'TimeoutError',
]);
const DENIED = new Set(['AccessDeniedException', 'AccessDenied', 'NotAuthorized', 'UnauthorizedOperation']);
/** The credentials themselves are no good, whatever they may do. */
const CREDENTIALS = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'IncompleteSignature',
]);

/**
 * What the SDK threw as one sentence. `action` is the permission that the call needs, e.g. `states:StartExecution`. The
 * SDK's own texts name the caller's ARN and the resource, which is what an administrator asks for first; never a secret.
 */
export function awsError(error: unknown, action: string, signal?: AbortSignal): Error {
  if (signal?.aborted) return new Interrupted(`Interrupted before ${action} was answered.`);
  const { name = 'Error', message = '', code, $metadata } = error as AwsFailure;
  const status = $metadata?.httpStatusCode;
  const reason = message.split('\n')[0]?.slice(0, 400) || 'no reason given';
  if (DENIED.has(name)) {
    return new AwsRefused(`AWS denies ${action}: ${reason}. Ask for this permission; docs/cli.md lists all of them.`);
  }
  if (CREDENTIALS.has(name)) {
    return new AwsRefused(`AWS does not accept the credentials (${name}): ${reason}. Log in again, or correct them.`);
  }
  if (name === 'CredentialsProviderError') {
    return new AwsRefused(`The AWS credentials cannot be read: ${reason}. Log in again, or correct them.`);
  }
  const what = `${action}: ${code ?? name}${status ? ` (HTTP ${status})` : ''}`;
  if (PASSING.has(name) || status === undefined || status === 429 || status >= 500) {
    return new AwsUnavailable(`AWS did not answer ${what}, also when it was asked again. Try later.`);
  }
  return new AwsRefused(`AWS refuses ${what}: ${reason}.`);
}

interface AwsFailure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

import { Interrupted } from '../base/errors.ts';
import { isPassing } from '../base/passing-errors.ts';
import { AwsRefused, AwsUnavailable } from './errors.ts';

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
  if (error instanceof AwsUnavailable) return error;
  const { name = 'Error', message = '', code, $metadata } = error as AwsFailure;
  const status = $metadata?.httpStatusCode;
  const reason = message.split('\n')[0]?.slice(0, 400) || 'no reason given';
  if (DENIED.has(name)) {
    return new AwsRefused(
      `AWS denies ${action}: ${reason}. Ask for this permission; docs/reference/cli.md lists all of them.`,
    );
  }
  if (CREDENTIALS.has(name)) {
    return new AwsRefused(`AWS does not accept the credentials (${name}): ${reason}. Log in again, or correct them.`);
  }
  if (name === 'CredentialsProviderError') {
    return new AwsRefused(`The AWS credentials cannot be read: ${reason}. Log in again, or correct them.`);
  }
  const what = `${action}: ${code ?? name}${status ? ` (HTTP ${status})` : ''}`;
  if (isPassing(name, status)) {
    return new AwsUnavailable(`AWS did not answer ${what}, also when it was asked again. Try later.`);
  }
  return new AwsRefused(`AWS refuses ${what}: ${reason}.`);
}

/** A reply that is none of AWS's own. Asking again may help: who follows an execution does. */
export function brokenReply(action: string, what: string): AwsUnavailable {
  return new AwsUnavailable(
    `The reply to ${action} ${what}. AWS does not answer so. Try again; if it stays, look for a proxy in between that changes replies.`,
  );
}

interface AwsFailure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Names under which AWS says "not now" with a status below 500. */
const PASSING: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'KmsThrottlingException',
  'RequestTimeout',
  'TimeoutError',
]);

/** Whether the same request to AWS may succeed later: throttled, failed on their side, or never answered. */
export function isPassing(name: string, status: number | undefined): boolean {
  return PASSING.has(name) || status === undefined || status === 429 || status >= 500;
}

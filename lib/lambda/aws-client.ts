/**
 * Every request ends. The SDK by itself waits for ever, and in a VPC without an endpoint for the service packets just
 * vanish: the function would die of its own time-out, and nobody would know why.
 */
export const PATIENCE = {
  requestHandler: { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true },
};

/** What a client of AWS throws. */
export interface AwsFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

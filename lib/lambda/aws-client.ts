import { direct, type Network } from '../network/network.ts';
import { sdkAgents } from '../network/sdk-agents.ts';

/**
 * Every request ends. The SDK by itself waits for ever, and in a VPC without an endpoint for the service packets just
 * vanish: the function would die of its own time-out, and nobody would know why.
 */
export const patienceOf = (network: Network) => ({
  requestHandler: {
    ...sdkAgents(network),
    connectionTimeout: 5000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
  },
});

export type Patience = ReturnType<typeof patienceOf>;

export const PATIENCE = patienceOf(direct);

/** What a client of AWS throws. */
export interface AwsFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

import { S3Client } from '@aws-sdk/client-s3';
import { direct, type Network } from '../network/network.ts';
import { sdkAgents } from '../network/sdk-agents.ts';
import { limits, withRangeReads } from './range-reads.ts';
import { remember } from './store-address.ts';

export interface S3Options {
  /** An S3-compatible store instead of AWS; addressed by path, since its host has no name per bucket. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Of the files of AWS tools, for region and credentials. */
  readonly profile?: string;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Attempts of the SDK itself, before Step Functions tries the whole step again. */
  readonly maxAttempts?: number;
  /** Proxies and CAs; default: none but Node's. */
  readonly network?: Network;
}

export function s3Client({ endpoint, maxAttempts = 3, network = direct, ...options }: S3Options = {}): S3Client {
  const client = new S3Client({
    ...options,
    maxAttempts,
    // `Expect: 100-continue` makes the SDK open a connection, with its TLS, for every single part: it does not keep
    // those alive.
    expectContinueHeader: false,
    requestHandler: { ...limits, ...sdkAgents(network), throwOnRequestTimeout: true },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  client.config.requestHandler = withRangeReads(client.config.requestHandler, network);
  remember(client, network);
  return client;
}

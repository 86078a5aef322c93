import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { StorageRefused, StorageUnavailable } from '../base/errors.ts';
import { isPassing } from '../base/passing-errors.ts';
import type { Keys } from '../base/ports.ts';
import { type AwsFailure, PATIENCE } from './aws-client.ts';

/** What KMS says of the key of the archives. */
export function kmsKeys(archiveKey: string, client = new KMSClient(PATIENCE)): Keys {
  return {
    archiveKey,
    async stateOf(KeyId) {
      try {
        const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
        return KeyMetadata?.KeyState ?? 'in a state that KMS does not name';
      } catch (error) {
        const { name = 'Error', $metadata } = error as AwsFailure;
        const status = $metadata?.httpStatusCode;
        if (status === undefined || isPassing(name, status))
          throw new StorageUnavailable(`KMS does not report the state of the key ${KeyId} just now (${name}).`);
        throw new StorageRefused(
          `KMS does not report the state of the key ${KeyId} (${name}). May this function use kms:DescribeKey on it?`,
        );
      }
    },
  };
}

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { StorageRefused, StorageUnavailable } from '../base/errors.ts';
import { isPassing } from '../base/passing-errors.ts';
import { requireP256 } from '../signing/public-key.ts';
import type { Signer } from '../signing/signer.ts';
import { type AwsFailure, PATIENCE } from './aws-client.ts';

/**
 * Signs with a key that never leaves KMS. The digest is sent and not the record, which may be longer than the 4,096 bytes
 * that KMS takes. Throws `StorageUnavailable`, `StorageRefused`, `InvalidConfiguration`: a record that cannot be signed is one that is not stored.
 */
export function kmsSigner(KeyId: string, client = new KMSClient(PATIENCE)): Signer {
  const attempt = async <T>(send: () => Promise<T>): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      throw kmsError(error, KeyId);
    }
  };
  let publicKey: Promise<KeyObject> | undefined;
  const ask = async () => {
    const { PublicKey } = await attempt(() => client.send(new GetPublicKeyCommand({ KeyId })));
    return keyOf(promised(PublicKey, KeyId), KeyId);
  };
  return {
    async publicKey() {
      publicKey ??= ask().catch((error: unknown) => {
        publicKey = undefined;
        throw error;
      });
      return await publicKey;
    },
    async sign(message) {
      const Message = createHash('sha256').update(message).digest();
      const command = new SignCommand({ KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
      const { Signature } = await attempt(() => client.send(command));
      return Buffer.from(promised(Signature, KeyId));
    },
  };
}

/** Throws `InvalidConfiguration` for a key of another kind: nobody could verify what it signs. */
function keyOf(der: Uint8Array, key: string): KeyObject {
  let parsed: KeyObject;
  try {
    parsed = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch {
    throw new StorageRefused(`KMS gave a public key of the signing key ${key} that is not valid.`);
  }
  return requireP256(parsed, `The signing key ${key}`);
}

function promised(bytes: Uint8Array | undefined, key: string): Uint8Array {
  if (bytes !== undefined) return bytes;
  throw new StorageRefused(`KMS answered without the bytes that were asked for of the signing key ${key}.`);
}

function kmsError(error: unknown, key: string): StorageUnavailable | StorageRefused {
  const { name = 'Error', $metadata } = error as AwsFailure;
  const status = $metadata?.httpStatusCode;
  // Two names of KMS that mean "just now", whatever their status.
  const isAway = ['KMSInternalException', 'KeyUnavailableException', 'DependencyTimeoutException'].includes(name);
  if (status === undefined || isAway || isPassing(name, status)) {
    return new StorageUnavailable(`The signing key ${key} could not be used just now (${name}). Nothing was recorded.`);
  }
  return new StorageRefused(
    `The signing key ${key} cannot be used (${name}). Is it enabled, and may this function use it (docs/reference/permissions.md)? Nothing was recorded. A record without a signature is not written.`,
  );
}

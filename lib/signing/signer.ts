import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { InvalidConfiguration } from '../base/errors.ts';
import { fingerprintOf, requireP256 } from './public-key.ts';

/** Who signs: a key of this machine, or one in KMS that never leaves it. */
export interface Signer {
  /** Its public half. Asked for once. */
  publicKey(): Promise<KeyObject>;
  /** ECDSA P-256 of these bytes with SHA-256, DER. */
  sign(message: Buffer): Promise<Buffer>;
}

/** Signs with a private key in PEM. Throws `InvalidConfiguration`. */
export function pemSigner(pem: string, where: string): Signer & { readonly fingerprint: string } {
  const key = parsePrivateKey(pem, where);
  const publicKey = createPublicKey(key);
  return {
    fingerprint: fingerprintOf(publicKey),
    publicKey: async () => publicKey,
    sign: async (message) => sign('sha256', message, key),
  };
}

function parsePrivateKey(pem: string, where: string): KeyObject {
  try {
    return requireP256(createPrivateKey(pem), where);
  } catch (error) {
    if (error instanceof InvalidConfiguration) throw error;
    throw new InvalidConfiguration(`${where} holds no private key in PEM.`);
  }
}

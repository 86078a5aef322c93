import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { InvalidConfiguration } from '../base/errors.ts';
import { Fingerprint } from '../base/schemas.ts';

/** `keys/<fingerprint>.json`: the public half of a key that signs records, for whoever has nothing but the bucket. */
export const PublicKeyRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/key/1'),
  fingerprint: Fingerprint,
  algorithm: z.literal('ECDSA_P256_SHA256'),
  publicKeyPem: z.string().max(2000),
  createdAt: z.iso.datetime(),
});
export type PublicKeyRecord = z.infer<typeof PublicKeyRecord>;

export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** A public key, or the public half of a private one, in PEM. Throws `InvalidConfiguration` for another kind of key. */
export function parsePublicKey(pem: string, where: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new InvalidConfiguration(`${where} holds no key in PEM.`);
  }
  return requireP256(key, where);
}

export function requireP256(key: KeyObject, where: string): KeyObject {
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new InvalidConfiguration(`${where} holds a key of another kind than ECDSA P-256 (prime256v1).`);
}

import { type KeyObject, verify } from 'node:crypto';
import { StorageRefused } from '../base/errors.ts';
import { Signature } from '../base/schemas.ts';
import { isAlwaysSigned, keyOf } from '../storage/layout.ts';
import type { KeyShelf, Seal, Sealing, Sequences, Standing } from '../storage/seal.ts';
import { fingerprintOf, type PublicKeyRecord } from './public-key.ts';
import { messageOf } from './signature.ts';
import type { Signer } from './signer.ts';
import { KeyRing, type Trust } from './trust.ts';

export interface SealRules {
  /** Undefined: records are written without a signature. */
  readonly signer: Signer | undefined;
  readonly trust: Trust;
  /** What storage got since then without a signature is forged; undefined: it is merely old. */
  readonly requiredSince: Date | undefined;
  readonly now: () => Date;
  /** Undefined: nothing is remembered here. */
  readonly sequences?: Sequences | undefined;
}

/** Signs what is written and judges what is read, with the keys beside the archives at hand. */
export function sealing({ signer, trust, requiredSince, now, sequences }: SealRules): Sealing {
  return (shelf): Seal => {
    const ring = new KeyRing(trust, shelf);
    let signing: Promise<KeyObject> | undefined;
    return {
      sequences,
      async sign(key, record) {
        if (!signer) return record;
        // Before the first record: who finds a record must find the key.
        signing ??= publish(signer, { shelf, ring, now }).catch((error: unknown) => {
          signing = undefined;
          throw error;
        });
        const publicKey = await signing;
        const { signature: _, ...bare } = record as { signature?: unknown };
        const value = await signer.sign(messageOf(key, bare));
        requireOwn(key, bare, { publicKey, value });
        return { ...bare, signature: { key: fingerprintOf(publicKey), value: value.toString('base64') } };
      },
      knows: async (fingerprint) => (await ring.find(fingerprint))?.known,
      judge: async (key, record, storedAt) =>
        'signature' in record
          ? await judgeSigned(key, record as { signature: unknown }, ring)
          : judgeUnsigned(key, storedAt, requiredSince),
    };
  };
}

interface Publishing {
  readonly shelf: KeyShelf;
  readonly ring: KeyRing;
  readonly now: () => Date;
}

/** A record with a signature that nobody can verify would count as forged for ever: it is not written. */
function requireOwn(key: string, bare: object, { publicKey, value }: { publicKey: KeyObject; value: Buffer }): void {
  if (verify('sha256', messageOf(key, bare), publicKey, value)) return;
  throw new StorageRefused(
    `${key} was signed with another key than ${fingerprintOf(publicKey)}, whose public half was given. Was the signing key replaced just now? Nothing was recorded.`,
  );
}

/** Puts the public key beside the archives, once, and gives it. */
async function publish(signer: Signer, { shelf, ring, now }: Publishing): Promise<KeyObject> {
  const publicKey = await signer.publicKey();
  ring.trust(publicKey);
  const fingerprint = fingerprintOf(publicKey);
  const record: PublicKeyRecord = {
    schema: 'cloudify-offsite/key/1',
    fingerprint,
    algorithm: 'ECDSA_P256_SHA256',
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    createdAt: now().toISOString(),
  };
  try {
    await shelf.write(keyOf(fingerprint), record, 'absent');
  } catch (error) {
    // The bucket of a stack takes keys of its own functions alone. Whoever has this key can still verify.
    if (!(error instanceof StorageRefused)) throw error;
  }
  return publicKey;
}

function judgeUnsigned(key: string, storedAt: Date | undefined, requiredSince: Date | undefined): Standing {
  if (isAlwaysSigned(key)) return { state: 'forged', why: 'has no signature, and every record of its kind has one.' };
  if (requiredSince === undefined || (storedAt !== undefined && storedAt < requiredSince)) return { state: 'unsigned' };
  const when = storedAt === undefined ? '' : ` It was stored at ${storedAt.toISOString()}.`;
  return {
    state: 'forged',
    why: `has no signature, and every record since ${requiredSince.toISOString()} must have one.${when}`,
  };
}

async function judgeSigned(key: string, record: { signature: unknown }, ring: KeyRing): Promise<Standing> {
  const signature = Signature.safeParse(record.signature);
  if (!signature.success) return { state: 'forged', why: 'has a signature that is not one.' };
  const { key: fingerprint, value } = signature.data;
  const found = await ring.find(fingerprint);
  if (!found) {
    return {
      state: 'forged',
      isStrange: true,
      why: `is signed with the key ${fingerprint}, which is not trusted here. Compare it with your recovery sheet. If it is yours, trust it: --trust-key ${fingerprint}, or signatures.trustedKeys in the configuration.`,
    };
  }
  const isGenuine = verify('sha256', messageOf(key, record), found.publicKey, Buffer.from(value, 'base64'));
  if (isGenuine) return { state: 'signed', key: fingerprint, known: found.known };
  return { state: 'forged', why: `is not what was signed with the key ${fingerprint}: it was changed, or moved here.` };
}

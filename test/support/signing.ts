import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealing } from '../../lib/signing/seal.ts';
import { messageOf } from '../../lib/signing/signature.ts';
import { pemSigner } from '../../lib/signing/signer.ts';
import { type Trust, trustNoOther } from '../../lib/signing/trust.ts';
import type { Sealing } from '../../lib/storage/seal.ts';

/** A key pair of its own, as PEM and as who signs with it. */
export function keyPair() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem, ...pemSigner(pem, 'The key of the test') };
}

export type KeyPair = ReturnType<typeof keyPair>;

export interface SealOptions {
  readonly trust?: Partial<Trust> | undefined;
  readonly requiredSince?: Date;
  readonly now?: () => Date;
}

/** Signs with the key, and believes it alone unless told otherwise. */
export async function sealWith(key: KeyPair, options: SealOptions = {}): Promise<Sealing> {
  const { trust, requiredSince, now = () => new Date() } = options;
  return sealing({
    signer: key,
    trust: { keys: [await key.publicKey()], fingerprints: [], admitsBeside: trustNoOther, ...trust },
    requiredSince,
    now,
  });
}

/** The text of a record as whoever has this key would write it. */
export async function signedText(at: string, record: object, key: KeyPair = worldKey): Promise<string> {
  const { signature: _, ...bare } = record as { signature?: unknown };
  const value = (await key.sign(messageOf(at, bare))).toString('base64');
  return JSON.stringify({ ...bare, signature: { key: key.fingerprint, value } });
}

/** The key of every world, with which its runs sign. */
export const worldKey = keyPair();
export const worldSealing = await sealWith(worldKey);

/** Where command lines under test keep their key, the world's: never in the home of who runs the tests. */
const stateFolder = mkdtempSync(join(tmpdir(), 'offsite-signing-'));
writeFileSync(join(stateFolder, 'signing-key.pem'), worldKey.pem, { mode: 0o600 });
process.on('exit', () => rmSync(stateFolder, { recursive: true, force: true }));
export const signing = { stateFolder } as const;

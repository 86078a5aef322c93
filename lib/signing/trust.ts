import type { KeyObject } from 'node:crypto';
import { keyOf, prefixOf } from '../storage/layout.ts';
import type { KeyShelf, KnownAs } from '../storage/seal.ts';
import { fingerprintOf, PublicKeyRecord, parsePublicKey } from './public-key.ts';

/** Whose signatures are believed. */
export interface Trust {
  /** Public keys at hand. */
  readonly keys: readonly KeyObject[];
  /** Fingerprints of keys that lie beside the archives. */
  readonly fingerprints: readonly string[];
  /** Whether a key is believed that is trusted by nothing but its place beside the archives. */
  readonly admitsBeside: (fingerprint: string, shelf: () => Promise<string[]>) => Promise<boolean>;
}

/** Believes whatever key lies beside the archives: where nothing was configured. */
export const trustBeside: Trust['admitsBeside'] = async () => true;
export const trustNoOther: Trust['admitsBeside'] = async () => false;

export interface KnownKey {
  readonly publicKey: KeyObject;
  readonly known: KnownAs;
}

/** Finds the public key of a fingerprint, and whether it is believed. Each is looked for once. */
export class KeyRing {
  readonly #trust: Trust;
  readonly #shelf: KeyShelf;
  readonly #found = new Map<string, Promise<KnownKey | undefined>>();

  constructor(trust: Trust, shelf: KeyShelf) {
    this.#trust = trust;
    this.#shelf = shelf;
    for (const publicKey of trust.keys) this.trust(publicKey);
  }

  /** The key that this process signs with is trusted as well. */
  trust(publicKey: KeyObject): void {
    this.#found.set(fingerprintOf(publicKey), Promise.resolve({ publicKey, known: 'trusted' }));
  }

  /** Undefined: it is not there, is not the key of its name, or is not believed. */
  async find(fingerprint: string): Promise<KnownKey | undefined> {
    const standing = this.#found.get(fingerprint);
    if (standing !== undefined) return await standing;
    const looking = this.#lookBeside(fingerprint);
    this.#found.set(fingerprint, looking);
    // A key may be written while this process lives, and storage may be away for a moment.
    const forget = () => this.#found.delete(fingerprint);
    return await looking.then(
      (found) => {
        if (!found) forget();
        return found;
      },
      (error: unknown) => {
        forget();
        throw error;
      },
    );
  }

  async #lookBeside(fingerprint: string): Promise<KnownKey | undefined> {
    const isTrusted = this.#trust.fingerprints.includes(fingerprint);
    if (!isTrusted && !(await this.#trust.admitsBeside(fingerprint, () => this.#onShelf()))) return undefined;
    const record = (await this.#shelf.read(keyOf(fingerprint), PublicKeyRecord))?.value;
    if (!record) return undefined;
    const publicKey = parsePublicKey(record.publicKeyPem, keyOf(fingerprint));
    return fingerprintOf(publicKey) === fingerprint
      ? { publicKey, known: isTrusted ? 'trusted' : 'beside' }
      : undefined;
  }

  /** The fingerprints of all keys that lie beside the archives. */
  async #onShelf(): Promise<string[]> {
    const listed = await this.#shelf.list(prefixOf('keys'));
    return listed.flatMap(({ key }) => /([0-9a-f]{64})\.json$/.exec(key)?.[1] ?? []);
  }
}

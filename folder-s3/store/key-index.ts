import { OffHeapKeys } from './off-heap-keys.ts';
import type { KeyRecord, Version } from './version.ts';
import { VersionTexts } from './version-texts.ts';

/**
 * The records of all keys, which are listed in the order of the keys. Outside of the heap: as objects, those of 10,000
 * archives took half of what a process of ours may have; keys alone those of 300 managers a third.
 */
export class KeyIndex {
  readonly #keys = new OffHeapKeys();
  readonly #versions = new VersionTexts();

  /** The newest first; none when there is no such key. */
  versions(key: string): readonly Version[] {
    const place = this.#keys.get(key);
    return place === undefined ? [] : this.#versions.at(place);
  }

  has(key: string): boolean {
    return this.#keys.get(key) !== undefined;
  }

  /** Adds or replaces a record; without versions it goes. */
  set({ key, versions }: KeyRecord): void {
    const before = this.#keys.get(key);
    if (before !== undefined) this.#versions.release(before);
    if (versions.length === 0) {
      this.#keys.delete(key);
      return;
    }
    this.#keys.set(key, this.#versions.add(versions));
    const moved = this.#versions.tidied();
    if (moved) this.#keys.replaceValues(moved);
  }

  /**
   * Those that begin with `prefix`, from `from` on, in the order of their UTF-8 bytes, which is the order of S3's lists. No
   * other key is looked at: 300 managers in one folder are listed 300 times.
   */
  *keys(prefix: string, from: string): Generator<string> {
    for (const key of this.#keys.from(compareKeys(prefix, from) > 0 ? prefix : from)) {
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }
}

const encoder = new TextEncoder();
/** Up to here the order of UTF-16 units is that of UTF-8 bytes; from here on surrogates stand before what they exceed. */
const BEYOND = /[\ud800-\uffff]/;

export function compareKeys(a: string, b: string): number {
  if (BEYOND.test(a) || BEYOND.test(b)) return Buffer.compare(encoder.encode(a), encoder.encode(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

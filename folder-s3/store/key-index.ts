import type { KeyRecord, Version } from './version.ts';
import { VersionTexts } from './version-texts.ts';

/**
 * The records of all keys, which are listed in the order of the keys. On the heap each takes 250 bytes: as objects, those of
 * 10,000 archives took half of what a process of ours may have.
 */
export class KeyIndex {
  readonly #versions = new VersionTexts();
  /** Undefined until a list asks: a start adds 40,000 keys, and sorts once. */
  #sorted: string[] | undefined;

  /** The newest first; none when there is no such key. */
  versions(key: string): readonly Version[] {
    return this.#versions.get(key);
  }

  has(key: string): boolean {
    return this.#versions.has(key);
  }

  /** Adds or replaces a record; without versions it goes. */
  set({ key, versions }: KeyRecord): void {
    const isNew = !this.#versions.has(key);
    if (versions.length > 0) {
      this.#versions.set(key, versions);
      if (isNew) this.#sorted?.splice(placeOf(key, this.#sorted), 0, key);
    } else if (!isNew) {
      this.#versions.delete(key);
      this.#sorted?.splice(placeOf(key, this.#sorted), 1);
    }
  }

  /**
   * Those that begin with `prefix`, from `from` on, in the order of their UTF-8 bytes, which is the order of S3's lists. No
   * other key is looked at: 300 managers in one folder are listed 300 times.
   */
  *keys(prefix: string, from: string): Generator<string> {
    this.#sorted ??= [...this.#versions.keys()].sort(compareKeys);
    const sorted = this.#sorted;
    const first = compareKeys(prefix, from) > 0 ? prefix : from;
    for (let at = placeOf(first, sorted); at < sorted.length; at++) {
      const key = sorted[at];
      if (!key?.startsWith(prefix)) return;
      yield key;
    }
  }
}

/** Where a key is in a sorted list, or would be. */
function placeOf(key: string, sorted: readonly string[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(sorted[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const encoder = new TextEncoder();
/** Up to here the order of UTF-16 units is that of UTF-8 bytes; from here on surrogates stand before what they exceed. */
const BEYOND = /[\ud800-\uffff]/;

export function compareKeys(a: string, b: string): number {
  if (BEYOND.test(a) || BEYOND.test(b)) return Buffer.compare(encoder.encode(a), encoder.encode(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

import { OffHeapTexts } from './off-heap-texts.ts';
import { SortedPlaces } from './sorted-places.ts';

/** A slot of the table that was never used, or whose key was removed: others may stand behind it. */
const [FREE, REMOVED] = [-1, -2];
const SMALLEST = 1024;
/** Of all slots: fuller ones are searched for long. */
const MOST_USED = 0.75;

/**
 * A number for each key, found by a hash table outside of V8's heap; keys are given in the order of their UTF-8 bytes. A
 * `Map` of 150,000 keys takes 30 MB of the heap, which the garbage collector goes through again and again.
 */
export class OffHeapKeys {
  #texts = new OffHeapTexts();
  /** Where the key of a slot is among the texts, of which there are less than 2 GiB. */
  #places = new Int32Array(SMALLEST).fill(FREE);
  #values = new Int32Array(SMALLEST);
  #hashes = new Uint32Array(SMALLEST);
  #used = 0;
  #size = 0;
  /** Keys whose texts are held, those that were removed since among them. */
  #added = 0;
  /** Undefined until a list asks: a start adds 150,000 keys, and sorts once. */
  #sorted: SortedPlaces | undefined;

  get(key: string): number | undefined {
    const slot = this.#slotOf(key, hashOf(key));
    return isTaken(this.#places[slot]) ? this.#values[slot] : undefined;
  }

  set(key: string, value: number): void {
    const hash = hashOf(key);
    let slot = this.#slotOf(key, hash);
    if (!isTaken(this.#places[slot])) {
      if (this.#used + 1 > MOST_USED * this.#places.length) {
        this.#rebuild();
        slot = this.#slotOf(key, hash);
      }
      const place = this.#texts.add(key);
      this.#added += 1;
      this.#fill(slot, { place, hash });
      this.#sorted?.insert(place);
    }
    this.#values[slot] = value;
  }

  delete(key: string): void {
    const slot = this.#slotOf(key, hashOf(key));
    const place = this.#places[slot] ?? FREE;
    if (!isTaken(place)) return;
    this.#sorted?.remove(place);
    this.#places[slot] = REMOVED;
    this.#size -= 1;
  }

  /** Puts another number in the place of each. */
  replaceValues(change: (value: number) => number): void {
    for (const [slot, place] of this.#places.entries()) {
      if (isTaken(place)) this.#values[slot] = change(this.#values[slot] ?? 0);
    }
  }

  /** From the first on that is not before `first`. */
  *from(first: string): Generator<string> {
    this.#sorted ??= new SortedPlaces(this.#places.filter(isTaken), this.#texts);
    for (const place of this.#sorted.from(Buffer.from(first))) yield this.#texts.at(place);
  }

  #fill(slot: number, { place, hash }: { readonly place: number; readonly hash: number }): void {
    this.#places[slot] = place;
    this.#hashes[slot] = hash;
    this.#used += 1;
    this.#size += 1;
  }

  /** The slot of a key, or the free one where it would be. */
  #slotOf(key: string, hash: number): number {
    const last = this.#places.length - 1;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const place = this.#places[slot] ?? FREE;
      if (place === FREE) return slot;
      if (place !== REMOVED && this.#hashes[slot] === hash && this.#texts.at(place) === key) return slot;
    }
  }

  /** Twice as many slots as are needed, without what was removed; without its texts as well, if those are most of all. */
  #rebuild(): void {
    const [places, values, hashes, texts] = [this.#places, this.#values, this.#hashes, this.#texts];
    const slots = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(2 * (this.#size + 1))));
    this.#places = new Int32Array(slots).fill(FREE);
    this.#values = new Int32Array(slots);
    this.#hashes = new Uint32Array(slots);
    if (this.#added > 2 * this.#size) {
      this.#texts = new OffHeapTexts();
      this.#sorted = undefined;
      this.#added = this.#size;
    }
    [this.#used, this.#size] = [0, 0];
    for (const [at, before] of places.entries()) {
      if (!isTaken(before)) continue;
      const hash = hashes[at] ?? 0;
      const place = this.#texts === texts ? before : this.#texts.add(texts.at(before));
      const slot = this.#freeSlot(hash);
      this.#fill(slot, { place, hash });
      this.#values[slot] = values[at] ?? 0;
    }
  }

  #freeSlot(hash: number): number {
    const last = this.#places.length - 1;
    let slot = hash & last;
    while (this.#places[slot] !== FREE) slot = (slot + 1) & last;
    return slot;
  }
}

const isTaken = (place: number | undefined): boolean => place !== undefined && place >= 0;

/** FNV-1a over UTF-16 units, mixed: keys differ in their last characters, and the table looks at the lowest bits. */
function hashOf(key: string): number {
  let hash = 2166136261;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  return (hash ^ (hash >>> 13)) >>> 0;
}

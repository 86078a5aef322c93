/** What a path is extracted as. */
export const FOLDER = 0;
export const FILE = 1;
export type PathKind = typeof FOLDER | typeof FILE;

const FIRST_SLOTS = 1024;

/**
 * Which paths were met, and as what, by 64 bits of hash: 16 bytes of memory a path, where a Set of names takes 150. Equal
 * paths always have equal hashes. Of 4,000,000 different ones two are taken for equal once in a million archives.
 */
export class PathSet {
  #slots = FIRST_SLOTS;
  /** Pairs of words. The lowest bit of the second is the kind; a pair of zeros is a free slot. */
  #words = new Uint32Array(2 * FIRST_SLOTS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The kind that the path of this hash has already, or undefined: then it is remembered as `kind`. */
  add(first: number, second: number, kind: PathKind): PathKind | undefined {
    const high = first >>> 0 || 1;
    const low = ((second & ~1) | kind) >>> 0;
    const at = this.#find(high, low);
    if (this.#words[at] !== 0) return ((this.#words[at + 1] ?? 0) & 1) as PathKind;
    this.#words[at] = high;
    this.#words[at + 1] = low;
    this.#count++;
    if (this.#count * 2 > this.#slots) this.#grow();
    return undefined;
  }

  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = this.#slots - 1;
    for (let slot = (high ^ (high >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      if (words[at] === 0) return at;
      if (words[at] === high && ((words[at + 1] ?? 0) ^ low) >>> 1 === 0) return at;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(2 * this.#slots);
    for (let at = 0; at < old.length; at += 2) {
      const [high = 0, low = 0] = [old[at], old[at + 1]];
      if (high === 0) continue;
      const to = this.#find(high, low);
      this.#words[to] = high;
      this.#words[to + 1] = low;
    }
  }
}

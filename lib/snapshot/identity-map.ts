/** Identities that are told apart: 2,097,152 places of 12 bytes, 72 % of them in use, are 25 MB. */
export const MAX_IDENTITIES = 1_500_000;

const FIRST_PLACES = 1024;
const WORDS = 3;

/** Numbers by 64-bit hashes, in 12 bytes each: a Map of strings takes ten times as much. */
export class IdentityMap {
  readonly #limit: number;
  /** Two words of hash and one of value a place; a hash of 0 is an empty place. */
  #table = new Uint32Array(FIRST_PLACES * WORDS);
  #places = FIRST_PLACES;
  #size = 0;

  constructor(limit = MAX_IDENTITIES) {
    this.#limit = limit;
  }

  /** The value of a hash, which is not 0 in both halves. */
  get(a: number, b: number): number | undefined {
    const at = this.#find(a, b);
    return this.#isFree(at) ? undefined : this.#table[at + 2];
  }

  /** False if the hash is new and there is no room: then nothing changes. */
  set(a: number, b: number, value: number): boolean {
    let at = this.#find(a, b);
    if (this.#isFree(at)) {
      if (this.#size >= this.#limit) return false;
      if (this.#size * 4 >= this.#places * 3) {
        this.#grow();
        at = this.#find(a, b);
      }
      this.#table[at] = a;
      this.#table[at + 1] = b;
      this.#size++;
    }
    this.#table[at + 2] = value;
    return true;
  }

  #isFree(at: number): boolean {
    return this.#table[at] === 0 && this.#table[at + 1] === 0;
  }

  /** The place of the hash, or the free one where it belongs. */
  #find(a: number, b: number): number {
    const table = this.#table;
    const mask = this.#places - 1;
    for (let place = (a ^ b) & mask; ; place = (place + 1) & mask) {
      const at = place * WORDS;
      const first = table[at];
      const second = table[at + 1];
      if ((first === a && second === b) || (first === 0 && second === 0)) return at;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#places *= 2;
    this.#table = new Uint32Array(this.#places * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      const a = old[at] ?? 0;
      const b = old[at + 1] ?? 0;
      if (a === 0 && b === 0) continue;
      const to = this.#find(a, b);
      this.#table[to] = a;
      this.#table[to + 1] = b;
      this.#table[to + 2] = old[at + 2] ?? 0;
    }
  }
}

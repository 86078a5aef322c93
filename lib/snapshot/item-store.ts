import { FIELDS, keysOf, LOG_TYPE, TYPE_FIELD } from './item-keys.ts';
import { TEXT } from './json-grammar.ts';
import { TextHash } from './text-hash.ts';

/** Words of one page that are held: 16 MB. Pages of a manager have 500 items; of events, 7.0.0 put any number in one. */
const MAX_WORDS = 4 * 1024 * 1024;
const FIRST_WORDS = 1024;

/** The value of a field is a list or an object, which cannot be a key. */
const NO_KEY = 0xffffffff;

const NOWHERE = -1;

/** Takes one item: the hash of what tells it from others of its type and source, and whether it is a line of a log. */
export type TakeItem = (first: number, second: number, isLog: boolean) => void;

/** A page is JSON, but not what a manager's restore can take. */
export class PageFault extends Error {}

const [LOG_A, LOG_B] = hashOfText(LOG_TYPE);

/** The hash of a text as it is found in JSON; with the mark `SCALAR`, of a number or a word. */
export function hashOfText(text: string, mark = TEXT): readonly [number, number] {
  const hash = new TextHash();
  hash.begin(mark, false);
  const bytes = Buffer.from(text);
  hash.bytes(bytes, 0, bytes.length);
  hash.end();
  return [hash.first, hash.second];
}

/** The hashes of some fields of the items of one page, in two words each. */
export class ItemStore {
  /** Where in the words of an item each field is. */
  readonly #places = new Int8Array(FIELDS.length).fill(NOWHERE);
  /** Words of an item. */
  readonly #stride: number;
  #words = new Uint32Array(FIRST_WORDS);
  #items = 0;

  /** Which fields, as places in `FIELDS`. */
  constructor(fields: readonly number[]) {
    for (const [index, field] of fields.entries()) this.#places[field] = index * 2;
    this.#stride = fields.length * 2;
  }

  /** A further item. False when there is no room for it. */
  begin(): boolean {
    const end = (this.#items + 1) * this.#stride;
    if (end > MAX_WORDS) return false;
    if (end > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#items++;
    return true;
  }

  /** Of the item begun last. */
  set(field: number, first: number, second: number): void {
    const place = this.#places[field] ?? NOWHERE;
    if (place === NOWHERE) return;
    const at = (this.#items - 1) * this.#stride + place;
    this.#words[at] = first;
    this.#words[at + 1] = second;
  }

  /** The field is a list or an object. */
  setNoKey(field: number): void {
    this.set(field, NO_KEY, NO_KEY);
  }

  /** The items as items of `type`, one after the other. Throws `PageFault` at one without what tells it from others. */
  read(type: string, take: TakeItem): void {
    const [key = 0, secondKey] = keysOf(type);
    const hash = new TextHash();
    for (let item = 0; item < this.#items; item++) {
      const at = this.#find(item, key, type);
      let first = this.#words[at] ?? 0;
      let second = this.#words[at + 1] ?? 0;
      if (secondKey !== undefined) {
        const other = this.#find(item, secondKey, type);
        hash.begin(0, false);
        hash.words(first, second);
        hash.words(this.#words[other] ?? 0, this.#words[other + 1] ?? 0);
        hash.end();
        ({ first, second } = hash);
      }
      take(first, second, this.#isLog(item));
    }
  }

  /** Where the two words of the field are. */
  #find(item: number, field: number, type: string): number {
    const at = item * this.#stride + (this.#places[field] ?? NOWHERE);
    const first = this.#words[at];
    if (first !== this.#words[at + 1] || (first !== 0 && first !== NO_KEY)) return at;
    const which = `an item of the type ${JSON.stringify(type.slice(0, 80))}`;
    if (first === 0) throw new PageFault(`has ${which} without "${FIELDS[field]}"`);
    throw new PageFault(`has ${which} whose "${FIELDS[field]}" is no text`);
  }

  #isLog(item: number): boolean {
    const place = this.#places[TYPE_FIELD] ?? NOWHERE;
    const at = item * this.#stride + place;
    return place !== NOWHERE && this.#words[at] === LOG_A && this.#words[at + 1] === LOG_B;
  }
}

import { FIELDS, keysOf, LOG_TYPE, TYPE_FIELD } from './item-keys.ts';
import { TEXT } from './json-grammar.ts';
import { TextHash } from './text-hash.ts';

/** Words of one page that are held: 16 MB. Pages of a manager have 500 items; of events, 7.0.0 put any number in one. */
const MAX_WORDS = 4 * 1024 * 1024;
const FIRST_WORDS = 1024;

/** The value of a field is a list or an object, which cannot be a key. */
const NO_KEY = 0xffffffff;

/** One item: the hash of what tells it from others of its type and source, and whether it is a line of a log. */
export interface PageItem {
  readonly a: number;
  readonly b: number;
  readonly isLog: boolean;
}

/** A page is JSON, but not what a manager's restore can take. */
export class PageFault extends Error {}

const [LOG_A, LOG_B] = hashOfText(LOG_TYPE);

/** The hash of a text as it is found in JSON; with the mark `SCALAR`, of a number or a word. */
export function hashOfText(text: string, mark = TEXT): readonly [number, number] {
  const hash = new TextHash();
  hash.begin(mark, false);
  const bytes = Buffer.from(text);
  hash.bytes(bytes, 0, bytes.length);
  return hash.end();
}

/** The hashes of some fields of the items of one page, in two words each. */
export class ItemStore {
  readonly #fields: readonly number[];
  #words = new Uint32Array(FIRST_WORDS);
  #items = 0;

  /** Which fields, as places in `FIELDS`. */
  constructor(fields: readonly number[]) {
    this.#fields = fields;
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
  set(field: number, [a, b]: readonly [number, number]): void {
    const place = this.#fields.indexOf(field);
    if (place === -1) return;
    const at = (this.#items - 1) * this.#stride + place * 2;
    this.#words[at] = a;
    this.#words[at + 1] = b;
  }

  /** The field is a list or an object. */
  setNoKey(field: number): void {
    this.set(field, [NO_KEY, NO_KEY]);
  }

  /** The items as items of `type`. Throws `PageFault` at one without what tells it from others. */
  *read(type: string): Generator<PageItem> {
    const keys = keysOf(type);
    const hash = new TextHash();
    for (let item = 0; item < this.#items; item++) {
      let [a, b] = this.#get(item, keys[0] ?? 0, type);
      if (keys[1] !== undefined) {
        hash.begin(0, false);
        hash.words(a, b);
        hash.words(...this.#get(item, keys[1], type));
        [a, b] = hash.end();
      }
      yield { a, b, isLog: this.#isLog(item) };
    }
  }

  get #stride(): number {
    return this.#fields.length * 2;
  }

  #get(item: number, field: number, type: string): readonly [number, number] {
    const at = item * this.#stride + this.#fields.indexOf(field) * 2;
    const [a = 0, b = 0] = [this.#words[at], this.#words[at + 1]];
    const which = `an item of the type ${JSON.stringify(type.slice(0, 80))}`;
    if (a === 0 && b === 0) throw new PageFault(`has ${which} without "${FIELDS[field]}"`);
    if (a === NO_KEY && b === NO_KEY) throw new PageFault(`has ${which} whose "${FIELDS[field]}" is no text`);
    return [a, b];
  }

  #isLog(item: number): boolean {
    const place = this.#fields.indexOf(TYPE_FIELD);
    const at = item * this.#stride + place * 2;
    return place !== -1 && this.#words[at] === LOG_A && this.#words[at + 1] === LOG_B;
  }
}

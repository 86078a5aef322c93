import { FIELDS, fieldsOf } from './item-keys.ts';
import { hashOfText, ItemStore, PageFault, type TakeItem } from './item-store.ts';
import { ESCAPE, HASH, KEEP, LIST, OBJECT, SCALAR, SKIP, TEXT } from './json-grammar.ts';
import type { JsonListener } from './json-listener.ts';
import { StrictJson } from './strict-json.ts';
import { TextHash } from './text-hash.ts';

// Depths inside of `{"type": …, "items": [{"id": …}]}`.
const PAGE = 1;
const ITEMS = 2;
const ITEM = 3;

/** What matters beside the items. */
const PAGE_FIELDS: ReadonlySet<string> = new Set(['type', 'items', 'source', 'source_id']);

const ALL_FIELDS: readonly number[] = FIELDS.map((_, field) => field);

/** Fields by the first half of the hash of their name. */
const BY_HASH: ReadonlyMap<number, number> = new Map(FIELDS.map((name, field) => [hashOfText(name)[0], field]));

const NULL = hashOfText('null', SCALAR);

/** What a page of the new format holds. */
export interface Page {
  /** `undefined` when the page does not say. */
  readonly type: string | undefined;
  /** Hash of `source` and `source_id`. */
  readonly source: readonly [number, number];
  /** Goes through its items as items of a type. Throws `PageFault` at one that a restore cannot take. */
  readonly read: (type: string, take: TakeItem) => void;
}

/**
 * Reads a page `{ "type": …, "items": [ { … } ] }` that is fed to it in pieces of any size. Of an item it keeps hashes of
 * the fields that tell it from others, so memory grows by some bytes an item: a blueprint's plan may be megabytes.
 */
export class PageReader implements JsonListener {
  readonly depth = ITEM;
  readonly #json = new StrictJson(this);
  #fault: string | undefined;
  /** The key whose value comes next. */
  #pageField: string | undefined;
  #field: number | undefined;
  #inItems = false;
  readonly #seen = new Set<string>();
  #type: string | undefined;
  readonly #sources = new Map<string, readonly [number, number]>();
  #items = new ItemStore(ALL_FIELDS);
  /** Keys of items that begin otherwise are not looked at: that saves most of the hashing. */
  firsts = firstBytes(ALL_FIELDS);

  feed(piece: Buffer): void {
    this.#json.feed(piece);
  }

  /** What is wrong when it is no JSON. Throws `PageFault` when it is JSON and no page. */
  finish(): Page | string {
    const fault = this.#json.finish();
    if (fault !== undefined) return fault;
    if (this.#fault !== undefined) throw new PageFault(this.#fault);
    if (!this.#seen.has('items')) throw new PageFault('has no list "items"');
    const source = new TextHash();
    source.begin(0, false);
    for (const field of ['source', 'source_id']) source.words(...(this.#sources.get(field) ?? [0, 0]));
    source.end();
    const read = (type: string, take: TakeItem) => this.#items.read(type, take);
    return { type: this.#type, source: [source.first, source.second], read };
  }

  begins(kind: number, depth: number, isKey: boolean, first: number): number {
    if (depth === ITEM && this.#inItems) return isKey ? this.#keyOfItem(first) : this.#valueInItem(kind);
    if (depth === PAGE) return isKey ? KEEP : this.#valueInPage(kind);
    if (depth === 0 && kind !== OBJECT) this.#refuse('is no JSON object');
    if (depth !== ITEMS || !this.#inItems) return SKIP;
    if (kind !== OBJECT) this.#refuse('has an item that is no object');
    else if (!this.#items.begin()) this.#refuse('has more items than any manager puts into one page');
    return SKIP;
  }

  ends(text: TextHash, kind: number, depth: number, isKey: boolean): void {
    if (depth === ITEM) {
      text.end();
      if (isKey) this.#field = BY_HASH.get(text.first);
      else this.#endValueInItem(text);
    } else if (isKey) this.#keyOfPage(text.text());
    else if (this.#pageField === 'type' && kind === TEXT) this.#setType(text.text());
    else this.#setSource(this.#pageField ?? '', text);
  }

  closes(depth: number): void {
    if (depth === ITEMS) this.#inItems = false;
  }

  #refuse(what: string): void {
    this.#fault ??= what;
  }

  #keyOfPage(name: string): void {
    this.#pageField = PAGE_FIELDS.has(name) ? name : undefined;
    if (this.#seen.has(name)) this.#refuse(`has "${name}" twice`);
    if (this.#pageField !== undefined) this.#seen.add(name);
  }

  #valueInPage(kind: number): number {
    const field = this.#pageField;
    if (field === undefined) return SKIP;
    if (field === 'items') {
      if (kind !== LIST) this.#refuse('has "items" that are no list');
      this.#inItems = kind === LIST;
      return SKIP;
    }
    if (kind === LIST || kind === OBJECT || (field === 'type' && kind !== TEXT)) {
      this.#refuse(`has a "${field}" that is no text`);
      return SKIP;
    }
    return field === 'type' ? KEEP : HASH;
  }

  #setType(type: string): void {
    this.#type = type;
    // A type that comes after the items is told what they all have.
    if (this.#seen.has('items')) return;
    const fields = fieldsOf(type);
    this.#items = new ItemStore(fields);
    this.firsts = firstBytes(fields);
  }

  /** A restore asks with `get`, to which null is as good as nothing. */
  #setSource(field: string, text: TextHash): void {
    text.end();
    const { first, second } = text;
    if (first !== NULL[0] || second !== NULL[1]) this.#sources.set(field, [first, second]);
  }

  #keyOfItem(first: number): number {
    this.#field = undefined;
    return first === -1 || this.firsts[first] === 1 ? HASH : SKIP;
  }

  #valueInItem(kind: number): number {
    if (this.#field === undefined) return SKIP;
    if (kind !== LIST && kind !== OBJECT) return HASH;
    this.#items.setNoKey(this.#field);
    this.#field = undefined;
    return SKIP;
  }

  #endValueInItem(text: TextHash): void {
    if (this.#field !== undefined) this.#items.set(this.#field, text.first, text.second);
    this.#field = undefined;
  }
}

function firstBytes(fields: readonly number[]): Uint8Array {
  const firsts = new Uint8Array(256);
  firsts[ESCAPE] = 1;
  for (const field of fields) firsts[FIELDS[field]?.charCodeAt(0) ?? 0] = 1;
  return firsts;
}

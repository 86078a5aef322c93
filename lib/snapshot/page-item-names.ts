import { KEEP, LIST, OBJECT, SKIP, TEXT } from './json-grammar.ts';
import type { JsonListener } from './json-listener.ts';
import { isNamedType, type NamedItems, type NamedType } from './named-items.ts';
import type { PagePlace } from './page-names.ts';
import { StrictJson } from './strict-json.ts';
import type { TextHash } from './text-hash.ts';

// Depths inside of `{"type": …, "items": [{"id": …}]}`.
const PAGE = 1;
const ITEMS = 2;
const ITEM = 3;

/** Of the fields of an item only these are read; a secret's value is none of them. */
const FIELDS = ['id', 'name', 'key', 'username', 'title', 'display_name'] as const;
type Field = (typeof FIELDS)[number];

const IDS: Readonly<Record<NamedType, Field>> = {
  ...{ tenants: 'name', user_groups: 'name', sites: 'name', users: 'username', secrets: 'key' },
  ...{ plugins: 'id', blueprints: 'id', deployments: 'id' },
};
const NAMES: Readonly<Partial<Record<NamedType, Field>>> = { plugins: 'title', deployments: 'display_name' };

/** Takes the names of items from one page of the new format, in pieces of any size. */
export class PageItemNames implements JsonListener {
  readonly depth = ITEM;
  readonly firsts = new Uint8Array(256);
  readonly #json = new StrictJson(this);
  readonly #items: Map<string, string>[] = [];
  #type: string | undefined;
  #pageField = '';
  #field = '';
  #inItems = false;

  constructor() {
    for (const field of FIELDS) this.firsts[field.charCodeAt(0)] = 1;
  }

  feed(piece: Buffer): void {
    this.#json.feed(piece);
  }

  /** Gives what is wrong when it is no JSON. */
  finish(place: PagePlace, items: NamedItems): string | undefined {
    const fault = this.#json.finish();
    const type = this.#type ?? place.type;
    if (fault !== undefined || !isNamedType(type)) return fault;
    for (const fields of this.#items) {
      const id = fields.get(IDS[type]);
      if (id === undefined) continue;
      const name = fields.get(NAMES[type] ?? IDS[type]) ?? id;
      items.add({ type, tenant: place.tenant ?? null, id, name });
    }
    return undefined;
  }

  begins(kind: number, depth: number, isKey: boolean): number {
    if (depth === PAGE) return isKey ? KEEP : this.#valueInPage(kind);
    if (depth === ITEMS && this.#inItems && kind === OBJECT && this.#isWanted) this.#items.push(new Map());
    if (depth !== ITEM || !this.#inItems || !this.#isWanted) return SKIP;
    if (isKey) return KEEP;
    return kind === TEXT && (FIELDS as readonly string[]).includes(this.#field) ? KEEP : SKIP;
  }

  ends(text: TextHash, _kind: number, depth: number, isKey: boolean): void {
    if (isKey && depth === ITEM) this.#field = text.text();
    else if (isKey) this.#pageField = text.text();
    else if (depth === ITEM) this.#items.at(-1)?.set(this.#field, text.text());
    else if (this.#pageField === 'type') this.#type = text.text();
  }

  closes(depth: number): void {
    if (depth === ITEMS) this.#inItems = false;
  }

  /** A type that comes after the items is not known yet. */
  get #isWanted(): boolean {
    return this.#type === undefined || isNamedType(this.#type);
  }

  #valueInPage(kind: number): number {
    if (this.#pageField === 'items') this.#inItems = kind === LIST;
    return this.#pageField === 'type' && kind === TEXT ? KEEP : SKIP;
  }
}

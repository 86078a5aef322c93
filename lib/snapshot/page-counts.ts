import { IdentityMap } from './identity-map.ts';
import type { InventoryBuilder } from './inventory.ts';
import { typeName } from './inventory.ts';
import { isHistory } from './item-keys.ts';
import { hashOfText } from './item-store.ts';
import type { PagePlace } from './page-names.ts';
import type { Page } from './page-reader.ts';
import { TextHash } from './text-hash.ts';

const NEW = -1;

/**
 * Counts the items of pages as a restore keeps them: one for each key within tenant, type, source and source_id, that of
 * the last page where there are more (contract.md §10.2; pages of what changed meanwhile come again).
 */
export class PageCounts {
  readonly #inventory: InventoryBuilder;
  /** The number of the page that an item was last seen in, times two; odd for a line of a log. */
  readonly #history = new IdentityMap();
  readonly #others = new IdentityMap();

  constructor(inventory: InventoryBuilder) {
    this.#inventory = inventory;
  }

  /** Throws `PageFault` at an item that a restore cannot take. */
  add(page: Page, place: PagePlace): void {
    const type = page.type ?? place.type;
    const group = groupOf(page, place, type);
    const map = isHistory(type) ? this.#history : this.#others;
    const hash = new TextHash();
    const counts = new Map<string, number>();
    const count = (name: string, by: number) => counts.set(name, (counts.get(name) ?? 0) + by);
    const nameOf = (value: number) => (isHistory(type) ? (value % 2 === 1 ? 'logs' : 'events') : typeName(type));
    for (const { a, b, isLog } of page.items(type)) {
      hash.begin(0, false);
      hash.words(...group);
      hash.words(a, b);
      const key = hash.end();
      const value = place.number * 2 + Number(isLog);
      const known = map.get(...key) ?? NEW;
      if (known === NEW) count(nameOf(value), 1);
      if (known === NEW && !map.set(...key, value)) this.#inventory.markUpperBound(nameOf(value));
      if (known === NEW || Math.floor(known / 2) > place.number) continue;
      map.set(...key, value);
      count(nameOf(known), -1);
      count(nameOf(value), 1);
    }
    for (const [name, items] of counts) {
      this.#inventory.addTotal(name, items);
      if (place.tenant !== undefined) this.#inventory.addToTenant(place.tenant, name, items);
    }
  }
}

function groupOf(page: Page, { tenant, owner }: PagePlace, type: string): readonly [number, number] {
  const group = new TextHash();
  group.begin(tenant === undefined ? 1 : 2, false);
  for (const text of [tenant ?? '', type, owner]) group.words(...hashOfText(text));
  group.words(...page.source);
  return group.end();
}

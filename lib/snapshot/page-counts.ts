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
    const map = isHistory(type) ? this.#history : this.#others;
    const names = isHistory(type) ? ['events', 'logs'] : [typeName(type)];
    const counts = [0, 0];
    const [groupFirst, groupSecond] = groupOf(page, place, type);
    const hash = new TextHash();
    page.read(type, (first, second, isLog) => {
      hash.begin(0, false);
      hash.words(groupFirst, groupSecond);
      hash.words(first, second);
      hash.end();
      const which = isHistory(type) && isLog ? 1 : 0;
      const known = map.get(hash.first, hash.second) ?? NEW;
      if (known !== NEW && Math.floor(known / 2) > place.number) return;
      const isKept = map.set(hash.first, hash.second, place.number * 2 + which);
      if (!isKept) this.#inventory.markUpperBound(names[which] ?? '');
      counts[which] = (counts[which] ?? 0) + 1;
      if (known !== NEW) counts[known % 2] = (counts[known % 2] ?? 0) - 1;
    });
    for (const [which, name] of names.entries()) {
      this.#inventory.addTotal(name, counts[which] ?? 0);
      if (place.tenant !== undefined) this.#inventory.addToTenant(place.tenant, name, counts[which] ?? 0);
    }
  }
}

function groupOf(page: Page, { tenant, owner }: PagePlace, type: string): readonly [number, number] {
  const group = new TextHash();
  group.begin(tenant === undefined ? 1 : 2, false);
  for (const text of [tenant ?? '', type, owner]) group.words(...hashOfText(text));
  group.words(...page.source);
  group.end();
  return [group.first, group.second];
}

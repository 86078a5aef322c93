import { mapAtMost } from '../base/concurrency.ts';
import type { IndexDoubt } from '../catalogue/archive-index.ts';
import { type Catalogue, type CatalogueStore, missingAt, readCatalogue } from '../catalogue/catalogue.ts';
import { newestOnly } from '../catalogue/newest.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { indexedIn, managersIn } from './managers.ts';

/** Managers whose records are read at once, each with up to 20 requests under way. */
const AT_ONCE = 2;

export interface ListRequest {
  /** Undefined: all. */
  readonly manager: string | undefined;
  /** The newest of each manager; undefined: all of them. */
  readonly last: number | undefined;
  readonly now: Date;
}

export interface ListedArchives extends Pick<Catalogue, 'entries' | 'unreadable'> {
  /** Why an index, or a part of it, cannot be relied on. */
  readonly doubts: readonly IndexDoubt[];
}

type Store = CatalogueStore & { readonly records: Pick<JsonRecords, 'folders'> };

/** The archives that are recorded, by manager and by the time of their content, the newest last. */
export async function listArchives({ manager, last, now }: ListRequest, archive: Store): Promise<ListedArchives> {
  const managers = manager === undefined ? await managersIn(archive.records) : [manager];
  const indexed = manager === undefined ? await indexedIn(archive.records) : undefined;
  const catalogues = await mapAtMost(AT_ONCE, managers, async (one) => {
    const choose = last === undefined ? undefined : newestOnly(last);
    const catalogue = await readCatalogue(one, { archive, indexed }, { choose, byIndex: true });
    const { entries, unreadable, index } = catalogue;
    return {
      entries: last === undefined ? entries : entries.slice(-last),
      unreadable: [...unreadable, ...missingAt(one, catalogue, now)],
      doubts: index.doubts,
    };
  });
  return {
    entries: catalogues.flatMap(({ entries }) => entries),
    unreadable: catalogues.flatMap(({ unreadable }) => unreadable),
    doubts: catalogues.flatMap(({ doubts }) => doubts),
  };
}

import { mapAtMost } from '../base/concurrency.ts';
import { type Catalogue, type CatalogueStore, readCatalogue } from '../catalogue/catalogue.ts';
import { newestOnly } from '../catalogue/newest.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { managersIn } from './managers.ts';

/** Managers whose records are read at once, each with up to 20 requests under way. */
const AT_ONCE = 2;

export interface ListRequest {
  /** Undefined: all. */
  readonly manager: string | undefined;
  /** The newest of each manager; undefined: all of them. */
  readonly last: number | undefined;
}

type Store = CatalogueStore & { readonly records: Pick<JsonRecords, 'folders'> };

/** The archives that are recorded, by manager and by the time of their content, the newest last. */
export async function listArchives(
  { manager, last }: ListRequest,
  archive: Store,
): Promise<Pick<Catalogue, 'entries' | 'unreadable'>> {
  const managers = manager === undefined ? await managersIn(archive.records) : [manager];
  const catalogues = await mapAtMost(AT_ONCE, managers, async (one) => {
    if (last === undefined) return await readCatalogue(one, { archive });
    const { entries, unreadable } = await readCatalogue(one, { archive }, newestOnly(last));
    return { entries: entries.slice(-last), unreadable };
  });
  return {
    entries: catalogues.flatMap(({ entries }) => entries),
    unreadable: catalogues.flatMap(({ unreadable }) => unreadable),
  };
}

import * as z from 'zod';
import { ManagerUnavailable } from '../base/errors.ts';
import type { ManagerClient } from './client.ts';
import { BYPASS } from './http.ts';
import { bodyOf, errorOf, listOf } from './replies.ts';
import type { Reply } from './reply.ts';

export interface Collection {
  readonly type: string;
  readonly path: string;
  /** What its items go by; `_include=id` is refused where there is no such field (observations.md §4). */
  readonly key: string;
  /** What tells those apart that bear one name in one tenant. */
  readonly and?: string;
  /** `manager`: of no tenant. `total`: in tenants, but only their number matters. */
  readonly of: 'manager' | 'tenant' | 'total';
  readonly query?: Readonly<Record<string, string>>;
}

/** Rows of one reply: the manager's own default (contract.md §1.7), some 200 KB. */
const PAGE = 1000;
/** Rows of one type that are read to tell tenants apart. Beyond, 200 requests at 10 a second, the total has to do. */
const MAX_ROWS = 200_000;

const Rows = listOf(z.record(z.string(), z.unknown()));
export type ListRow = z.infer<typeof Rows>['items'][number];

/** One collection as it was read. `rows` is undefined when only the number is known. */
export type ListPage = { readonly total: number; readonly rows: readonly ListRow[] | undefined };

/** One collection of one manager. */
export class Lists {
  readonly #client: ManagerClient;
  readonly #collection: Collection;
  readonly #version: string | undefined;

  constructor(client: ManagerClient, collection: Collection, version: string | undefined) {
    this.#client = client;
    this.#collection = collection;
    this.#version = version;
  }

  /** Undefined: this manager has no such collection. */
  async total(): Promise<ListPage | undefined> {
    const reply = await this.#ask([['_size', '0']]);
    return reply === 'absent' ? undefined : { total: this.#read(reply).total, rows: undefined };
  }

  /** Their number alone, where rows cannot be had, do not add up, or take too long. */
  async rows(isLate: () => boolean): Promise<ListPage | undefined> {
    // Read again once: something was made or deleted in between, and rows and number must belong together.
    for (let attempt = 0; attempt < 2; attempt++) {
      const found = await this.#pages(isLate);
      if (found === 'absent') return undefined;
      if (found === 'not so') break;
      if (found.rows.length === found.total && this.#areDistinct(found.rows)) return found;
      if (found.total > MAX_ROWS) break;
    }
    return await this.total();
  }

  /** All rows, page by page. Ends with the list as it is by then: one that shrinks or stays the same never holds us up. */
  async #pages(isLate: () => boolean) {
    const rows: ListRow[] = [];
    for (;;) {
      if (isLate()) return 'not so';
      const reply = await this.#ask([
        ['_include', this.#names.join()],
        // By all that makes a row one of a kind, so that none is on two pages, or on none.
        ...this.#names.map((name): [string, string] => ['_sort', name]),
        ['_size', String(PAGE)],
        ['_offset', String(rows.length)],
      ]);
      if (reply === 'absent') return reply;
      // A field that this version does not have, or does not sort by.
      if (reply.status === 400 || reply.code === 'internal_server_error') return 'not so';
      const { total, items } = this.#read(reply);
      rows.push(...items);
      if (items.length === 0 || rows.length >= total || total > MAX_ROWS) return { total, rows };
    }
  }

  get #names(): string[] {
    const { key, and, of } = this.#collection;
    return of === 'manager' ? [key] : [key, ...(and ? [and] : []), 'tenant_name'];
  }

  #areDistinct(rows: readonly ListRow[]): boolean {
    return new Set(rows.map((row) => JSON.stringify(this.#names.map((name) => row[name])))).size === rows.length;
  }

  async #ask(more: readonly [string, string][]): Promise<Reply | 'absent'> {
    const { path, query = {}, type, of } = this.#collection;
    const all = of === 'manager' ? {} : { _all_tenants: 'true' };
    const parameters = new URLSearchParams([...Object.entries({ ...query, ...all }), ...more]);
    const reply = await this.#client.call({ path: `${path}?${parameters}`, headers: BYPASS });
    return isAbsent(reply, type, this.#client.name, this.#version) ? 'absent' : reply;
  }

  #read(reply: Reply): { total: number; items: readonly ListRow[] } {
    const at = `${this.#client.name} (list ${this.#collection.path.slice(1)})`;
    if (reply.status !== 200) throw errorOf(reply, at);
    const { metadata, items } = bodyOf(Rows, reply, at);
    return { total: metadata.pagination.total, items };
  }
}

/** In JSON, and so in the manager's own words, that it has no such list: premium's on community. */
const ABSENT_CODES = new Set(['missing_premium_package_error', 'not_found_error']);
/** The youngest: up to 5.2 nginx passes on only what its list of names has, and answers with a page for the rest (§1.1). */
const YOUNGEST = new Set(['sites', 'agents']);

/**
 * Whether a manager says that it has no such list. Throws `ManagerUnavailable` for a page of somebody else: a proxy knows
 * nothing of what a manager holds. `at` begins the sentence.
 */
export function isAbsent(reply: Reply, type: string, at: string, version = ''): boolean {
  if (reply.status !== 404) return false;
  if (reply.json !== undefined) return ABSENT_CODES.has(reply.code ?? '');
  if (version.startsWith('5.') && YOUNGEST.has(type)) return true;
  throw new ManagerUnavailable(
    `${at} (list ${type}) answered HTTP 404 with something that is not JSON. Is there a proxy in the way?`,
  );
}

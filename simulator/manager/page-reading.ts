import { type Counts, HISTORY_TYPES, type Restorable, TENANT_TYPES } from './content.ts';
import type { UserRow } from './rows.ts';

type Item = Readonly<Record<string, unknown>>;

interface Page {
  readonly name: string;
  readonly type: string;
  readonly origin: string;
  readonly items: readonly Item[];
}

/** 7.0.1 and later: `mgmt/00000001.json`, `tenants/<name>/00000001.json`. */
const PAGE = /^(?:mgmt|tenants\/([^/]+))\/\d+\.json$/;
/** Only 7.0.0: a folder by type, and below it a page number, or the id of what the items belong to. */
const FIRST_PAGE = /^(?:mgmt|tenants\/([^/]+))\/(\w+)\/([^/]+)\.json$/;

export const isPage = (name: string): boolean => PAGE.test(name) || FIRST_PAGE.test(name);

/** `json.load`: UTF-8, no byte order mark, and the three words that Python adds to JSON. Throws its kind of text. */
export function loadJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("UnicodeDecodeError: 'utf-8' codec can't decode byte: invalid start byte");
  }
  try {
    return JSON.parse(
      text.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) => (found.startsWith('"') ? found : '0')),
    );
  } catch (error) {
    throw new Error(`json.decoder.JSONDecodeError: ${error instanceof Error ? error.message : 'Expecting value'}`);
  }
}

/** A page as the restore takes it: its type and its list of items. */
function parsePage(name: string, bytes: Buffer): Page {
  const json = loadJson(bytes) as Item | null;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error('TypeError: list indices must be integers or slices, not str');
  }
  const [, , folder, file] = PAGE.test(name) ? [] : (FIRST_PAGE.exec(name) ?? []);
  const { type = folder, items, source, source_id: sourceId } = json;
  if (type === undefined) throw new Error("KeyError: 'type'");
  if (items === undefined) throw new Error("KeyError: 'items'");
  if (items === null) throw new Error("TypeError: 'NoneType' object is not iterable");
  if (!Array.isArray(items)) throw new Error(`TypeError: '${typeof items}' object is not iterable`);
  if (items.some((item) => typeof item !== 'object' || item === null || Array.isArray(item))) {
    throw new Error('TypeError: string indices must be integers');
  }
  const isNumbered = file === undefined || /^\d+$/.test(file);
  const origin = JSON.stringify([source ?? null, sourceId ?? (isNumbered ? null : file)]);
  return { name, type: String(type).replace(/^execution\w*_events$/, 'events'), origin, items };
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  sites: ['name'],
  tenants: ['name'],
  user_groups: ['name'],
  secrets_providers: ['name'],
  secrets: ['key'],
  users: ['username'],
  permissions: ['role', 'permission'],
  events: ['timestamp', 'message'],
};

/** What tells two items of a type and origin apart: of those that agree, the last one is restored. */
function keyOf(type: string, item: Item): string {
  const fields = KEYS[type] ?? ['id'];
  const missing = fields.find((field) => !(field in item));
  if (missing !== undefined) throw new Error(`KeyError: '${missing}'`);
  return JSON.stringify(fields.map((field) => item[field]));
}

const TYPES: ReadonlySet<string> = new Set([...TENANT_TYPES, ...HISTORY_TYPES]);

/** The pages of an archive, restored in the order of their names. */
export class PageReader {
  readonly #pages: Page[] = [];

  add(name: string, bytes: Buffer): void {
    this.#pages.push(parsePage(name, bytes));
  }

  /** What a restore brings back of it. From 7.0.1 on a tenant is found by the entry of its folder alone. */
  finish(names: readonly string[]): Restorable & { readonly isFirstLayout: boolean } {
    const isFirstLayout = this.#pages.length > 0 && this.#pages.every(({ name }) => !PAGE.test(name));
    const folder = isFirstLayout ? /^tenants\/([^/]+)\// : /^tenants\/([^/]+)\/$/;
    const found = new Set(names.flatMap((name) => folder.exec(name)?.[1] ?? []));
    const items = this.#merged(isFirstLayout, found);
    const totals: Counts = {};
    const tenants: Record<string, Counts> = {};
    for (const name of found) tenants[name] = {};
    for (const { type, tenant, item } of items.values()) {
      const as = type === 'events' && item['type'] === 'cloudify_log' ? 'logs' : type;
      totals[as] = (totals[as] ?? 0) + 1;
      if (type === 'tenants') tenants[String(item['name'])] ??= {};
      const counts = tenant === undefined || !TYPES.has(as) ? undefined : tenants[tenant];
      if (counts !== undefined) counts[as] = (counts[as] ?? 0) + 1;
    }
    const users = [...items.values()].filter(({ type }) => type === 'users').map(({ item }) => userOf(item));
    return { inventory: { totals, tenants }, users, isFirstLayout };
  }

  #merged(isFirstLayout: boolean, tenants: ReadonlySet<string>) {
    const merged = new Map<string, { type: string; tenant: string | undefined; item: Item }>();
    for (const { name, type, origin, items } of this.#pages.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const tenant = (isFirstLayout ? FIRST_PAGE : PAGE).exec(name)?.[1];
      const isSeen = name.startsWith('mgmt/') || (tenant !== undefined && tenants.has(tenant));
      if (!isSeen) continue;
      for (const item of items)
        merged.set(`${tenant ?? ''}/${type}/${origin}/${keyOf(type, item)}`, { type, tenant, item });
    }
    return merged;
  }
}

function userOf(item: Item): UserRow {
  const { username, password_hash: hash, role } = item;
  return { name: String(username), passwordHash: String(hash), role: role === 'sys_admin' ? 'sys_admin' : 'default' };
}

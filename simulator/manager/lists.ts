import type { Exchange } from './exchange.ts';
import { toBoolean } from './json-body.ts';
import { type Item, LongList } from './long-list.ts';
import { badParameter, badQuery, crash, failure, json, type Reply } from './reply.ts';

export interface ListOptions {
  /** Fields that exist, in the order of the answers. */
  readonly fields: readonly string[];
  /** Fields to filter by, if there are more. */
  readonly filters?: readonly string[];
  /** Words that a status filter may use; another word breaks the SQL query. */
  readonly statuses?: readonly string[];
  /** `_get_all_results` is honoured (executions only). */
  readonly mayGetAll?: boolean;
  /** Rows come in another order than that of their making. */
  readonly idField?: string;
  /** Never has `filtered` beside the pagination. */
  readonly isUnfiltered?: boolean;
}

const DEFAULT_PAGE_SIZE = 1000;

const pythonList = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(', ')}]`;

/** Leaves the fields that the client asked for, in the order of the model. */
export function included(exchange: Exchange, item: Item, fields: readonly string[]): Item {
  const wanted = wantedFields(exchange, fields);
  return wanted === undefined ? item : Object.fromEntries(Object.entries(item).filter(([key]) => wanted.includes(key)));
}

function wantedFields({ query }: Exchange, fields: readonly string[]): readonly string[] | undefined {
  const wanted = (query.get('_include') ?? '').split(',').filter((name) => name !== '');
  const unknown = wanted.filter((name) => !fields.includes(name));
  if (unknown.length > 0) {
    const message = `Include keys '${pythonList(unknown)}' do not exist. Allowed keys are: ${pythonList(fields)}`;
    throw failure(400, 'no_such_include_field_error', message);
  }
  return wanted.length === 0 ? undefined : wanted;
}

function wholeNumber(exchange: Exchange, name: string, usual: number): number {
  const text = exchange.query.get(name);
  if (text === null) return usual;
  const wrong = (what: string): Error => badQuery(`1 validation error for Pagination\n${name}\n  ${what}`);
  if (!/^[+-]?\d+$/.test(text)) throw wrong('value is not a valid integer (type=type_error.integer)');
  if (Number(text) < 0) {
    throw wrong('ensure this value is greater than or equal to 0 (type=value_error.number.not_ge; limit_value=0)');
  }
  return Number(text);
}

function matching(
  exchange: Exchange,
  items: readonly Item[],
  { fields, filters = fields, statuses, idField = 'id' }: ListOptions,
): Item[] {
  const keys = [...new Set(exchange.query.keys())].filter((key) => !key.startsWith('_'));
  const unknown = keys.filter((key) => !filters.includes(key));
  if (unknown.length > 0) {
    throw badParameter(`Filter keys '${pythonList(unknown)}' do not exist. Allowed keys are: ${pythonList(filters)}`);
  }
  const isNoStatus = exchange.query.getAll('status').some((value) => statuses?.includes(value) === false);
  if (isNoStatus) throw crash('(Background on this error at: https://sqlalche.me/e/14/9h9h)');
  const search = exchange.query.get('_search')?.toLowerCase();
  return items.filter(
    (item) =>
      keys.every((key) => exchange.query.getAll(key).includes(String(item[key]))) &&
      (search === undefined || String(item[idField]).toLowerCase().includes(search)),
  );
}

function sorted(exchange: Exchange, items: readonly Item[], fields: readonly string[]): Item[] {
  const orders = exchange.query.getAll('_sort');
  for (const [index, order] of orders.entries()) {
    if (/^[+-]?@?\w+/.test(order)) continue;
    const pattern = '[+-]?@?\\w+';
    throw badQuery(
      `1 validation error for Sort\n_sort -> ${index}\n  string does not match regex "${pattern}" (type=value_error.str.regex; pattern=${pattern})`,
    );
  }
  const parsed = orders.map((order) => ({ key: order.replace(/^[+-]/, ''), sign: order.startsWith('-') ? -1 : 1 }));
  const unknown = parsed.map(({ key }) => key).filter((key) => !fields.includes(key));
  if (unknown.length > 0) {
    throw badParameter(`Sort keys '${pythonList(unknown)}' do not exist. Allowed keys are: ${pythonList(fields)}`);
  }
  // Equal times keep the order of making, so that two rows of one millisecond do not swap places.
  const indexed = items.map((item, index) => ({ item, index }));
  indexed.sort((a, b) => {
    for (const { key, sign } of parsed) {
      const [left, right] = [String(a.item[key]), String(b.item[key])];
      if (left !== right) return left < right ? -sign : sign;
    }
    return parsed[0]?.sign === -1 ? b.index - a.index : a.index - b.index;
  });
  return indexed.map(({ item }) => item);
}

/** What is left after filter, search and sort. Without any of them a long list stays unmade but for the page. */
function selected(
  exchange: Exchange,
  items: readonly Item[] | LongList,
  options: ListOptions,
): readonly Item[] | LongList {
  const { query } = exchange;
  const { idField = 'id' } = options;
  const keys = [...query.keys()].filter((key) => !key.startsWith('_') || key === '_search' || key === '_sort');
  if (!(items instanceof LongList)) return sorted(exchange, matching(exchange, items, options), options.fields);
  if (keys.length === 0) return items;
  const alike = keys.filter((key) => !key.startsWith('_') && key !== idField);
  const made = items.all((sample) => alike.every((key) => query.getAll(key).includes(String(sample[key]))));
  return sorted(exchange, matching(exchange, made, options), options.fields);
}

/** A list with its envelope (contract §4.1). */
export function listReply(exchange: Exchange, items: readonly Item[] | LongList, options: ListOptions): Reply {
  const wanted = wantedFields(exchange, options.fields);
  const size = wholeNumber(exchange, '_size', DEFAULT_PAGE_SIZE);
  const offset = wholeNumber(exchange, '_offset', 0);
  const found = selected(exchange, items, options);
  const isWhole = options.mayGetAll === true && exchange.query.get('_get_all_results')?.toLowerCase() === 'true';
  const page = isWhole ? found.slice(0, found.length) : found.slice(offset, offset + size);
  const shown = wanted === undefined ? page : page.map((item) => included(exchange, item, options.fields));
  const pagination = { total: found.length, size, offset };
  const metadata =
    exchange.settings.line.hasFilteredKey && options.isUnfiltered !== true
      ? { pagination, filtered: null }
      : { pagination };
  return json(200, { metadata, items: shown });
}

/** `_all_tenants=true` widens a list and makes the Tenant header unnecessary. */
export function isForAllTenants({ query }: Exchange): boolean {
  const value = query.get('_all_tenants');
  return value !== null && toBoolean(value, '_all_tenants');
}

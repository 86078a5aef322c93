import { compareKeys } from '../store/key-index.ts';

/** What a list is asked for, whatever it lists. */
export interface PageRequest {
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  readonly most: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** What was listed last; the next page begins after it. `item` is undefined when it was a common prefix. */
  readonly last: { readonly name: string; readonly item: T | undefined } | undefined;
}

/**
 * One page of `entries`, which come sorted by key. `isAfter` says whether an entry lies after the page before; it is
 * asked with the name under which the entry would be listed: its common prefix, or its key and itself.
 */
export function pageOf<T>(
  entries: Iterable<{ readonly key: string; readonly item: T }>,
  { prefix, delimiter, most }: PageRequest,
  isAfter: (name: string, item: T | undefined) => boolean,
): Page<T> {
  const items: T[] = [];
  const prefixes: string[] = [];
  let last: Page<T>['last'];
  for (const { key, item } of entries) {
    if (!key.startsWith(prefix)) continue;
    const folder = folderOf(key, prefix, delimiter);
    if (folder !== undefined && folder === prefixes.at(-1)) continue;
    if (!isAfter(folder ?? key, folder === undefined ? item : undefined)) continue;
    // One more than fits: so the list goes on. S3 says "not truncated" when nothing at all was asked for.
    if (items.length + prefixes.length >= most) return { items, prefixes, truncated: most > 0, last };
    if (folder === undefined) items.push(item);
    else prefixes.push(folder);
    last = { name: folder ?? key, item: folder === undefined ? item : undefined };
  }
  return { items, prefixes, truncated: false, last };
}

/** @example folderOf('a/b/c', 'a/', '/') === 'a/b/' */
function folderOf(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

export function isBeyond(name: string, marker: string): boolean {
  return marker === '' || compareKeys(name, marker) > 0;
}

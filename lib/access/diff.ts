import { NAMED_TYPES, type NamedItem } from '../snapshot/named-items.ts';
import { readNames } from '../snapshot/read-names.ts';
import type { ByteSource } from '../zip/byte-source.ts';

export interface ComparedArchive {
  readonly source: ByteSource;
  /** Names the archive in messages. */
  readonly label: string;
  readonly format: 'legacy' | 'new';
}

/** What came and what went from the first archive to the second, by the names in both. Throws as `readNames`. */
export async function diffArchives(
  before: ComparedArchive,
  after: ComparedArchive,
  { isOneManager, signal }: { readonly isOneManager: boolean; readonly signal: AbortSignal },
): Promise<Changes> {
  const namesOf = async ({ source, label, format }: ComparedArchive) =>
    await readNames(source, label, format, { signal });
  return compareNames({ before: await namesOf(before), after: await namesOf(after), isOneManager });
}

interface Sides {
  readonly before: readonly NamedItem[];
  readonly after: readonly NamedItem[];
  /** Two managers give the same plugin different ids: there it is known by its name and version. */
  readonly isOneManager: boolean;
}

export interface Changes {
  /** In the second archive, and not in the first. */
  readonly came: readonly NamedItem[];
  readonly went: readonly NamedItem[];
}

/** What one of two archives holds by name and the other does not, in the order of types, tenants and names. */
function compareNames(sides: Sides): Changes {
  const identity = identityOf(sides);
  const [before, after] = [sides.before, sides.after].map((items) => new Set(items.map(identity)));
  const without = (items: readonly NamedItem[], others: ReadonlySet<string> | undefined) =>
    items.filter((item) => !others?.has(identity(item))).sort(order);
  return { came: without(sides.after, before), went: without(sides.before, after) };
}

function identityOf({ before, after, isOneManager }: Sides): (item: NamedItem) => string {
  const haveVersions = [before, after].every((items) =>
    items.every(({ type, version }) => type !== 'plugins' || version !== undefined),
  );
  return ({ type, tenant, id, name, version }) => {
    const isByName = type === 'plugins' && !isOneManager;
    return JSON.stringify([type, tenant, ...(isByName ? [name, haveVersions ? version : ''] : [id])]);
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

function order(a: NamedItem, b: NamedItem): number {
  const byType = NAMED_TYPES.indexOf(a.type) - NAMED_TYPES.indexOf(b.type);
  return byType || compare(a.tenant ?? '', b.tenant ?? '') || compare(a.name, b.name) || compare(a.id, b.id);
}

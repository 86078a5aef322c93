import type { KnownAs } from '../storage/seal.ts';
import type { ArchiveIndex, IndexRecords } from './archive-index.ts';
import type { IndexRow } from './index-records.ts';
import type { PagedRows } from './paged-rows.ts';
import { turnsOf } from './turns.ts';

/** What rows say, if they stand for their manifests. */
export interface Words {
  readonly rows: PagedRows;
  /** How the keys of manifests and of marks are known; undefined: one is not believed. */
  readonly keys: ReadonlyMap<string, KnownAs | undefined>;
}

/** The newest are read all the same: what a restore would take is looked at whenever somebody looks at all. */
const READ_ANYWAY = 5;

interface Wanted {
  /** ETags of the manifests as they are listed now, by snapshot, in the order of the names. */
  readonly etags: ReadonlyMap<string, string>;
  /** Undefined: nobody wants some of them to be read again in turn. */
  readonly today: Date | undefined;
}

/**
 * The snapshots whose rows stand for their manifests. A row does where the whole index can be relied on, its page is signed,
 * the manifest had been signed with a key that is still believed, and storage lists it under the very ETag. Whatever is in
 * doubt is not among them, and is read.
 */
export async function wordsOf(
  { head, pages, doubts, rows }: ArchiveIndex,
  { etags, today }: Wanted,
  records: IndexRecords,
): Promise<{ readonly snapshots: ReadonlySet<string>; readonly words: Words }> {
  const isSigned = [head, ...pages.values()].every((record) => record?.standing?.state === 'signed');
  const keys = new Map<string, KnownAs | undefined>();
  const snapshots = new Set<string>();
  const words = { rows, keys };
  if (!isSigned || doubts.length > 0) return { snapshots, words };
  const turns = turnsOf([...etags.keys()], { newest: READ_ANYWAY, today });
  const believes = async (key: string) => {
    if (!keys.has(key)) keys.set(key, await records.knows?.(key));
    return keys.get(key) !== undefined;
  };
  for (const [snapshot, etag] of etags) {
    const row = rows.get(snapshot);
    if (row?.mark) await believes(row.mark.key);
    if (row?.key && row.etag === etag && !turns.has(snapshot) && (await believes(row.key))) snapshots.add(snapshot);
  }
  return { snapshots, words };
}

/** Whether the row has seen the mark that is listed under that ETag. Only of sound archives: others are read. */
export function knowsMark({ mark }: IndexRow, { keys }: Words, etag: string | undefined): boolean {
  return mark !== undefined && mark.etag === etag && keys.get(mark.key) !== undefined;
}

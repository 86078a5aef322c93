import type { KnownAs } from '../storage/seal.ts';
import type { ArchiveIndex, IndexRecords } from './archive-index.ts';
import type { IndexRow } from './index-records.ts';
import type { MarkRecord } from './records.ts';
import { turnsOf } from './turns.ts';

/** A row that stands for its manifest, which is listed as it was when the row was written. */
export interface RowWord {
  readonly row: IndexRow & { readonly key: string };
  readonly known: KnownAs;
  /** Keys that are believed, for the mark beside it. No function: one would hold the whole index for as long as any entry is held. */
  readonly believed: ReadonlyMap<string, KnownAs>;
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
 * The rows that stand for their manifests, by snapshot. A row does where the whole index can be relied on, its page is
 * signed, the manifest had been signed with a key that is still believed, and storage lists it under the very ETag.
 * Whatever is in doubt is not among them, and is read.
 */
export async function wordOf(
  index: ArchiveIndex,
  { etags, today }: Wanted,
  records: IndexRecords,
): Promise<ReadonlyMap<string, RowWord>> {
  const isSigned = [index.head, ...index.pages.values()].every((record) => record?.standing?.state === 'signed');
  if (!isSigned || index.doubts.length > 0) return new Map();
  const keys = new Set([...index.rows.values()].flatMap(({ key, mark }) => [key ?? [], mark?.key ?? []].flat()));
  const known = new Map<string, KnownAs>();
  for (const key of keys) {
    const as = await records.knows?.(key);
    if (as) known.set(key, as);
  }
  const turns = turnsOf([...etags.keys()], { newest: READ_ANYWAY, today });
  return new Map(
    [...etags].flatMap(([snapshot, etag]) => {
      const row = index.rows.get(snapshot);
      const as = row?.key === undefined ? undefined : known.get(row.key);
      if (!row?.key || !as || row.etag !== etag || turns.has(snapshot)) return [];
      return [[snapshot, { row: row as RowWord['row'], known: as, believed: known }] as const];
    }),
  );
}

/** The mark that the row has seen, if it is listed under the same ETag. Only of sound archives: others are read. */
export function markIn({ row, believed }: RowWord, manager: string, etag: string): MarkRecord | undefined {
  const { mark, snapshot, archive } = row;
  if (mark?.etag !== etag || !believed.has(mark.key)) return undefined;
  const { checkedAt, execution } = mark;
  const { versionId } = archive;
  return { schema: 'cloudify-offsite/mark/1', manager, snapshot, versionId, result: 'sound', checkedAt, execution };
}

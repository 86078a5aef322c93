import type { Clock } from '../base/ports.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { indexHeadOf, indexMonthOf, indexPageOf } from '../storage/layout.ts';
import { type ArchiveIndex, type IndexDoubt, type IndexRecords, readIndex } from './archive-index.ts';
import { digestOf, type IndexHead, type IndexPage, type IndexRow } from './index-records.ts';
import type { PagedRows } from './paged-rows.ts';

export interface WriteIndexDeps {
  readonly archive: { readonly records: IndexRecords & Pick<JsonRecords, 'write'> };
  readonly clock: Pick<Clock, 'now'>;
}

/** Rows that are new or other ones than before, by snapshot; null: the row is to go. */
export type RowChanges = ReadonlyMap<string, IndexRow | null>;

/** Others record, keep and expire at the same time now and then, not all the time. */
const ROUNDS = 6;

/**
 * `snapshots`: those that `change` may add or change. `known`: what was read just now.
 *
 * Writes the pages that `change` makes different, then the head that names them. Whoever is killed in between leaves pages
 * that are newer than the head says, which the next writer finds and names. Gives why nothing was written, if so.
 */
export async function updateIndex(
  { manager, snapshots }: { readonly manager: string; readonly snapshots: readonly string[] },
  change: (rows: PagedRows) => RowChanges,
  deps: WriteIndexDeps,
  known?: ArchiveIndex,
): Promise<readonly IndexDoubt[] | 'busy'> {
  for (let round = 0; round < ROUNDS; round++) {
    const isFirst = round === 0 && known !== undefined;
    const index = isFirst ? known : await readIndex(manager, deps.archive.records, { snapshots });
    if (index.doubts.length > 0) return index.doubts;
    if (await writeOnce(manager, index, change(index.rows), deps)) return [];
  }
  return 'busy';
}

/** Whether anything is to be written: `changes`, or the head, which names what somebody else has written. */
export function changesIndex(index: ArchiveIndex, changes: RowChanges): boolean {
  return changes.size > 0 || !isNamed(index);
}

/** Whether the head names every page as it is: not so after a kill, and before there is one. */
function isNamed({ head, pages }: ArchiveIndex): boolean {
  return [...pages].every(([month, { revision }]) => head?.value.pages[month]?.revision === revision);
}

/** The pages that become other ones, each with the rows that it had. */
function* pagesOf(manager: string, changes: RowChanges, { pages, rows }: ArchiveIndex): Generator<IndexPage> {
  const byMonth = Map.groupBy(changes, ([snapshot]) => indexMonthOf(snapshot));
  for (const month of [...byMonth.keys()].sort()) {
    const after = new Map<string, IndexRow | null>(rows.ofMonth(month));
    for (const [snapshot, row] of byMonth.get(month) ?? []) after.set(snapshot, row);
    const archives = [...after.values()]
      .filter((row) => row !== null)
      .sort((a, b) => (a.snapshot < b.snapshot ? -1 : 1));
    const revision = (pages.get(month)?.revision ?? 0) + 1;
    yield { schema: 'cloudify-offsite/index/1', manager, month, revision, archives };
  }
}

async function writeOnce(
  manager: string,
  index: ArchiveIndex,
  changes: RowChanges,
  { archive: { records }, clock }: WriteIndexDeps,
): Promise<boolean> {
  if (!changesIndex(index, changes)) return true;
  const named = new Map([...index.pages].map(([month, { revision, sha256 }]) => [month, { revision, sha256 }]));
  for (const page of pagesOf(manager, changes, index)) {
    const before = index.pages.get(page.month);
    const expected = before ? { etag: before.etag } : ('absent' as const);
    if (!(await records.write(indexPageOf(manager, page.month), page, expected))) return false;
    named.set(page.month, { revision: page.revision, sha256: digestOf(page) });
  }
  const head: IndexHead = {
    schema: 'cloudify-offsite/index-head/1',
    manager,
    sequence: index.sequence + 1,
    at: clock.now().toISOString(),
    pages: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const expected = index.head ? { etag: index.head.etag } : ('absent' as const);
  const key = indexHeadOf(manager);
  if (!(await records.write(key, head, expected))) return false;
  await records.sequences?.saw(key, head.sequence);
  return true;
}

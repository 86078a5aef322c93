import type { Clock } from '../base/ports.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { indexHeadOf, indexMonthOf, indexPageOf } from '../storage/layout.ts';
import { type ArchiveIndex, type IndexDoubt, type IndexRecords, readIndex } from './archive-index.ts';
import { digestOf, type IndexHead, type IndexPage, type IndexRow } from './index-records.ts';

export interface WriteIndexDeps {
  readonly archive: { readonly records: IndexRecords & Pick<JsonRecords, 'write'> };
  readonly clock: Pick<Clock, 'now'>;
}

type Rows = ReadonlyMap<string, IndexRow>;

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
  change: (rows: Rows) => Rows,
  deps: WriteIndexDeps,
  known?: ArchiveIndex,
): Promise<readonly IndexDoubt[] | 'busy'> {
  for (let round = 0; round < ROUNDS; round++) {
    const isFirst = round === 0 && known !== undefined;
    const index = isFirst ? known : await readIndex(manager, deps.archive.records, { snapshots });
    if (index.doubts.length > 0) return index.doubts;
    if (await writeOnce(manager, index, pagesOf(manager, change(index.rows), index), deps)) return [];
  }
  return 'busy';
}

/** Whether `change` would write anything. */
export function changesIndex(index: ArchiveIndex, manager: string, rows: Rows): boolean {
  return pagesOf(manager, rows, index).some(({ isNew }) => isNew) || !isNamed(index);
}

interface Page {
  readonly page: IndexPage;
  readonly isNew: boolean;
}

function pagesOf(manager: string, rows: Rows, { pages }: ArchiveIndex): Page[] {
  const byMonth = Map.groupBy(rows.values(), ({ snapshot }) => indexMonthOf(snapshot));
  const months = [...new Set([...pages.keys(), ...byMonth.keys()])].sort();
  return months.map((month) => {
    const before = pages.get(month)?.value;
    const archives = (byMonth.get(month) ?? []).sort((a, b) => (a.snapshot < b.snapshot ? -1 : 1));
    if (before && isSame(before.archives, archives)) return { page: before, isNew: false };
    const revision = (before?.revision ?? 0) + 1;
    return { page: { schema: 'cloudify-offsite/index/1', manager, month, revision, archives }, isNew: true };
  });
}

/** Rows that do not change are the very rows that were read. */
function isSame(before: readonly IndexRow[], after: readonly IndexRow[]): boolean {
  return before.length === after.length && before.every((row, at) => row === after[at]);
}

/** Whether the head names every page as it is: not so after a kill, and before there is one. */
function isNamed({ head, pages }: ArchiveIndex): boolean {
  return [...pages].every(([month, { value }]) => head?.value.pages[month]?.revision === value.revision);
}

async function writeOnce(
  manager: string,
  index: ArchiveIndex,
  pages: readonly Page[],
  { archive: { records }, clock }: WriteIndexDeps,
): Promise<boolean> {
  const changed = pages.filter(({ isNew }) => isNew);
  if (changed.length === 0 && isNamed(index)) return true;
  for (const { page } of changed) {
    const before = index.pages.get(page.month);
    const expected = before ? { etag: before.etag } : ('absent' as const);
    if (!(await records.write(indexPageOf(manager, page.month), page, expected))) return false;
  }
  const head: IndexHead = {
    schema: 'cloudify-offsite/index-head/1',
    manager,
    sequence: index.sequence + 1,
    at: clock.now().toISOString(),
    pages: Object.fromEntries(
      pages.map(({ page }) => [page.month, { revision: page.revision, sha256: digestOf(page) }]),
    ),
  };
  const expected = index.head ? { etag: index.head.etag } : ('absent' as const);
  const key = indexHeadOf(manager);
  if (!(await records.write(key, head, expected))) return false;
  await records.sequences?.saw(key, head.sequence);
  return true;
}

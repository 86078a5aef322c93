import { mapAtMost } from '../base/concurrency.ts';
import { RecordForged } from '../base/errors.ts';
import { runbookPage } from '../base/runbook.ts';
import type { Entry, JsonRecords } from '../storage/json-records.ts';
import { indexesOf, indexHeadOf, indexMonthOf, indexPageOf, monthOfIndexKey } from '../storage/layout.ts';
import type { Sequences } from '../storage/seal.ts';
import { digestOf, IndexHead, ParsedPage } from './index-records.ts';
import { type PackedRows, PagedRows, packed } from './paged-rows.ts';
import { isUnread, readOrError } from './read-record.ts';

export interface IndexRecords extends Pick<JsonRecords, 'read' | 'list'> {
  readonly sequences?: Sequences | undefined;
  /** Undefined where signatures are not looked at. */
  readonly knows?: JsonRecords['knows'];
}

/** Why the index, or a part of it, cannot be relied on. */
export interface IndexDoubt {
  readonly fault: 'forged' | 'unreadable' | 'rolled back';
  readonly key: string;
  /** A sentence with the key, and what to do. */
  readonly why: string;
}

/** What the index of a manager's archives says. */
export interface ArchiveIndex {
  /** By snapshot, of pages that can be relied on. */
  readonly rows: PagedRows;
  /** None: all of it can be relied on. As long as there is one, nothing expires and nothing is written here. */
  readonly doubts: readonly IndexDoubt[];
  /** Of its head; 0: there is none, as in a bucket from before there were indexes. */
  readonly sequence: number;
  readonly head: Entry<IndexHead> | undefined;
  /** By month. */
  readonly pages: ReadonlyMap<string, IndexedPage>;
}

/** A page as it was read. */
export interface IndexedPage extends Pick<Entry<unknown>, 'etag' | 'standing'> {
  readonly revision: number;
  /** SHA-256 without the signature, as canonical JSON. */
  readonly sha256: string;
  readonly rows: PackedRows;
}

const ADVICE =
  'Until that is settled nothing of this manager expires, and what is missing is not noticed. Bring back the newest version of it; if it has no other version, move the folder away: the next export or reconciliation makes a new index.';

export interface IndexScope {
  /** Whose pages are read, whether the head names them or not: it is written after them. */
  readonly snapshots: readonly string[];
  /** Only those and the newest two: what is missing there was made last. */
  readonly isPart?: boolean;
  /** Known from a list of all managers: then nothing is asked for. */
  readonly isAbsent?: boolean;
}

/** While it is read and its signature checked, a page of 720 rows takes 6 MB; all of a year at once were half the heap. */
const PAGES_AT_ONCE = 1;

/** Reads the head and the pages. One list where there is no head. */
export async function readIndex(
  manager: string,
  records: IndexRecords,
  { snapshots, isPart = false, isAbsent = false }: IndexScope,
): Promise<ArchiveIndex> {
  const doubts: IndexDoubt[] = [];
  const head = await readHead(manager, { isAbsent, doubts }, records);
  const listed =
    head || isAbsent ? [] : (await records.list(indexesOf(manager))).flatMap(({ key }) => monthOfIndexKey(key) ?? []);
  const named = [...new Set([...Object.keys(head?.value.pages ?? {}), ...listed])].sort();
  if (!head && doubts.length === 0) doubts.push(...(await missingHead(manager, listed.length === 0, records)));
  const own = new Set(snapshots.map(indexMonthOf));
  const newest = named.filter((month) => month !== 'other').slice(-2);
  const isWanted = (month: string) => !isPart || own.has(month) || newest.includes(month) || month === 'other';
  const unnamed = head ? [...own].filter((month) => !named.includes(month)) : [];
  const read = await mapAtMost(PAGES_AT_ONCE, [...named.filter(isWanted), ...unnamed], async (month) => {
    const page = await readPage(manager, month, head, records);
    if (!page) return [];
    if ('fault' in page) {
      doubts.push(page);
      return [];
    }
    return [[month, page] as const];
  });
  const pages = new Map(read.flat());
  if (!head && doubts.length === 0 && [...pages.values()].some(({ revision }) => revision > 1))
    doubts.push(goneHead(manager, 'is missing, and its pages exist'));
  const isWhole = !doubts.some(({ key }) => key === indexHeadOf(manager));
  const rows = isWhole ? [...pages].map(([month, { rows }]) => [month, rows] as const) : [];
  return {
    rows: new PagedRows(new Map(rows)),
    doubts,
    sequence: head?.value.sequence ?? 0,
    head,
    pages,
  };
}

async function readHead(
  manager: string,
  { isAbsent, doubts }: { readonly isAbsent: boolean; readonly doubts: IndexDoubt[] },
  records: IndexRecords,
): Promise<Entry<IndexHead> | undefined> {
  const key = indexHeadOf(manager);
  const head = isAbsent ? undefined : await readOrError(() => records.read(key, IndexHead));
  if (isUnread(head)) {
    doubts.push(doubtOf(key, head));
    return undefined;
  }
  const strange = head && strangeness(key, { isOwn: head.value.manager === manager, isBare: false });
  if (strange) {
    doubts.push(strange);
    return undefined;
  }
  if (!head) return undefined;
  const seen = (await records.sequences?.seen(key)) ?? 0;
  const { sequence } = head.value;
  if (sequence < seen)
    doubts.push(goneHead(manager, `has the number ${sequence}, and this machine has seen number ${seen} of it`));
  else if (sequence > seen) await records.sequences?.saw(key, sequence);
  return head;
}

/** Whoever has emptied a store and begun anew sees the same as after a theft of all. It is for a person to say. */
async function missingHead(
  manager: string,
  isAllGone: boolean,
  { sequences }: IndexRecords,
): Promise<readonly IndexDoubt[]> {
  const key = indexHeadOf(manager);
  const seen = (await sequences?.seen(key)) ?? 0;
  if (seen === 0 || sequences === undefined) return [];
  if (!isAllGone) return [goneHead(manager, `is missing, and this machine has seen number ${seen} of it`)];
  const why = `${key} is missing, as is the whole index of ${manager}, and this machine has seen number ${seen} of it. If you have emptied or deleted this store yourself, remove ${sequences.remembered}: the next export begins a new index. If not, look for what is missing before that, or bring back a copy (${runbookPage('a-record-is-forged')}). Until that is settled nothing of this manager expires, and what is missing is not noticed.`;
  return [{ fault: 'rolled back', key, why }];
}

function goneHead(manager: string, how: string): IndexDoubt {
  const key = indexHeadOf(manager);
  return {
    fault: 'rolled back',
    key,
    why: `${key} ${how}: the index was put back as it once was, or a part of it removed. If you have brought back a copy of the whole store yourself, remove what this machine remembers of it (known-indexes.json, docs/explanation/signatures.md). ${ADVICE}`,
  };
}

async function readPage(
  manager: string,
  month: string,
  head: Entry<IndexHead> | undefined,
  records: IndexRecords,
): Promise<IndexedPage | IndexDoubt | undefined> {
  const key = indexPageOf(manager, month);
  const named = head?.value.pages[month];
  const page = await readOrError(() => records.read(key, ParsedPage));
  if (isUnread(page)) return doubtOf(key, page);
  if (!page && !named) return undefined;
  if (!page) return { fault: 'rolled back', key, why: `${key} is missing, and the index names it. ${ADVICE}` };
  const { archives, revision } = page.value;
  const isOfMonth = archives.every(({ snapshot }) => indexMonthOf(snapshot) === month);
  const isOwn = page.value.manager === manager && page.value.month === month && isOfMonth;
  // Whoever signed manifests has signed the index as well.
  const isSigned = head?.standing?.state === 'signed' || archives.some(({ signed }) => signed);
  const strange = strangeness(key, { isOwn, isBare: page.standing?.state === 'unsigned' && isSigned });
  if (strange) return strange;
  const sha256 = digestOf(page.value);
  const isOld = named !== undefined && revision < named.revision;
  const isOther = named?.revision === revision && named.sha256 !== sha256;
  // A later one than the head names: its writer has not come to the head, or died on the way.
  if (!isOld && !isOther) return { etag: page.etag, standing: page.standing, revision, sha256, rows: packed(archives) };
  const why = `${key} is not the page that the index names: it was put back as it once was (revision ${revision}, and number ${named?.revision} was written). ${ADVICE}`;
  return { fault: 'rolled back', key, why };
}

/** What no writer of ours leaves: a copy of another one's, and one without the signature that it must have. */
function strangeness(
  key: string,
  { isOwn, isBare }: { readonly isOwn: boolean; readonly isBare: boolean },
): IndexDoubt | undefined {
  if (isOwn && !isBare) return undefined;
  const how = isOwn
    ? 'has no signature, and what it is about has one'
    : 'is of something else: something copied it there';
  return { fault: 'forged', key, why: `${key} ${how}. ${ADVICE}` };
}

/** A manifest that was read is signed, and the index is not: then somebody else wrote the index. */
export function bareIndex(index: ArchiveIndex, manager: string, isSigned: boolean): ArchiveIndex {
  if (index.head?.standing?.state !== 'unsigned' || !isSigned) return index;
  const doubt = strangeness(indexHeadOf(manager), { isOwn: true, isBare: true });
  return { ...index, rows: new PagedRows(new Map()), doubts: [...index.doubts, ...(doubt ? [doubt] : [])] };
}

function doubtOf(key: string, error: Error): IndexDoubt {
  return { fault: error instanceof RecordForged ? 'forged' : 'unreadable', key, why: `${error.message} ${ADVICE}` };
}

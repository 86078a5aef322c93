import { isDeepStrictEqual } from 'node:util';
import { defined } from '../base/defined.ts';
import { days } from '../base/durations.ts';
import { type Catalogue, mayBeGone } from '../catalogue/catalogue.ts';
import type { Entry } from '../catalogue/entry.ts';
import { describedBy, type IndexRow } from '../catalogue/index-records.ts';
import type { PagedRows } from '../catalogue/paged-rows.ts';
import type { RowChanges } from '../catalogue/write-index.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import { keysOf } from '../storage/layout.ts';
import type { Decision } from './decide.ts';
import { EARLY_DAYS, mayBeHiddenFrom } from './expiry.ts';

/** The archive, or the archives, that this very run has recorded. */
export type Recorded = string | ReadonlySet<string>;

/** What the index is to say, as far as it follows from what was read and decided. */
export interface IndexFacts {
  readonly catalogue: Pick<Catalogue, 'absent' | 'waived'>;
  readonly decisions: readonly Decision[];
  readonly policy: RetentionPolicy;
  readonly now: Date;
  /** False: nothing is let go now, so nothing here may say that it is. */
  readonly mayLoosen: boolean;
  /** Their rows are no adopted ones. */
  readonly recorded?: Recorded | undefined;
  /** As `changesFor` gives it. Undefined: only what has to be written counts, not what was seen on the way. */
  readonly seen?: ReadonlyMap<string, boolean>;
}

/** Rows of what is gone stay so long: as long as a version that was removed can be brought back. */
const GONE_DAYS = 90;

/** The rows that are to be other ones than they are. */
export function nextRows(rows: Pick<PagedRows, 'get' | 'values'>, facts: IndexFacts): RowChanges {
  const { catalogue, decisions, now } = facts;
  const next = new Map<string, IndexRow | null>();
  for (const decision of decisions) {
    const { id } = decision.entry.manifest.snapshot;
    const before = rows.get(id);
    const row = rowOf(decision, before, facts);
    if (row && row !== before) next.set(id, row);
  }
  const seen = new Set(decisions.map(({ entry }) => entry.manifest.snapshot.id));
  const absent = new Set(catalogue.absent.map(({ snapshot }) => snapshot));
  for (const row of rows.values()) {
    if (seen.has(row.snapshot)) continue;
    if (row.fate === 'recorded' && catalogue.waived.includes(row.snapshot))
      next.set(row.snapshot, { ...row, fate: 'accepted', since: now.toISOString() });
    const isGone = row.fate === 'recorded' && absent.has(row.snapshot) && mayBeGone(row, now);
    if (isGone) next.set(row.snapshot, { ...row, fate: 'expired', since: now.toISOString() });
    if (row.fate !== 'recorded' && now.getTime() - Date.parse(row.since) > days(GONE_DAYS))
      next.set(row.snapshot, null);
  }
  return next;
}

/** Of an archive that is there; undefined: of one whose manifest was not read. */
function rowOf(
  { entry, expire }: Decision,
  before: IndexRow | undefined,
  { policy, now, mayLoosen, recorded, seen }: IndexFacts,
): IndexRow | undefined {
  const { manifest, source, stored } = entry;
  const isTagged = seen?.get(manifest.snapshot.id) ?? before?.tagged === expire;
  const known = { ...knownBy(entry), ...(isTagged ? { tagged: expire } : {}) };
  if (!source) return before;
  const from = mayBeHiddenFrom(stored?.storedAt.getTime() ?? Date.parse(manifest.times.stored), expire, policy);
  const goneFrom = from === undefined ? null : new Date(from - days(EARLY_DAYS)).toISOString();
  // Not let go yet, whatever was decided.
  const letGo = mayLoosen || !isEarlier(goneFrom, before?.goneFrom ?? null);
  const fate = letGo ? { expire, goneFrom } : { expire: before?.expire ?? 'held', goneFrom: before?.goneFrom ?? null };
  if (before && before.manifest === source.digest && before.etag === source.etag && before.fate === 'recorded') {
    const { mark: _, tagged: __, ...rest } = before;
    const next = seen ? { ...rest, ...known, ...fate } : { ...before, ...fate };
    return isDeepStrictEqual(next, before) ? before : next;
  }
  const isKnown =
    before?.manifest === source.digest ? before.adopted === undefined : isAmong(recorded, manifest.snapshot.id);
  return {
    ...describedBy(manifest),
    manifest: source.digest,
    etag: source.etag,
    signed: source.hasSignature,
    ...(isKnown ? {} : { adopted: true }),
    ...known,
    fate: 'recorded',
    since: now.toISOString(),
    ...fate,
  };
}

function isAmong(recorded: Recorded | undefined, snapshot: string): boolean {
  return typeof recorded === 'object' ? recorded.has(snapshot) : recorded === snapshot;
}

/** What lets the row stand for manifest and mark: who signed them, and what they were then. */
function knownBy({ manifest, source, mark, markSource }: Entry): Pick<IndexRow, 'key' | 'ranges' | 'mark'> {
  const isOurs = manifest.archive.key === keysOf(manifest.manager.id, manifest.snapshot.id).archive;
  const { etag, key } = markSource ?? {};
  const isSound = mark?.result === 'sound' && etag !== undefined && key !== undefined;
  return {
    ...defined({ key: isOurs ? source?.key : undefined, ranges: manifest.digestedRanges }),
    ...(isSound ? { mark: { etag, key, checkedAt: mark.checkedAt, execution: mark.execution } } : {}),
  };
}

function isEarlier(a: string | null, b: string | null): boolean {
  return a !== null && (b === null || a < b);
}

/** Archives that are there and not in the index as they are: their run was killed before it came to it. */
export function behindIndex(rows: Pick<PagedRows, 'get'>, decisions: readonly Decision[]): Decision[] {
  return decisions.filter(({ entry: { source, manifest } }) => {
    const row = rows.get(manifest.snapshot.id);
    return source !== undefined && row?.manifest !== source.digest;
  });
}

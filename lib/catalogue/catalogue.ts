import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { requireMemory } from '../base/memory.ts';
import { archivesOf, recordsOf } from '../storage/layout.ts';
import type { Accepts } from '../storage/record-text.ts';
import { isVersion } from '../storage/version-id.ts';
import type { StoredVersion } from '../storage/versions.ts';
import { type ArchiveIndex, bareIndex, type IndexRecords, readIndex } from './archive-index.ts';
import { type Entry, readyAt, type Unreadable } from './entry.ts';
import type { IndexRow } from './index-records.ts';
import { wordsOf } from './index-word.ts';
import { etagsIn, listRecords, type ManifestFilter } from './list-records.ts';
import { type Around, missingOf, readEntry } from './read-entry.ts';
import { isUnread, readOrError, readRecord } from './read-record.ts';

/** What of the bucket is read for it. */
export interface CatalogueStore {
  readonly records: IndexRecords;
  versions(prefix: string): Promise<StoredVersion[]>;
}

interface CatalogueDeps {
  readonly archive: CatalogueStore;
  /** Managers that have an index, where somebody has listed them all. */
  readonly indexed?: ReadonlySet<string> | undefined;
}

/** All that the bucket says of one manager's archives. */
export interface Catalogue {
  /** By the time of their content, the oldest first. */
  readonly entries: readonly Entry[];
  /** Manifests that cannot be read, or are of something else than their key says: whether they are archives nobody knows. */
  readonly unreadable: readonly Unreadable[];
  /** Rows of the index without a manifest, which nobody has accepted as missing; whether they may be gone is a matter of time. */
  readonly absent: readonly IndexRow[];
  /** Snapshots of such rows that a person has accepted as missing. */
  readonly waived: readonly string[];
  /** Versions of archives of which no manifest speaks. Of a choice: those of its months. */
  readonly unvouched: readonly StoredVersion[];
  readonly index: ArchiveIndex;
  /** Changes with every record that was written, replaced or removed; of a choice, with those of its months. */
  readonly fingerprint: string;
}

/** Every record that cannot be read, of whatever kind. */
export function unreadableOf({ entries, unreadable }: Pick<Catalogue, 'entries' | 'unreadable'>): Unreadable[] {
  return [...unreadable, ...entries.flatMap((entry) => entry.unreadable)];
}

/** What is recorded, and gone before its time. */
export function missingAt(manager: string, { absent }: Pick<Catalogue, 'absent'>, now: Date): Unreadable[] {
  return absent.filter((row) => !mayBeGone(row, now)).map((row) => missingOf(manager, row));
}

/** Whether retention had let it go by then, for lifecycle rules to remove it. */
export function mayBeGone({ goneFrom }: Pick<IndexRow, 'goneFrom'>, now: Date): boolean {
  return goneFrom !== null && Date.parse(goneFrom) <= now.getTime();
}

export interface Reading {
  /** Undefined: all. */
  readonly choose?: ManifestFilter | undefined;
  readonly accepts?: Accepts;
  /**
   * Rows of the index stand for manifests that are listed as they were, so that 10,000 need not be read. Not for a restore,
   * nor for whoever says what was read. With a date those whose turn it is are read again.
   */
  readonly byIndex?: true | Date;
}

/**
 * Reads everything that is recorded of a manager's archives: manifests, the marks, keeps and acceptances beside them, and
 * which versions storage has. Five lists, 1,000 a page, and up to four records for each archive that is chosen.
 */
export async function readCatalogue(
  manager: string,
  deps: CatalogueDeps,
  { choose, accepts = 'genuine', byIndex }: Reading = {},
): Promise<Catalogue> {
  const { records } = deps.archive;
  const { manifests, beside, all, fingerprint, months } = await listRecords(manager, records, choose);
  const snapshots = [...manifests.keys()];
  const scope = {
    snapshots,
    isPart: manifests.size !== all.size,
    isAbsent: deps.indexed?.has(manager) === false,
  };
  // One after the other, since each has garbage of its own.
  const found = await readIndex(manager, records, scope);
  const versions = await Promise.all(months.map((month) => deps.archive.versions(archivesOf(manager) + month)));
  const { stored, rest } = storedBy(versions.flat());
  const today = byIndex instanceof Date ? byIndex : undefined;
  const worded = byIndex ? await wordsOf(found, { etags: manifests, today }, records) : undefined;
  requireMemory({
    count: manifests.size,
    bytes: worded && worded.snapshots.size > manifests.size / 2 ? BYTES_BESIDE_A_ROW : BYTES_OF_AN_ENTRY,
    what: `Manager ${manager} has ${manifests.size} archives`,
    advice: 'Give it more memory, and expire what is due: docs/reference/limits.md.',
  });
  const read = await mapAtMost(REQUESTS_AT_ONCE, snapshots, async (snapshot) => {
    const listed = beside(snapshot);
    const words = worded?.snapshots.has(snapshot) ? worded.words : undefined;
    const around = { listed, stored, accepts, row: found.rows.get(snapshot), words };
    return await readEntry({ manager, snapshot }, around, records);
  });
  const entries = read.flatMap((one) => ('entry' in one ? [one.entry] : []));
  const isSigned = entries.some(({ source }) => source?.hasSignature);
  const index = bareIndex(found, manager, isSigned);
  const accepted = (snapshot: string) => beside(snapshot).accept !== undefined;
  return {
    entries: inOrder(entries),
    unreadable: read.flatMap((one) => ('why' in one ? [one] : [])),
    ...(await absentOf(manager, { index, listed: all, accepted }, deps)),
    unvouched: rest(),
    index,
    fingerprint,
  };
}

interface Listings {
  readonly index: ArchiveIndex;
  /** Snapshots with a manifest. */
  readonly listed: ReadonlySet<string>;
  readonly accepted: (snapshot: string) => boolean;
}

/** What the index has and the list has not. The list came first: what was recorded in between is looked for again. */
async function absentOf(manager: string, { index, listed, accepted }: Listings, deps: CatalogueDeps) {
  const unlisted = [...index.rows.values()].filter((row) => row.fate === 'recorded' && !listed.has(row.snapshot));
  if (unlisted.length === 0) return { absent: [], waived: [] };
  const { records } = deps.archive;
  const now = etagsIn('manifest', manager, await records.list(recordsOf('manifest', manager)));
  const absent = unlisted.filter(({ snapshot }) => !now.has(snapshot));
  const waived = await mapAtMost(REQUESTS_AT_ONCE, absent, async ({ snapshot }) => {
    if (!accepted(snapshot)) return false;
    const found = await readOrError(() => readRecord('accept', { manager, snapshot }, records));
    return found !== undefined && !isUnread(found) && found.value.missing === true;
  });
  return {
    absent: absent.filter((_, at) => !waived[at]),
    waived: absent.filter((_, at) => waived[at]).map(({ snapshot }) => snapshot),
  };
}

/** An entry and what storage lists of it. Held at once by whatever decides on all archives of a manager. */
const BYTES_OF_AN_ENTRY = 2500;
/** The same where the row is held already, of which it is made. */
const BYTES_BESIDE_A_ROW = 800;

/** By the time of their content. Each is asked once: a sort asks 14 times, and gets a manifest made each time. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const places = entries.map((entry) => ({ entry, at: readyAt(entry), id: entry.manifest.snapshot.id }));
  return places.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ entry }) => entry);
}

/** What one list of versions says of each archive, and what is left of it: no request for each, and no byte is read. */
function storedBy(versions: readonly StoredVersion[]): Pick<Around, 'stored'> & { rest: () => StoredVersion[] } {
  const byKey = new Map<string, StoredVersion | StoredVersion[]>();
  for (const version of versions) {
    const before = byKey.get(version.key);
    if (Array.isArray(before)) before.push(version);
    else byKey.set(version.key, before === undefined ? version : [before, version]);
  }
  const stored: Around['stored'] = ({ key, versionId, size }) => {
    const ofKey = [byKey.get(key) ?? []].flat();
    const version = ofKey.find((one) => isVersion(one.versionId, versionId));
    if (version?.size === size) {
      byKey.set(
        key,
        ofKey.filter((one) => one !== version),
      );
      return { stored: version, missing: null };
    }
    if (version) return { stored: null, missing: 'other size' };
    return { stored: null, missing: ofKey.length > 0 ? 'other version' : 'gone' };
  };
  return { stored, rest: () => [...byKey.values()].flat() };
}

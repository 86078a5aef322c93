import { createHash } from 'node:crypto';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { RecordForged } from '../base/errors.ts';
import { requireMemory } from '../base/memory.ts';
import type { Accepts, JsonRecords, Listed } from '../storage/json-records.ts';
import {
  archivesOf,
  keysOf,
  RECORD_KINDS,
  type RecordKind,
  recordsOf,
  snapshotOfRecordKey,
} from '../storage/layout.ts';
import { isVersion } from '../storage/version-id.ts';
import type { StoredVersion } from '../storage/versions.ts';
import { type Entry, knownOf, readyAt, type Unreadable } from './entry.ts';
import { isUnread, readOrError, readRecord } from './read-record.ts';
import type { Manifest } from './records.ts';

/** What of the bucket is read for it. */
export interface CatalogueStore {
  readonly records: Pick<JsonRecords, 'read' | 'list'>;
  versions(prefix: string): Promise<StoredVersion[]>;
}

interface CatalogueDeps {
  readonly archive: CatalogueStore;
}

/** All that the bucket says of one manager's archives. */
export interface Catalogue {
  /** By the time of their content, the oldest first. */
  readonly entries: readonly Entry[];
  /** Manifests that cannot be read, or are of something else than their key says: whether they are archives nobody knows. */
  readonly unreadable: readonly Unreadable[];
  /** Changes with every record that was written, replaced or removed. */
  readonly fingerprint: string;
}

/** Every record that cannot be read, of whatever kind. */
export function unreadableOf({ entries, unreadable }: Pick<Catalogue, 'entries' | 'unreadable'>): Unreadable[] {
  return [...unreadable, ...entries.flatMap((entry) => entry.unreadable)];
}

/** Which of the manifests are read, where not all are wanted. */
export type ManifestFilter = (manifests: readonly Listed[]) => readonly Listed[];

/**
 * Reads everything that is recorded of a manager's archives: manifests, the marks, keeps and acceptances beside them, and
 * which versions storage has. Five lists, 1,000 a page, and up to four records for each archive that is chosen.
 */
export async function readCatalogue(
  manager: string,
  deps: CatalogueDeps,
  choose: ManifestFilter = (all) => all,
  accepts: Accepts = 'genuine',
): Promise<Catalogue> {
  const { ids, fingerprint } = await listRecords(manager, deps, choose);
  const [manifests, marks, keeps, acceptances] = ids;
  requireMemory({
    count: manifests?.size ?? 0,
    bytes: BYTES_OF_AN_ENTRY,
    what: `Manager ${manager} has ${manifests?.size} archives`,
    advice: 'Give it more memory, and expire what is due: docs/limits.md.',
  });
  const stored = storedBy(await deps.archive.versions(archivesOf(manager)));
  const read = await mapAtMost(REQUESTS_AT_ONCE, [...(manifests ?? [])], async (snapshot) => {
    const has = {
      mark: marks?.has(snapshot) === true,
      keep: keeps?.has(snapshot) === true,
      accept: acceptances?.has(snapshot) === true,
    };
    return await readEntry({ manager, snapshot }, { has, stored, accepts }, deps);
  });
  const entries = read.flatMap((one) => ('entry' in one ? [one.entry] : []));
  return {
    entries: entries.sort((a, b) => readyAt(a) - readyAt(b) || (idOf(a) < idOf(b) ? -1 : 1)),
    unreadable: read.flatMap((one) => ('why' in one ? [one] : [])),
    fingerprint,
  };
}

/** An entry and what storage lists of it. Held at once by whatever decides on all archives of a manager. */
const BYTES_OF_AN_ENTRY = 2500;

/** The snapshots that have a record, by its kind. The lists themselves, 10 MB of 10,000 archives, are let go. */
async function listRecords(manager: string, { archive: { records } }: CatalogueDeps, choose: ManifestFilter) {
  const lists = await Promise.all(RECORD_KINDS.map((kind) => records.list(recordsOf(kind, manager))));
  const ids = RECORD_KINDS.map((kind, at) => {
    const listed = (lists[at] ?? []).filter(({ key }) => snapshotOfRecordKey(kind, manager, key) !== undefined);
    const chosen = kind === 'manifest' ? choose(listed) : listed;
    return new Set(chosen.flatMap(({ key }) => snapshotOfRecordKey(kind, manager, key) ?? []));
  });
  return { ids, fingerprint: fingerprintOf(lists.flat()) };
}

/** The same mark that `readCatalogue` gives, by three lists alone: whether anything was recorded meanwhile. */
export async function fingerprintNow(manager: string, { archive }: CatalogueDeps): Promise<string> {
  const lists = await Promise.all(RECORD_KINDS.map((kind) => archive.records.list(recordsOf(kind, manager))));
  return fingerprintOf(lists.flat());
}

function fingerprintOf(listed: readonly Listed[]): string {
  const hash = createHash('sha256');
  for (const { key, etag } of listed) hash.update(`${key} ${etag}\n`);
  return hash.digest('base64');
}

const idOf = ({ manifest }: Entry) => manifest.snapshot.id;

type Stored = (archive: Pick<Manifest['archive'], 'key' | 'versionId' | 'size'>) => Pick<Entry, 'stored' | 'missing'>;

/** What one list of versions says of each archive: no request for each, and no byte is read. */
function storedBy(versions: readonly StoredVersion[]): Stored {
  const byKey = Map.groupBy(versions, ({ key }) => key);
  return ({ key, versionId, size }) => {
    const ofKey = byKey.get(key);
    const version = ofKey?.find((one) => isVersion(one.versionId, versionId));
    // With the manifest's own string: that of the list may hold the text of its whole page.
    if (version?.size === size) return { stored: { ...version, key }, missing: null };
    if (version) return { stored: null, missing: 'other size' };
    return { stored: null, missing: ofKey ? 'other version' : 'gone' };
  };
}

interface RecordsAround {
  readonly has: { readonly mark: boolean; readonly keep: boolean; readonly accept: boolean };
  readonly stored: Stored;
  readonly accepts: Accepts;
}

async function readEntry(
  of: { readonly manager: string; readonly snapshot: string },
  { has, stored, accepts }: RecordsAround,
  { archive: { records } }: CatalogueDeps,
): Promise<{ entry: Entry } | Unreadable> {
  const { snapshot } = of;
  const unread = (kind: RecordKind, why: string, isForged = false): Unreadable => {
    return { snapshot, kind, key: keysOf(of.manager, snapshot)[kind], why, isForged };
  };
  const read = async <K extends RecordKind>(kind: K) => {
    const found = await readOrError(() => readRecord(kind, of, records, accepts));
    return isUnread(found) ? unread(kind, found.message, found instanceof RecordForged) : found;
  };
  const recordedAs = async <K extends RecordKind>(kind: K) => {
    const found = await read(kind);
    return found && 'why' in found ? found : found?.value;
  };
  const found = await read('manifest');
  if (found === undefined) return unread('manifest', `${keysOf(of.manager, snapshot).manifest} was removed just now.`);
  if ('why' in found) return found;
  const { standing } = found;
  const manifest = knownOf(found.value);
  const { versionId } = manifest.archive;
  const mark = has.mark ? await recordedAs('mark') : undefined;
  const keep = has.keep ? await recordedAs('keep') : undefined;
  const accept = has.accept ? await recordedAs('accept') : undefined;
  const entry: Entry = {
    manifest,
    standing,
    ...stored(manifest.archive),
    mark: mark && 'schema' in mark && mark.versionId === versionId ? mark : null,
    keep: keep && 'schema' in keep ? keep : null,
    accept: accept && 'schema' in accept ? accept : null,
    unreadable: [mark, keep, accept].flatMap((one) => (one && 'why' in one ? [one] : [])),
  };
  return { entry };
}

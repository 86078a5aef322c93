import type * as z from 'zod';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { RecordConflict } from '../base/errors.ts';
import type { JsonRecords, Listed } from '../storage/json-records.ts';
import { archivesOf, keysOf, RECORD_KINDS, recordsOf, snapshotOfRecordKey } from '../storage/layout.ts';
import type { StoredVersion } from '../storage/versions.ts';
import { type Entry, readyAt } from './entry.ts';
import { AcceptRecord, KeepRecord, Manifest, MarkRecord } from './records.ts';

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
  readonly unreadable: readonly { readonly snapshot: string; readonly key: string; readonly why: string }[];
  /** Changes with every record that was written, replaced or removed. */
  readonly fingerprint: string;
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
): Promise<Catalogue> {
  const { records } = deps.archive;
  const lists = await Promise.all(RECORD_KINDS.map((kind) => records.list(recordsOf(kind, manager))));
  const [manifests, marks, keeps, accepts] = RECORD_KINDS.map((kind, at) => {
    const listed = (lists[at] ?? []).filter(({ key }) => snapshotOfRecordKey(kind, manager, key) !== undefined);
    const chosen = kind === 'manifest' ? choose(listed) : listed;
    const ids = chosen.map(({ key }) => snapshotOfRecordKey(kind, manager, key));
    return new Set(ids.filter((id) => id !== undefined));
  });
  const stored = storedBy(await deps.archive.versions(archivesOf(manager)));
  const read = await mapAtMost(REQUESTS_AT_ONCE, [...(manifests ?? [])], async (snapshot) => {
    const has = {
      mark: marks?.has(snapshot) === true,
      keep: keeps?.has(snapshot) === true,
      accept: accepts?.has(snapshot) === true,
    };
    return await readEntry(manager, snapshot, { has, stored }, deps);
  });
  const entries = read.flatMap((one) => ('entry' in one ? [one.entry] : []));
  return {
    entries: entries.sort((a, b) => readyAt(a) - readyAt(b) || (idOf(a) < idOf(b) ? -1 : 1)),
    unreadable: read.flatMap((one) => ('why' in one ? [one] : [])),
    fingerprint: fingerprintOf(lists.flat()),
  };
}

/** The same mark that `readCatalogue` gives, by three lists alone: whether anything was recorded meanwhile. */
export async function fingerprintNow(manager: string, { archive }: CatalogueDeps): Promise<string> {
  const lists = await Promise.all(RECORD_KINDS.map((kind) => archive.records.list(recordsOf(kind, manager))));
  return fingerprintOf(lists.flat());
}

function fingerprintOf(listed: readonly Listed[]): string {
  return listed.map(({ key, etag }) => `${key} ${etag}`).join('\n');
}

const idOf = ({ manifest }: Entry) => manifest.snapshot.id;

type Stored = (key: string, versionId: string) => StoredVersion | undefined;

function storedBy(versions: readonly StoredVersion[]): Stored {
  const byId = new Map(versions.map((version) => [`${version.key} ${version.versionId}`, version]));
  return (key, versionId) => byId.get(`${key} ${versionId}`);
}

interface RecordsAround {
  readonly has: { readonly mark: boolean; readonly keep: boolean; readonly accept: boolean };
  readonly stored: Stored;
}

type Unreadable = Catalogue['unreadable'][number];

async function readEntry(
  manager: string,
  snapshot: string,
  { has, stored }: RecordsAround,
  deps: CatalogueDeps,
): Promise<{ entry: Entry } | Unreadable> {
  const keys = keysOf(manager, snapshot);
  const manifest = await readOwn(keys.manifest, Manifest, deps);
  if (manifest === undefined) return { snapshot, key: keys.manifest, why: `${keys.manifest} was removed just now.` };
  if (typeof manifest === 'string') return { snapshot, key: keys.manifest, why: manifest };
  if (manifest.manager.id !== manager || manifest.snapshot.id !== snapshot) {
    const whose = `${manifest.snapshot.id} of manager ${manifest.manager.id}`;
    return { snapshot, key: keys.manifest, why: `${keys.manifest} is the manifest of ${whose}.` };
  }
  const { key, versionId, size } = manifest.archive;
  const version = stored(key, versionId);
  const mark = has.mark ? await readOwn(keys.mark, MarkRecord, deps) : undefined;
  const keep = has.keep ? await readOwn(keys.keep, KeepRecord, deps) : undefined;
  const accept = has.accept ? await readOwn(keys.accept, AcceptRecord, deps) : undefined;
  const entry: Entry = {
    manifest,
    stored: version?.size === size ? version : null,
    mark: typeof mark === 'object' && mark.versionId === versionId ? mark : null,
    keep: typeof keep === 'object' ? keep : null,
    accept: typeof accept === 'object' ? accept : null,
    unreadable: [
      ...(typeof mark === 'string' ? ['mark' as const] : []),
      ...(typeof keep === 'string' ? ['keep' as const] : []),
    ],
  };
  return { entry };
}

/** The record, undefined when there is none, or a sentence on why it cannot be read. */
async function readOwn<T extends z.ZodType>(
  key: string,
  schema: T,
  { archive }: CatalogueDeps,
): Promise<z.infer<T> | string | undefined> {
  try {
    return (await archive.records.read(key, schema))?.value;
  } catch (error) {
    if (error instanceof RecordConflict) return error.message;
    throw error;
  }
}

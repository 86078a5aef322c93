import { createHash } from 'node:crypto';
import { monthOf, RECORD_KINDS, type RecordKind, recordsOf, snapshotOfRecordKey } from '../storage/layout.ts';
import type { Listed } from '../storage/near.ts';
import { ownText } from '../storage/own-text.ts';
import type { IndexRecords } from './archive-index.ts';
import type { Around } from './read-entry.ts';

/** Which of the manifests are read, where not all are wanted. */
export type ManifestFilter = (manifests: readonly Listed[]) => readonly Listed[];

type Lists = Pick<IndexRecords, 'list'>;

/** So many months are listed one by one, at the same time: more of them are more requests than all of the archives in one list would take. */
const MONTHS_AT_MOST = 4;

/** What is listed below the folder of a manager to find everything of these snapshots: their months, or all in one list. */
function monthsOf(snapshots: Iterable<string>): readonly string[] {
  const months = new Set(Array.from(snapshots, monthOf));
  return months.size > MONTHS_AT_MOST || months.has('') ? [''] : [...months];
}

/**
 * The ETags of records, by kind and snapshot. The lists themselves, 10 MB of 10,000 archives, are let go. Where some are
 * chosen, marks and archives of other months are not listed: each 1,000 of them take 20 ms of CPU and a request.
 */
export async function listRecords(manager: string, records: Lists, choose?: ManifestFilter) {
  const listOf = async (kind: RecordKind, months: readonly string[] = ['']) =>
    (await Promise.all(months.map((month) => records.list(recordsOf(kind, manager) + month)))).flat();
  const found = (kind: RecordKind, listed: readonly Listed[]) => ({
    etags: etagsIn(kind, manager, listed),
    mark: fingerprintOf(listed),
  });
  const ofManifests = async () => {
    const listed = await listOf('manifest');
    const ours = listed.filter(({ key }) => snapshotOfRecordKey('manifest', manager, key) !== undefined);
    return { ...found('manifest', listed), chosen: etagsIn('manifest', manager, choose ? choose(ours) : ours) };
  };
  const manifests = ofManifests();
  const months = choose ? monthsOf((await manifests).chosen.keys()) : [''];
  const [own, marks, keeps, accepts] = await Promise.all([
    manifests,
    listOf('mark', months).then((listed) => found('mark', listed)),
    // Few, and an acceptance may be of an archive that has no manifest.
    listOf('keep').then((listed) => found('keep', listed)),
    listOf('accept').then((listed) => found('accept', listed)),
  ]);
  const beside = (snapshot: string): Around['listed'] => ({
    mark: marks.etags.get(snapshot),
    keep: keeps.etags.get(snapshot),
    accept: accepts.etags.get(snapshot),
  });
  const fingerprint = [own, marks, keeps, accepts].map(({ mark }) => mark).join(' ');
  return { manifests: own.chosen, beside, all: new Set(own.etags.keys()), fingerprint, months };
}

export function etagsIn(kind: RecordKind, manager: string, listed: readonly Listed[]): Map<string, string> {
  return new Map(
    listed.flatMap(({ key, etag }) => {
      const snapshot = snapshotOfRecordKey(kind, manager, key);
      // A part of a text would hold the whole key.
      return snapshot === undefined ? [] : [[ownText(snapshot), etag] as const];
    }),
  );
}

/** The same mark that `readCatalogue` gives, by four lists alone: whether anything was recorded meanwhile. */
export async function fingerprintNow(manager: string, records: Lists): Promise<string> {
  const marks = await Promise.all(
    RECORD_KINDS.map(async (kind) => fingerprintOf(await records.list(recordsOf(kind, manager)))),
  );
  return marks.join(' ');
}

function fingerprintOf(listed: readonly Listed[]): string {
  const hash = createHash('sha256');
  for (const { key, etag } of listed) hash.update(`${key} ${etag}\n`);
  return hash.digest('base64');
}

import type * as z from 'zod';
import { Interrupted, StorageRefused } from '../base/errors.ts';
import { isUnread, readRecord } from '../catalogue/read-record.ts';
import type { Manifest } from '../catalogue/records.ts';
import { isArchiveKey, isKeyOf, keysOf, managerOfKey, prefixOf, snapshotOfArchiveKey } from '../storage/layout.ts';
import { type Accepts, recordIn } from '../storage/record-text.ts';
import type { KeyShelf, Seal, Sealing } from '../storage/seal.ts';

interface PlainFile {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

interface Sums {
  readonly size: number;
  readonly crc32: string;
  readonly md5: string;
}

/** A folder whose hidden records were lost, all or some (folder-s3/adopt.ts). */
export interface AdoptableFolder {
  readonly hadRecords: boolean;
  readonly strangers: readonly PlainFile[];
  readonly known: ReadonlySet<string>;
  text(key: string): Promise<{ readonly text: string; readonly modifiedAt: Date } | undefined>;
  sums(key: string): Promise<Sums>;
  adopt(
    key: string,
    sums: Sums,
    facts: {
      readonly versionId: string | undefined;
      readonly storedAt: Date;
      readonly metadata: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
  finish(now: Date): Promise<void>;
}

export interface NotAdopted {
  readonly key: string;
  readonly why: string;
}

export interface AdoptReport {
  /** `incomplete`: something was not adopted, or an archive is missing. */
  readonly outcome: 'adopted' | 'nothing to adopt' | 'incomplete';
  readonly isDryRun: boolean;
  readonly adopted: { readonly archives: number; readonly records: number; readonly bytes: number };
  /** Files that are not what their records say. */
  readonly refused: readonly NotAdopted[];
  /** Archives that have a manifest and are not in the folder. */
  readonly missing: readonly NotAdopted[];
  /** Files that are nothing of this product. */
  readonly foreign: readonly string[];
  /** What was in the hidden records and nowhere else. */
  readonly lost: readonly string[];
}

interface Adopting {
  readonly sealing: Sealing;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  readonly now: Date;
  readonly isUsableVersionId: (id: string) => boolean;
}

/**
 * Makes the plain files of a folder objects again. Records are adopted as they are, since each is judged when it is read. An
 * archive is adopted if each of its bytes is what its manifest says, and the manifest is genuine: nothing else is one.
 * Safe to repeat and to kill: what is adopted already needs nothing, and the bucket is one only at the end.
 */
export async function adoptFolder(folder: AdoptableFolder, deps: Adopting): Promise<AdoptReport> {
  const { isDryRun, signal, now } = deps;
  const records = new PlainRecords(folder, deps.sealing);
  const ours = folder.strangers.filter(({ key }) => isOurs(key));
  const adopted = { archives: 0, records: 0, bytes: 0 };
  const refused: NotAdopted[] = [];
  // Records first: a run that is killed in between leaves archives that the next one adopts.
  for (const file of [...ours].sort((a, b) => Number(isArchiveKey(a.key)) - Number(isArchiveKey(b.key)))) {
    if (signal.aborted) throw new Interrupted('The adoption was interrupted. Run it again: it goes on where it was.');
    try {
      const sums = await adoptOne(file, { folder, records }, deps);
      adopted[isArchiveKey(file.key) ? 'archives' : 'records'] += 1;
      adopted.bytes += sums.size;
    } catch (error) {
      if (!(error instanceof NotOurs)) throw error;
      refused.push({ key: file.key, why: error.message });
    }
  }
  if (!isDryRun) await folder.finish(now);
  const missing = missingOf(folder);
  const some = adopted.archives + adopted.records > 0;
  return {
    outcome: refused.length + missing.length > 0 ? 'incomplete' : some ? 'adopted' : 'nothing to adopt',
    isDryRun,
    adopted,
    refused,
    missing,
    foreign: folder.strangers.filter((one) => !ours.includes(one)).map(({ key }) => key),
    lost: folder.hadRecords ? [] : lostWith(ours),
  };
}

const isOurs = (key: string) => key.startsWith(prefixOf('keys')) || isKeyOf(managerOfKey(key), key);

/** Why a file is not adopted; completes "<key> …". */
class NotOurs extends Error {}

interface Files {
  readonly folder: AdoptableFolder;
  readonly records: PlainRecords;
}

async function adoptOne(file: PlainFile, { folder, records }: Files, deps: Adopting): Promise<Sums> {
  const manifest = isArchiveKey(file.key) ? await manifestOf(file, records, deps) : undefined;
  const sums = await folder.sums(file.key).catch((error: unknown) => {
    if (error instanceof StorageRefused) throw new NotOurs(error.message);
    throw error;
  });
  if (manifest && sums.crc32 !== manifest.archive.crc32) {
    throw new NotOurs(
      `has the CRC-32 ${sums.crc32}, and its manifest says ${manifest.archive.crc32}: it is damaged. Copy it again.`,
    );
  }
  if (deps.isDryRun) return sums;
  const stored = manifest ? Date.parse(manifest.times.stored) : Number.POSITIVE_INFINITY;
  await folder.adopt(file.key, sums, {
    versionId: manifest ? (manifest.archive.versionId ?? 'null') : undefined,
    // A copy may have the time of the copying.
    storedAt: new Date(Math.min(stored, file.modifiedAt.getTime())),
    metadata: manifest ? { 'offsite-execution': manifest.execution, 'offsite-snapshot': manifest.snapshot.id } : {},
  });
  return sums;
}

/** Of an archive, if it can be relied on and speaks of a file of this size. */
async function manifestOf({ key, size }: PlainFile, records: PlainRecords, deps: Adopting): Promise<Manifest> {
  const which = { manager: managerOfKey(key), snapshot: snapshotOfArchiveKey(key) ?? '' };
  const found = await readRecord('manifest', which, records).catch((error: unknown) => {
    if (isUnread(error)) throw new NotOurs(`has a manifest that cannot be relied on: ${error.message}`);
    throw error;
  });
  if (!found) throw new NotOurs('has no manifest: it was not verified. If it had one, copy that as well.');
  const { archive } = found.value;
  if (archive.size !== size) {
    throw new NotOurs(`has ${size} bytes, and its manifest says ${archive.size}: it is damaged. Copy it again.`);
  }
  if (archive.versionId !== null && !deps.isUsableVersionId(archive.versionId)) {
    throw new NotOurs(`has a version id in its manifest that no file can be named after: ${archive.versionId}.`);
  }
  return found.value;
}

function missingOf({ strangers, known }: AdoptableFolder): NotAdopted[] {
  const there = new Set([...known, ...strangers.map(({ key }) => key)]);
  return [...there].flatMap((key) => {
    const snapshot = /([^/]+)\.json$/.exec(key)?.[1] ?? '';
    const { manifest, archive } = keysOf(managerOfKey(key), snapshot);
    if (manifest !== key || there.has(archive)) return [];
    return [{ key: archive, why: `has a manifest and is not in the folder. If it was not expired, copy it as well.` }];
  });
}

function lostWith(ours: readonly PlainFile[]): string[] {
  const keeps = ours.filter(({ key }) => key.startsWith(prefixOf('keeps'))).length;
  return [
    'Retention tags: nothing expires until the next export of its manager, or offsite reconcile --repair, sets them again.',
    keeps === 0
      ? 'Keeps: no record of a keep was copied. If archives were kept (offsite keep), keep them again.'
      : `Keeps: ${keeps} ${keeps === 1 ? 'record was' : 'records were'} copied and hold. Keeps that were not copied are lost.`,
    'Legal holds: if there were any (offsite keep --forever in a bucket with Object Lock), set them again.',
    'Earlier versions: what was hidden by offsite retention expire or overwritten cannot be brought back.',
    'Open uploads of runs that were at work or killed: those runs start anew.',
  ];
}

/** Records as they lie in the folder, without a server. */
class PlainRecords implements KeyShelf {
  readonly #folder: AdoptableFolder;
  readonly #seal: Seal;

  constructor(folder: AdoptableFolder, sealing: Sealing) {
    this.#folder = folder;
    this.#seal = sealing(this);
  }

  /** Throws `UnreadableRecord`, `RecordForged`. */
  async read<T extends z.ZodType>(key: string, schema: T, accepts: Accepts = 'genuine') {
    const found = await this.#folder.text(key);
    if (!found) return undefined;
    const record = { key, where: key, text: found.text, at: found.modifiedAt };
    return { ...(await recordIn(record, schema, { seal: this.#seal, accepts })), etag: '' };
  }

  /** An adoption signs nothing. */
  async write(): Promise<boolean> {
    return false;
  }

  async list(prefix: string): Promise<{ key: string }[]> {
    const all = [...this.#folder.known, ...this.#folder.strangers.map(({ key }) => key)];
    return all.filter((key) => key.startsWith(prefix)).map((key) => ({ key }));
  }
}

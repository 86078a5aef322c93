import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { diskReason, folderRefused } from '../lib/base/disk-errors.ts';
import { StorageRefused } from '../lib/base/errors.ts';
import { makeFolders } from '../lib/base/folders.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';
import { isMissing, namesIn, writeJson } from './store/files.ts';
import { takeFolder } from './store/folder.ts';
import { BucketLayout } from './store/layout.ts';
import { readHomeAtOnce, readMarker } from './store/records.ts';
import { newVersionId, type Version } from './store/version.ts';

/** A plain file that the hidden records do not know. */
export interface Stranger {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

/** What the bytes of a file are. */
export interface Sums {
  readonly size: number;
  readonly crc32: string;
  readonly md5: string;
}

/** What is said of a file that becomes an object. */
export interface Facts {
  /** As other records name it; undefined: a new one. */
  readonly versionId: string | undefined;
  readonly storedAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The plain files of a bucket, to be made objects again. */
export interface Adoption {
  /** False: none of the hidden records is there, or an adoption before this one did not end. */
  readonly hadRecords: boolean;
  /** In the order of their keys. */
  readonly strangers: readonly Stranger[];
  /** Keys of objects that are known: these need nothing. */
  readonly known: ReadonlySet<string>;
  /** Undefined: there is no such file. Throws `StorageRefused` for one that cannot be read. */
  text(key: string): Promise<{ readonly text: string; readonly modifiedAt: Date } | undefined>;
  /** Reads every byte. Throws `StorageRefused` for a file that cannot be read. */
  sums(key: string): Promise<Sums>;
  /** Writes the hidden record of a file. The file stays as it is. */
  adopt(key: string, sums: Sums, facts: Facts): Promise<void>;
  /** From now on the bucket is one. */
  finish(now: Date): Promise<void>;
  close(): Promise<void>;
}

/** The names that a version may have: each may become a file name. */
const VERSION_ID = /^[A-Za-z0-9_-][\w.~+-]{0,199}$/;
export const isUsableVersionId = (id: string) => VERSION_ID.test(id);

/**
 * Looks through a bucket of a folder whose hidden records were lost, all or some, as by `cp DIR/*`. With `isDryRun` it
 * takes no lock and changes nothing. Throws `StorageRefused`, `InvalidConfiguration` (another process has the folder).
 */
export async function openAdoption(dir: string, bucket: string, isDryRun: boolean): Promise<Adoption> {
  const lock = isDryRun ? undefined : await takeFolder(dir);
  try {
    return await look(new BucketLayout(dir, bucket), { dir, close: async () => await lock?.release() });
  } catch (error) {
    await lock?.release();
    throw folderRefused(error, dir);
  }
}

async function look(
  layout: BucketLayout,
  { dir, close }: { readonly dir: string; close(): Promise<void> },
): Promise<Adoption> {
  const hadRecords = (await readMarker(layout)) !== undefined;
  const { known, recorded } = await recordedIn(layout);
  const files = await plainFiles(layout);
  return {
    hadRecords,
    strangers: files.filter(({ key }) => !recorded.has(key)),
    known,
    text: async (key) => await textOf(layout, key),
    sums: async (key) => await sumsOf(layout.plainFile(key)),
    adopt: async (key, sums, facts) => await named(dir, () => writeRecord(layout, key, versionOf(key, sums, facts))),
    finish: async (now) => {
      if (!hadRecords) await named(dir, () => makeBucket(layout, now));
    },
    close,
  };
}

async function named(dir: string, write: () => Promise<void>): Promise<void> {
  await write().catch((error: unknown) => {
    throw folderRefused(error, dir);
  });
}

/** `recorded`: of which there is a record, also of one that was deleted, whose file is not ours to bring back. */
async function recordedIn(layout: BucketLayout): Promise<{ known: Set<string>; recorded: Set<string> }> {
  const [known, recorded] = [new Set<string>(), new Set<string>()];
  for (const home of await namesIn(layout.objects)) {
    const record = recordOrNone(join(layout.objects, home));
    const [newest] = record?.versions ?? [];
    if (!record || !newest) continue;
    recorded.add(record.key);
    if (!newest.deleteMarker) known.add(record.key);
  }
  return { known, recorded };
}

/** One that is damaged is none: its file is adopted like one that never had a record. */
function recordOrNone(home: string) {
  try {
    return readHomeAtOnce(home).record;
  } catch (error) {
    if (error instanceof StorageRefused) return undefined;
    throw error;
  }
}

async function plainFiles(layout: BucketLayout): Promise<Stranger[]> {
  const found: Stranger[] = [];
  for (const one of await readdir(layout.plain, { recursive: true, withFileTypes: true })) {
    const path = join(one.parentPath, one.name);
    if (!one.isFile()) continue;
    const { size, mtime } = await stat(path);
    found.push({ key: path.slice(layout.plain.length + 1).replaceAll(sep, '/'), size, modifiedAt: mtime });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function textOf(layout: BucketLayout, key: string) {
  const path = layout.plainFile(key);
  try {
    return { text: await readFile(path, 'utf8'), modifiedAt: (await stat(path)).mtime };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

async function sumsOf(path: string): Promise<Sums> {
  const md5 = createHash('md5');
  let [size, sum] = [0, 0];
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 ** 2 }) as AsyncIterable<Buffer>) {
      size += piece.length;
      sum = crc32(piece, sum);
      md5.update(piece);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return { size, crc32: crc32ToBase64(sum), md5: md5.digest('hex') };
}

function unreadable(path: string, error: unknown): StorageRefused {
  const { what, advice } = diskReason(error) ?? { what: String(error), advice: '' };
  return new StorageRefused(`${path} cannot be read: ${what}. ${advice}`.trim(), { cause: error });
}

function versionOf(key: string, sums: Sums, { versionId, storedAt, metadata }: Facts): Version {
  return {
    id: versionId ?? newVersionId(),
    deleteMarker: false,
    lastModified: storedAt.toISOString(),
    size: sums.size,
    etag: `"${sums.md5}"`,
    checksum: { crc32: sums.crc32, type: 'FULL_OBJECT' },
    headers: { 'content-type': key.endsWith('.zip') ? 'application/zip' : 'application/json' },
    metadata,
    tags: [],
  };
}

async function writeRecord(layout: BucketLayout, key: string, version: Version): Promise<void> {
  await makeFolders(layout.home(key));
  await writeJson(layout.record(key), { key, versions: [version] });
}

async function makeBucket(layout: BucketLayout, now: Date): Promise<void> {
  for (const folder of [layout.objects, layout.uploads, layout.tmp]) await makeFolders(folder);
  await writeJson(layout.marker, { created: now.toISOString() });
}

import { statSync } from 'node:fs';
import { rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../../lib/base/folders.ts';
import { exists, hasCode, isMissing, kindOf, namesIn, pruneFolders, removeAll } from './files.ts';
import type { BucketLayout } from './layout.ts';
import type { KeyRecord, Version } from './version.ts';

/**
 * Makes the disk look like a key's record: the current version as a plain file, the others beside the record.
 *
 * The record is the truth and was written before. A version's bytes are at `<id>.data` in its home; the one version
 * that has none there owns the plain file. Every step below is one rename that keeps this readable, so a process that
 * dies here leaves nothing to repair but to call this again, which every start does.
 */
export async function finishWrite(layout: BucketLayout, record: KeyRecord): Promise<void> {
  const home = layout.home(record.key);
  const plain = layout.plainFile(record.key);
  const files = new Set((await namesIn(home)).filter((name) => name.endsWith('.data')));
  const [current] = record.versions;
  const live = current?.deleteMarker === false ? current : undefined;
  const owner = record.versions.find((version) => !version.deleteMarker && !files.has(`${version.id}.data`));
  if ((await kindOf(plain)) === 'file' && (owner === undefined || owner !== live)) {
    if (owner !== undefined) await rename(plain, layout.versionFile(record.key, owner.id));
    else if (live === undefined) await unlink(plain); // its version was removed, and nothing takes its place
  }
  if (live !== undefined && files.has(`${live.id}.data`)) await publish(layout, record.key, live);
  await removeStrangers(home, files, record.versions);
  if (live === undefined) await pruneFolders(plain, layout.plain);
  if (record.versions.length === 0) await removeAll(home);
}

/** Whether `finishWrite` would find nothing to do, as it is for nearly every key: one version, and no file but its record. */
export function isSettled({ versions }: KeyRecord, namesInHome: readonly string[]): boolean {
  const [current, ...older] = versions;
  return current?.deleteMarker === false && older.length === 0 && !namesInHome.some((name) => name.endsWith('.data'));
}

/** Moves the current version's bytes to where the user looks for them. */
async function publish(layout: BucketLayout, key: string, version: Version, attempts = 5): Promise<void> {
  const plain = layout.plainFile(key);
  try {
    await makeFolders(dirname(plain));
    await rename(layout.versionFile(key, version.id), plain);
  } catch (error) {
    // The removal of a neighbouring key may have pruned the folder between the two lines above.
    if (hasCode(error, 'ENOENT') && attempts > 1) return publish(layout, key, version, attempts - 1);
    // Only when a version comes back to light where a folder has grown since: it stays readable from its home.
    if (!hasCode(error, 'EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY')) throw error;
  }
}

async function removeStrangers(home: string, files: ReadonlySet<string>, versions: readonly Version[]): Promise<void> {
  const known = new Set(versions.map((version) => version.id));
  for (const name of files) {
    if (!known.has(basename(name, '.data'))) await unlink(join(home, name));
  }
}

/**
 * Where a version's bytes are, once settled. Only the newest can be the plain file: if an older one has no file of its
 * own, the user took it away, and the plain file is another version's.
 */
export async function locate(layout: BucketLayout, record: KeyRecord, version: Version): Promise<string> {
  const own = layout.versionFile(record.key, version.id);
  return version.id !== record.versions[0]?.id || (await exists(own)) ? own : layout.plainFile(record.key);
}

/**
 * Where the file of a version may be. Looked for a third time where it was looked for first, since a writer may have moved it
 * there meanwhile.
 */
function placesOf(layout: BucketLayout, { key, versions }: KeyRecord, { id }: Version): string[] {
  const own = layout.versionFile(key, id);
  return id === versions[0]?.id ? [own, layout.plainFile(key), own] : [own];
}

/** What the disk has of a version, without opening it: its size there, undefined when its file is gone. */
export async function sizeOnDisk(
  layout: BucketLayout,
  record: KeyRecord,
  version: Version,
): Promise<number | undefined> {
  for (const place of placesOf(layout, record, version)) {
    try {
      return (await stat(place)).size;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

/** The same without giving way to anything else. */
export function sizeAtOnce(layout: BucketLayout, record: KeyRecord, version: Version): number | undefined {
  for (const place of placesOf(layout, record, version)) {
    try {
      const found = statSync(place, { throwIfNoEntry: false });
      if (found) return found.size;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeFolders } from '../../lib/base/folders.ts';
import { S3Error } from '../s3-error.ts';
import { bytesAsStored, etagNow } from './etag-now.ts';
import { isMissing, kindOf, removeAll, writeJson } from './files.ts';
import { assertOwned, type FolderUse } from './folder-use.ts';
import { KeyIndex } from './key-index.ts';
import { type BucketLayout, parentKeys } from './layout.ts';
import { Locks } from './locks.ts';
import { readKeyRecord } from './records.ts';
import { finishWrite, locate, sizeAtOnce, sizeOnDisk } from './settle.ts';
import type { Upload } from './upload.ts';
import type { KeyRecord, Version } from './version.ts';

export interface BucketFacts {
  readonly created: string;
  readonly objectLock?: boolean;
}

/** One bucket: its records in memory (the disk has them too), its bytes on disk. Always versioned. */
export class FolderBucket {
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  /** Versions can have a legal hold. Said when the bucket is made, and never again. */
  readonly objectLock: boolean;
  readonly layout: BucketLayout;
  readonly uploads = new Map<string, Upload>();
  readonly #use: FolderUse;
  readonly #index = new KeyIndex();
  readonly #locks = new Locks();

  constructor(name: string, about: BucketFacts, layout: BucketLayout, use: FolderUse) {
    this.name = name;
    this.created = about.created;
    this.objectLock = about.objectLock ?? false;
    this.layout = layout;
    this.#use = use;
  }

  /** The newest version, which may be a delete marker. */
  newest(key: string): Version | undefined {
    return this.versions(key)[0];
  }

  versions(key: string): readonly Version[] {
    return this.#index.versions(key);
  }

  /** Keys that begin with `prefix`, from `from` on, in the order of S3's lists. */
  keys(prefix: string, from: string): Iterable<string> {
    return this.#index.keys(prefix, from);
  }

  /** Throws `ReadOnly` when the key is not this server's to write. */
  assertOwned(key: string): void {
    assertOwned(this.#use, key);
  }

  /** A new name for a body on its way in. */
  staging(): string {
    return join(this.layout.tmp, randomUUID());
  }

  /** Takes over what a start found on disk. */
  adopt(record: KeyRecord): void {
    this.#index.set(record);
  }

  /**
   * Makes `version` the newest of its key. `staged` is the file with its bytes, which moves away; a delete marker has
   * none. `check` runs when nobody else can write the key any more, and throws to refuse.
   */
  async add(key: string, version: Version, staged: string | undefined, check: () => void): Promise<string> {
    this.assertOwned(key);
    return this.#locks.run(key, async () => {
      check();
      if (staged !== undefined) await this.#assertNoCollision(key);
      await makeFolders(this.layout.home(key));
      if (staged !== undefined) await rename(staged, this.layout.versionFile(key, version.id));
      const record = { key, versions: [version, ...this.versions(key)] };
      await this.#write(record).catch(async (error: unknown) => {
        if (this.newest(key)?.id !== version.id) await this.#takeBack(key, version.id);
        throw error;
      });
      return locate(this.layout, record, version);
    });
  }

  /** The bytes of a version whose record could not be written, as on a full disk: nothing refers to them. */
  async #takeBack(key: string, versionId: string): Promise<void> {
    const home = this.layout.home(key);
    await removeAll(this.versions(key).length > 0 ? this.layout.versionFile(key, versionId) : home);
  }

  /** Removes one version for good, and returns it; undefined when there is none such. */
  async remove(key: string, versionId: string): Promise<Version | undefined> {
    this.assertOwned(key);
    return this.#locks.run(key, async () => {
      const versions = this.versions(key);
      const removed = versions.find((version) => version.id === versionId);
      if (removed?.legalHold === 'ON') {
        throw new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
      }
      if (removed !== undefined) await this.#write({ key, versions: versions.filter((other) => other !== removed) });
      return removed;
    });
  }

  /** Replaces what is recorded of a version (its tags); the bytes stay. */
  async amend(key: string, versionId: string, change: (version: Version) => Version): Promise<void> {
    this.assertOwned(key);
    await this.#locks.run(key, async () => {
      const versions = this.versions(key).map((version) => (version.id === versionId ? change(version) : version));
      await this.#write({ key, versions });
    });
  }

  /** Of a version's file as it is now; undefined when somebody has removed it. */
  async sizeNow(key: string, version: Version): Promise<number | undefined> {
    return await sizeOnDisk(this.layout, { key, versions: this.versions(key) }, version);
  }

  /** The same without giving way to anything else: 10 µs, and a list has 1,000. */
  sizeAtOnce(record: KeyRecord, version: Version): number | undefined {
    return sizeAtOnce(this.layout, record, version);
  }

  /** Of a version, by what its file is now. */
  etagNow(key: string, version: Version): string {
    return etagNow(this.layout, key, version);
  }

  /** Of a small version; undefined: its file is not what was stored, or nobody can tell so quickly. */
  bytesAsStored(key: string, version: Version): Buffer | undefined {
    return bytesAsStored(this.layout, key, version);
  }

  /** Opens a version's bytes. Under the lock, because a write may be moving them; once open they cannot get lost. */
  async open(key: string, version: Version): Promise<FileHandle> {
    const handle = await this.#locks.run(key, async () => {
      if (!this.#use.owns(key)) return openOfOthers(this.layout, key, version);
      const record = { key, versions: this.versions(key) };
      return openFile(await locate(this.layout, record, version));
    });
    const { size } = await orClosed(handle, async () => await handle.stat());
    if (size === version.size) return handle;
    await handle.close();
    throw new S3Error('FileChanged', {
      message: `The file of this object has ${size} bytes, and ${version.size} were stored: it was changed on disk.`,
    });
  }

  /** The record is written first and is the commit; moving the files follows and can be repeated. */
  async #write(record: KeyRecord): Promise<void> {
    await writeJson(this.layout.record(record.key), record);
    this.#index.set(record);
    await finishWrite(this.layout, record);
  }

  /** `a` and `a/b` cannot both be plain files; and what somebody else put there is not ours to replace. */
  async #assertNoCollision(key: string): Promise<void> {
    const parent = parentKeys(key).find((other) => this.newest(other)?.deleteMarker === false);
    const found = await kindOf(this.layout.plainFile(key));
    const strange = found === 'file' && !this.#index.has(key);
    if (parent === undefined && found !== 'folder' && !strange) return;
    const inTheWay = parent ?? (strange ? `${key}, a file that this server did not write` : `${key}/…`);
    throw new S3Error('OperationAborted', {
      message: `This server keeps objects as files, and "${inTheWay}" is in the way of "${key}".`,
      fields: { Key: key },
    });
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) throw new S3Error('NoSuchKey', { message: 'The file of this object is missing on disk.' });
    throw error;
  }
}

/** What a look at an open file says. A look that fails leaves no file open: each would be one fewer until the end. */
async function orClosed<T>(handle: FileHandle, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens what another process may be moving at this moment. Its record is read before and after: only if the version is in
 * the same place both times, the open file is that version.
 */
async function openOfOthers(layout: BucketLayout, key: string, version: Version): Promise<FileHandle> {
  const place = async () => {
    const record = await readKeyRecord(layout.record(key));
    const isThere = record?.versions.some(({ id }) => id === version.id);
    return record && isThere ? await locate(layout, record, version) : undefined;
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    const path = await place();
    if (path === undefined) break;
    const handle = await openFile(path).catch((error: unknown) => {
      if (!(error instanceof S3Error)) throw error;
    });
    if (handle === undefined) {
      // Its writer has said where it will be, and is about to move it there: a second in all, for disks that are busy.
      await setTimeout(2 ** attempt);
      continue;
    }
    if ((await orClosed(handle, place)) === path) return handle;
    await handle.close();
  }
  throw new S3Error('NoSuchKey', { message: 'The file of this object is missing on disk.' });
}

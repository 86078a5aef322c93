import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { folderRefused } from '../../lib/base/disk-errors.ts';
import { makeFolders } from '../../lib/base/folders.ts';
import { S3Error } from '../s3-error.ts';
import { FolderBucket } from './bucket.ts';
import { namesIn, writeJson } from './files.ts';
import { type FolderLock, takeFolder } from './folder.ts';
import { assertOwned, type FolderUse } from './folder-use.ts';
import { BucketLayout, META } from './layout.ts';
import { loadBucket } from './load.ts';

/** All buckets of one folder. */
export class Store {
  readonly #dir: string;
  readonly #buckets = new Map<string, FolderBucket>();

  readonly #use: FolderUse;
  readonly #lock: FolderLock | undefined;

  private constructor(dir: string, use: FolderUse, lock: FolderLock | undefined) {
    this.#dir = dir;
    this.#use = use;
    this.#lock = lock;
  }

  /**
   * Opens the folder, makes it when it is not there, and finishes what a killed process left half done. Throws
   * `StorageRefused`, `InvalidConfiguration` (another process has it).
   */
  static async open(dir: string, use: FolderUse): Promise<Store> {
    const folder = resolve(dir);
    const lock = use.kind === 'read' ? undefined : await takeFolder(folder, use.scope);
    const store = new Store(folder, use, lock);
    try {
      await store.#load();
      return store;
    } catch (error) {
      await store.close();
      throw folderRefused(error, folder);
    }
  }

  async #load(): Promise<void> {
    for (const name of await namesIn(join(this.#dir, META))) {
      const bucket = await loadBucket(name, new BucketLayout(this.#dir, name, this.#use.scope), this.#use);
      if (bucket !== undefined) this.#buckets.set(name, bucket);
    }
  }

  /** Lets another process have the folder. */
  async close(): Promise<void> {
    await this.#lock?.release();
  }

  /** In the order of their names. */
  buckets(): FolderBucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  bucket(name: string): FolderBucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { fields: { BucketName: name } });
    return bucket;
  }

  async create(name: string, created: Date, objectLock: boolean): Promise<void> {
    if (this.#buckets.has(name)) throw new S3Error('BucketAlreadyOwnedByYou', { fields: { BucketName: name } });
    if (this.#use.kind === 'read') assertOwned(this.#use, name);
    const layout = new BucketLayout(this.#dir, name, this.#use.scope);
    const about = { created: created.toISOString(), ...(objectLock ? { objectLock } : {}) };
    const bucket = new FolderBucket(name, about, layout, this.#use);
    this.#buckets.set(name, bucket);
    try {
      for (const folder of [layout.plain, layout.objects, layout.uploads, layout.tmp]) {
        await makeFolders(folder);
      }
      // Two servers of different scopes may make it at the same moment.
      await writeJson(layout.marker, about, { aside: `${layout.marker}.${randomUUID()}` });
    } catch (error) {
      this.#buckets.delete(name);
      throw error;
    }
  }
}

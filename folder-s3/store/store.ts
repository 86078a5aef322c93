import { join, resolve } from 'node:path';
import { S3Error } from '../s3-error.ts';
import { FolderBucket } from './bucket.ts';
import { folderRefused } from './disk-errors.ts';
import { makeFolders, namesIn, writeJson } from './files.ts';
import { type FolderLock, takeFolder } from './folder.ts';
import { BucketLayout, META } from './layout.ts';
import { loadBucket } from './load.ts';

/** All buckets of one folder. */
export class Store {
  readonly #dir: string;
  readonly #buckets = new Map<string, FolderBucket>();

  readonly #lock: FolderLock;

  private constructor(dir: string, lock: FolderLock) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /**
   * Opens the folder, makes it when it is not there, and finishes what a killed process left half done. Throws
   * `StorageRefused`, `InvalidConfiguration` (another process has it).
   */
  static async open(dir: string): Promise<Store> {
    const folder = resolve(dir);
    const store = new Store(folder, await takeFolder(folder));
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
      const bucket = await loadBucket(name, new BucketLayout(this.#dir, name));
      if (bucket !== undefined) this.#buckets.set(name, bucket);
    }
  }

  /** Lets another process have the folder. */
  async close(): Promise<void> {
    await this.#lock.release();
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
    const layout = new BucketLayout(this.#dir, name);
    const about = { created: created.toISOString(), ...(objectLock ? { objectLock } : {}) };
    const bucket = new FolderBucket(name, about, layout);
    this.#buckets.set(name, bucket);
    try {
      for (const folder of [layout.plain, layout.objects, layout.uploads, layout.tmp]) {
        await makeFolders(folder);
      }
      await writeJson(layout.marker, about);
    } catch (error) {
      this.#buckets.delete(name);
      throw error;
    }
  }
}

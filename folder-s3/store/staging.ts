import type { FolderBucket } from './bucket.ts';
import { removeAll } from './files.ts';

/** Lends a name for a file on its way in, and removes what is still there afterwards: nothing half-received stays. */
export async function withStaging<T>(bucket: FolderBucket, work: (path: string) => Promise<T>): Promise<T> {
  const path = bucket.staging();
  try {
    return await work(path);
  } finally {
    await removeAll(path);
  }
}

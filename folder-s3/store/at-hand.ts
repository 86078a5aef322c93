import { setImmediate } from 'node:timers/promises';
import type { Store } from './store.ts';

/** A small object as it was stored. */
export interface AtHand {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

export type NameAtHand = Pick<AtHand, 'lastModified'> & { readonly key: string };

/** So many are read before anything else of this process is heard again, such as Ctrl-C. */
const AT_ONCE = 200;

/**
 * Reads small objects for the process that runs the server, without HTTP: 0.1 ms of CPU each instead of 3 ms. Gives the newest
 * version if its bytes are those of its ETag. Whatever else there is, none or a changed file, is left to a request.
 */
export function readerAtHand(store: Store): (bucket: string, key: string) => Promise<AtHand | undefined> {
  let reads = 0;
  return async (name, key) => {
    reads += 1;
    if (reads % AT_ONCE === 0) await setImmediate();
    const bucket = bucketOf(store, name);
    const version = bucket?.newest(key);
    if (!bucket || !version || version.deleteMarker) return undefined;
    const bytes = bucket.bytesAsStored(key, version);
    const { etag, id: versionId, lastModified } = version;
    return bytes && { bytes, etag, versionId, lastModified: new Date(lastModified) };
  };
}

/** The objects below a prefix that are there, in the order of S3's lists. */
export function namesAtHand(store: Store, name: string, prefix: string): NameAtHand[] {
  const bucket = bucketOf(store, name);
  return [...(bucket?.keys(prefix, '') ?? [])].flatMap((key) => {
    const newest = bucket?.newest(key);
    return newest?.deleteMarker === false ? [{ key, lastModified: new Date(newest.lastModified) }] : [];
  });
}

const bucketOf = (store: Store, name: string) => store.buckets().find((one) => one.name === name);

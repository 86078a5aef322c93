import type { FileHandle } from 'node:fs/promises';
import type { FolderBucket } from './bucket.ts';
import type { S3Request } from './request.ts';
import type { Store } from './store.ts';

/** What a handler answers: nothing, XML, or a piece of an open file (which the server closes). */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly xml?: string;
  readonly file?: { readonly handle: FileHandle; readonly start: number; readonly length: number };
  /** The file that this request made, for faults that damage it. */
  readonly stored?: string;
}

/** What handlers work with. */
export interface Context {
  readonly store: Store;
  readonly now: () => Date;
  /** Bytes that every part but the last must have. */
  readonly minPartSize: number;
}

export type ObjectHandler = (request: S3Request, context: Context) => Promise<Reply>;

/** Handlers of everything below a bucket; the server looks the bucket up, or answers NoSuchBucket. */
export type BucketHandler = (request: S3Request, bucket: FolderBucket, context: Context) => Promise<Reply>;

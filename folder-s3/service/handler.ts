import type { Reply } from '../http/reply.ts';
import type { S3Request } from '../http/request.ts';
import type { FolderBucket } from '../store/bucket.ts';
import type { Store } from '../store/store.ts';

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

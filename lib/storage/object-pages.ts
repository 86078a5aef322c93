import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { S3Requests } from './s3-requests.ts';

/** What of the bucket is listed; with `Delimiter` folders stand for what is in them. */
interface Below {
  readonly Prefix?: string;
  readonly Delimiter?: '/';
}

/** A list of objects page by page, up to 1,000 on each, in the order of the keys. `doing`: as `S3Requests.attempt` takes it. */
export function objectPages(
  bucket: S3Requests,
  below: Below,
  doing: string,
): AsyncGenerator<ListObjectsV2CommandOutput, void, undefined> {
  return bucket.pages(
    doing,
    (token: string | undefined, o) =>
      bucket.s3.send(new ListObjectsV2Command({ Bucket: bucket.name, ...below, ContinuationToken: token }), o),
    (page) => ({ isTruncated: page.IsTruncated === true, next: page.NextContinuationToken }),
  );
}

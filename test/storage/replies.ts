import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';

/** A bucket whose replies a test makes up: those that no store on a folder can be brought to give. */
export function bucketOf() {
  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  return { s3: mockClient(client), client, bucket: new ArchiveBucket(client, 'backups', new AbortController().signal) };
}

/** An error as the SDK makes it of a reply. */
export function s3Error(name: string, status: number | undefined, message = ''): S3ServiceException {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return new S3ServiceException({ name, message, $fault: (status ?? 500) >= 500 ? 'server' : 'client', $metadata });
}

/** What a person is told: `Name: message`. */
export async function told(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    (value) => new Error(`nothing; it gave ${JSON.stringify(value)}`),
    (reason: Error) => reason,
  );
  return `${error.name}: ${error.message}`;
}

export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}

export const NO_NEXT = 'the reply of storage says that more follows, and does not say where it begins';
export const IN_CIRCLES = 'the reply of storage leads back to a page that was read already';

import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Requests } from './s3-requests.ts';

/** What time it is at the store; undefined: its replies do not say. Throws `StorageUnavailable`, `StorageRefused`. */
export async function storeTime(bucket: S3Requests): Promise<Date | undefined> {
  const command = new ListObjectsV2Command({ Bucket: bucket.name, MaxKeys: 1 });
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const answered = await next(args);
      date = (answered.response as { headers?: Record<string, string> }).headers?.['date'];
      return answered;
    },
    { step: 'deserialize', name: 'dateOfReply' },
  );
  await bucket.attempt('list its objects', (o) => bucket.s3.send(command, o));
  return date === undefined ? undefined : new Date(date);
}

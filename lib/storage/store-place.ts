import type { S3Client } from '@aws-sdk/client-s3';

/** The folder that each client of an embedded S3 serves. */
const folders = new WeakMap<S3Client, string>();

export function servesFolder(s3: S3Client, folder: string): void {
  folders.set(s3, folder);
}

/** As sentences name a store: `bucket backups`, or `folder /mnt/backup/offsite`, whose owner knows of no bucket. */
export function storePlace(s3: S3Client, bucket: string): string {
  const folder = folders.get(s3);
  return folder === undefined ? `bucket ${bucket}` : `folder ${folder}`;
}

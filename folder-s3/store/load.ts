import { join } from 'node:path';
import * as z from 'zod';
import { StorageRefused } from '../../lib/base/errors.ts';
import { FolderBucket } from './bucket.ts';
import { diskReason } from './disk-errors.ts';
import { makeFolders, namesIn, readJson, removeAll } from './files.ts';
import type { BucketLayout } from './layout.ts';
import { finishWrite } from './settle.ts';
import { Upload, type UploadRecord } from './upload.ts';
import type { KeyRecord } from './version.ts';

// What is on disk was written by another process, perhaps by another version of this program: it is checked.
const description = {
  headers: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
};
const checksumType = z.enum(['FULL_OBJECT', 'COMPOSITE']);
const keyRecord = z.object({
  key: z.string(),
  versions: z.array(
    z.object({
      ...description,
      id: z.string(),
      deleteMarker: z.boolean(),
      lastModified: z.string(),
      size: z.number(),
      etag: z.string(),
      checksum: z.object({ crc32: z.string(), type: checksumType }).exactOptional(),
      legalHold: z.enum(['ON', 'OFF']).exactOptional(),
      uploadId: z.string().exactOptional(),
    }),
  ),
});
const uploadRecord = z.object({
  ...description,
  id: z.string(),
  key: z.string(),
  initiated: z.string(),
  checksumType: checksumType.exactOptional(),
});
const marker = z.object({ created: z.string(), objectLock: z.boolean().exactOptional() });

/** A record, or undefined when there is none. What we cannot read we must not tidy up either: the start is refused. */
async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    const found = await readJson(path);
    return found === undefined ? undefined : schema.parse(found);
  } catch (error) {
    if (diskReason(error)) throw error;
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new StorageRefused(`The local S3 cannot read ${path}: ${reason}. Repair the file, or move it away.`, {
      cause: error,
    });
  }
}

/** Reads a bucket from disk and clears what a killed process left; undefined when it never came to be a bucket. */
export async function loadBucket(name: string, layout: BucketLayout): Promise<FolderBucket | undefined> {
  const found = await readRecord(layout.marker, marker);
  if (found === undefined) return undefined;
  const bucket = new FolderBucket(name, found, layout);
  await makeFolders(layout.plain);
  await removeAll(layout.tmp);
  await makeFolders(layout.tmp);
  await loadRecords(bucket);
  await loadUploads(bucket);
  return bucket;
}

async function loadRecords(bucket: FolderBucket): Promise<void> {
  for (const home of await namesIn(bucket.layout.objects)) {
    const folder = join(bucket.layout.objects, home);
    const record: KeyRecord | undefined = await readRecord(join(folder, 'record.json'), keyRecord);
    if (record === undefined) {
      await removeAll(folder); // died before the record was written: the object was never there
      continue;
    }
    await finishWrite(bucket.layout, record);
    if (record.versions.length > 0) bucket.adopt(record);
  }
}

async function loadUploads(bucket: FolderBucket): Promise<void> {
  for (const id of await namesIn(bucket.layout.uploads)) {
    const folder = bucket.layout.upload(id);
    const record: UploadRecord | undefined = await readRecord(join(folder, 'upload.json'), uploadRecord);
    // An upload whose object exists was completed, and the process died before it could remove the parts.
    if (record === undefined || bucket.versions(record.key).some((version) => version.uploadId === id)) {
      await removeAll(folder);
      continue;
    }
    const upload = new Upload(record, bucket.layout);
    await upload.adopt(await namesIn(folder));
    bucket.uploads.set(id, upload);
  }
}

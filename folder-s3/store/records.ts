import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { diskReason } from '../../lib/base/disk-errors.ts';
import { StorageRefused } from '../../lib/base/errors.ts';
import { isMissing, readJson } from './files.ts';
import type { BucketLayout } from './layout.ts';
import type { UploadRecord } from './upload.ts';
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
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (diskReason(error)) return error;
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
  return new StorageRefused(`The local S3 cannot read ${path}: ${reason}. Repair the file, or move it away.`, {
    cause: error,
  });
}

/** All versions of a key, from the file of its record. */
export const readKeyRecord = (path: string): Promise<KeyRecord | undefined> => readRecord(path, keyRecord);
export const readUploadRecord = (path: string): Promise<UploadRecord | undefined> => readRecord(path, uploadRecord);
export const readMarker = (layout: BucketLayout) => readRecord(layout.marker, marker);

/** What a start finds in the folder of a key: its record, and the names of all files there if they were asked for. */
export interface Home {
  readonly record: KeyRecord | undefined;
  readonly names: readonly string[];
}

/**
 * Without giving way to anything else, for a start, which reads 40,000 of them when there are 10,000 archives: with a promise for
 * each open, read and close that took 9 s of CPU. Names are for who tidies up: without them it takes half.
 */
export function readHomeAtOnce(folder: string, { withNames = false } = {}): Home {
  const path = join(folder, 'record.json');
  try {
    const record = keyRecord.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { record, names: withNames ? readdirSync(folder) : [] };
  } catch (error) {
    if (isMissing(error)) return { record: undefined, names: [] };
    throw unreadable(path, error);
  }
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hours } from '../../lib/base/durations.ts';
import { makeFolders } from '../../lib/base/folders.ts';
import { FolderBucket } from './bucket.ts';
import { namesAsTheyCome, namesIn, removeAll } from './files.ts';
import type { FolderUse } from './folder-use.ts';
import type { BucketLayout } from './layout.ts';
import { readHomeAtOnce, readMarker, readUploadRecord } from './records.ts';
import { finishWrite, isSettled } from './settle.ts';
import { Upload } from './upload.ts';

/**
 * Reads a bucket from disk and clears what a killed process left, as far as that is ours to do; undefined when it never
 * came to be a bucket.
 */
export async function loadBucket(
  name: string,
  layout: BucketLayout,
  use: FolderUse,
): Promise<FolderBucket | undefined> {
  const found = await readMarker(layout);
  if (found === undefined) return undefined;
  const bucket = new FolderBucket(name, found, layout, use);
  if (use.kind !== 'read') {
    await makeFolders(layout.plain);
    await removeAll(layout.tmp);
    await makeFolders(layout.tmp);
  }
  await loadRecords(bucket, use);
  await loadUploads(bucket, use);
  return bucket;
}

/** So many keys are read before anything else of this process is heard again, such as Ctrl-C. */
const AT_ONCE = 500;

async function loadRecords(bucket: FolderBucket, use: FolderUse): Promise<void> {
  let count = 0;
  for await (const home of namesAsTheyCome(bucket.layout.objects)) {
    if (count++ % AT_ONCE === 0) await setImmediate();
    const folder = join(bucket.layout.objects, home);
    const { record, names } = readHomeAtOnce(folder, { withNames: use.kind !== 'read' });
    if (record === undefined) {
      await sweepNameless(folder, use); // died before the record was written: the object was never there
      continue;
    }
    if (!isSettled(record, names) && use.owns(record.key)) await finishWrite(bucket.layout, record);
    if (record.versions.length > 0) bucket.adopt(record);
  }
}

async function loadUploads(bucket: FolderBucket, use: FolderUse): Promise<void> {
  for (const id of await namesIn(bucket.layout.uploads)) {
    const folder = bucket.layout.upload(id);
    const record = await readUploadRecord(join(folder, 'upload.json'));
    if (record === undefined) {
      await sweepNameless(folder, use);
      continue;
    }
    const isOurs = use.owns(record.key);
    // An upload whose object exists was completed, and the process died before it could remove the parts.
    if (bucket.versions(record.key).some((version) => version.uploadId === id)) {
      if (isOurs) await removeAll(folder);
      continue;
    }
    const upload = new Upload(record, bucket.layout);
    await upload.adopt(await namesIn(folder), isOurs);
    bucket.uploads.set(id, upload);
  }
}

/** A folder is without a record for the milliseconds between two system calls. After a day its process is dead. */
const NAMELESS_MS = hours(24);

/** Removes a folder that does not say whose it is. Beside other writers only an old one: theirs may be a moment old. */
async function sweepNameless(folder: string, use: FolderUse): Promise<void> {
  if (use.kind === 'read') return;
  const changed = await stat(folder).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (use.kind === 'whole' || changed < Date.now() - NAMELESS_MS) await removeAll(folder);
}

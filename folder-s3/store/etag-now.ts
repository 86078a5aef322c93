import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { isMissing } from './files.ts';
import type { BucketLayout } from './layout.ts';
import type { Version } from './version.ts';

/** Larger ones are not read for a list: archives, which come in parts and have another kind of ETag anyway. */
const MOST_BYTES = 16 * 1024 ** 2;
/** Of what came in one part. */
const MD5 = /^"[0-9a-f]{32}"$/;

/** Of no bytes at all: what is gone, or has grown beyond all records. */
const GONE = '"00000000000000000000000000000000"';

/**
 * The ETag of the newest version by the bytes of its file as they are now: people and other programs change the files of a
 * folder, disks rot, and who compares ETags must see it. Without giving way to anything else, as at a start: 50 µs each,
 * and a list has 1,000.
 */
export function etagNow(layout: BucketLayout, key: string, { id, etag, size }: Version): string {
  if (!MD5.test(etag) || size > MOST_BYTES) return etag;
  const bytes = bytesAt(layout.versionFile(key, id)) ?? bytesAt(layout.plainFile(key));
  if (bytes === undefined) return GONE;
  return `"${hash('md5', bytes)}"`;
}

/**
 * The bytes of a small object that came in one part, if they are what was stored. Undefined: they are not, or are being
 * moved by another process just now, or this cannot tell: the way by HTTP looks closer, and says what is the matter.
 */
export function bytesAsStored(layout: BucketLayout, key: string, { id, etag, size }: Version): Buffer | undefined {
  if (!MD5.test(etag) || size > MOST_BYTES) return undefined;
  const isAsStored = (bytes: Buffer | undefined) => bytes?.length === size && etag === `"${hash('md5', bytes)}"`;
  // The newest version is the plain file but for a moment: a look for a file that is not there costs as much as a reading.
  for (const path of [layout.plainFile(key), layout.versionFile(key, id)]) {
    const bytes = bytesAt(path);
    if (isAsStored(bytes)) return bytes;
  }
  return undefined;
}

function bytesAt(path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return fstatSync(file).size > MOST_BYTES ? Buffer.alloc(0) : readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    // A folder in its place, or a sector that cannot be read: whoever reads the object is told.
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

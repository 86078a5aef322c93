import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { S3Error } from './s3-error.ts';

/** Holds everything but the current versions. No bucket can have this name: bucket names begin with a letter or digit. */
export const META = '.offsite-s3';

/**
 * Where a bucket keeps things:
 * ```
 * <dir>/<bucket>/<key>                                  the current version, a plain file
 * <dir>/.offsite-s3/<bucket>/bucket.json                the marker: no marker, no bucket
 *                            objects/<hash of key>/     record.json (all versions of the key), <version id>.data
 *                            uploads/<upload id>/       upload.json, <n>-<crc32>-<size>-<time>.part
 *                            tmp/                       bodies on their way in; emptied at every start
 * ```
 */
export class BucketLayout {
  readonly plain: string;
  readonly meta: string;
  readonly objects: string;
  readonly uploads: string;
  readonly tmp: string;
  readonly marker: string;

  constructor(dir: string, bucket: string) {
    this.plain = join(dir, bucket);
    this.meta = join(dir, META, bucket);
    this.objects = join(this.meta, 'objects');
    this.uploads = join(this.meta, 'uploads');
    this.tmp = join(this.meta, 'tmp');
    this.marker = join(this.meta, 'bucket.json');
  }

  /** The plain file of a key's current version. */
  plainFile(key: string): string {
    return join(this.plain, ...key.split('/'));
  }

  /** The folder of a key's record and older versions. A hash, because a key may be longer than a file name may be. */
  home(key: string): string {
    return join(this.objects, createHash('sha256').update(key).digest('hex').slice(0, 40));
  }

  record(key: string): string {
    return join(this.home(key), 'record.json');
  }

  versionFile(key: string, versionId: string): string {
    return join(this.home(key), `${versionId}.data`);
  }

  upload(uploadId: string): string {
    return join(this.uploads, uploadId);
  }
}

export function assertBucketName(name: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..')) {
    throw new S3Error('InvalidBucketName', { fields: { BucketName: name } });
  }
}

const MAX_KEY_BYTES = 1024; // S3's own limit
const MAX_SEGMENT_BYTES = 255; // of common file systems: the object must be a plain file

/**
 * Refuses keys that cannot be plain files below the bucket's folder, first of all those that would leave it. S3 itself
 * takes `a//b` and `a/../b` as names like any other; here they are refused rather than mapped to something else.
 */
export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
  for (const segment of key.split('/')) {
    if (segment === '' || segment === '.' || segment === '..' || /[\0\\]/.test(segment)) {
      throw new S3Error('InvalidArgument', {
        message: 'This server keeps objects as files: a key cannot have empty, "." or ".." segments, "\\" or NUL.',
        fields: { ArgumentName: 'Key' },
      });
    }
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
      throw new S3Error('KeyTooLongError', { message: `A segment of the key exceeds ${MAX_SEGMENT_BYTES} bytes.` });
    }
  }
}

/** The folders a key lies in, as keys: `a/b/c` lies in `a` and `a/b`. None of them can be an object's file too. */
export function parentKeys(key: string): string[] {
  const segments = key.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}

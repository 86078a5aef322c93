import { createHash } from 'node:crypto';
import { join, sep } from 'node:path';

/** Holds everything but the current versions. No bucket can have this name: bucket names begin with a letter or digit. */
export const META = '.offsite-s3';

/**
 * Where a bucket keeps things:
 * ```
 * <dir>/<bucket>/<key>                                  the current version, a plain file
 * <dir>/.offsite-s3/<bucket>/bucket.json                the marker: no marker, no bucket
 *                            objects/<hash of key>/     record.json (all versions of the key), <version id>.data
 *                            uploads/<upload id>/       upload.json, <n>-<crc32>-<size>-<time>.part
 *                            tmp/                       bodies on their way in; emptied at every start. Of a scope: tmp/<scope>/
 * ```
 */
export class BucketLayout {
  readonly plain: string;
  readonly meta: string;
  readonly objects: string;
  readonly uploads: string;
  readonly tmp: string;
  readonly marker: string;

  constructor(dir: string, bucket: string, scope?: string) {
    this.plain = join(dir, bucket);
    this.meta = join(dir, META, bucket);
    this.objects = join(this.meta, 'objects');
    this.uploads = join(this.meta, 'uploads');
    this.tmp = join(this.meta, 'tmp', scope ?? '');
    this.marker = join(this.meta, 'bucket.json');
  }

  /** The plain file of a key's current version. */
  plainFile(key: string): string {
    // As `join` has it, at a tenth of its cost, where there is nothing to resolve: a list has 1,000.
    return isPlain(key) ? `${this.plain}/${key}` : join(this.plain, key);
  }

  /** The folder of a key's record and older versions. A hash, because a key may be longer than a file name may be. */
  home(key: string): string {
    return `${this.objects}/${createHash('sha256').update(key).digest('hex').slice(0, 40)}`;
  }

  record(key: string): string {
    return `${this.home(key)}/record.json`;
  }

  versionFile(key: string, versionId: string): string {
    return `${this.home(key)}/${versionId}.data`;
  }

  upload(uploadId: string): string {
    return join(this.uploads, uploadId);
  }
}

/** Without an empty segment, `.` and `..`; on a system whose paths have another separator no key is. */
const isPlain = (key: string) => sep === '/' && !/(^|\/)\.{0,2}(\/|$)/.test(key);

/** The folders a key lies in, as keys: `a/b/c` lies in `a` and `a/b`. None of them can be an object's file too. */
export function parentKeys(key: string): string[] {
  const segments = key.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}

import { S3Error } from './s3-error.ts';

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

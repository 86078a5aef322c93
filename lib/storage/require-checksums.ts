import { crc32 } from 'node:zlib';
import { InvalidConfiguration, StorageRefused } from '../base/errors.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import type { ArchiveBucket } from './archive-bucket.ts';
import type { StoredPart } from './multipart.ts';

/**
 * One upload of a few bytes, made as an archive's is: its part must be listed with a checksum, and completed with one over
 * the whole object. `key` must hold nothing; afterwards it holds the few bytes. Throws
 * `InvalidConfiguration`.
 */
export async function requireChecksums(store: ArchiveBucket, key: string): Promise<void> {
  const { multipart, bucketName } = store;
  const body = Buffer.from('offsite');
  const whole = { size: body.length, crc32: crc32ToBase64(crc32(body)) };
  const uploadId = await multipart.create(key, {});
  try {
    await multipart.putPart(key, uploadId, { number: 1, body, crc32: whole.crc32 });
    const parts: StoredPart[] = [];
    for await (const part of multipart.listParts(key, uploadId)) parts.push(part);
    if (!parts[0]?.crc32) throw withoutChecksums(bucketName, 'keeps no CRC-32 of uploaded parts');
    await multipart.complete(key, uploadId, { ...whole, parts });
  } catch (error) {
    if (!(error instanceof StorageRefused) || !error.message.includes(' could not complete ')) throw error;
    throw withoutChecksums(bucketName, `refuses an upload with a CRC-32 over the whole object (${error.message})`);
  } finally {
    await multipart.abort(key, uploadId);
  }
}

function withoutChecksums(bucket: string, how: string): InvalidConfiguration {
  return new InvalidConfiguration(
    `Bucket ${bucket} ${how}, so no archive in it can be checked as a whole. Use a store that supports it: docs/local.md, "A real S3-compatible store".`,
  );
}

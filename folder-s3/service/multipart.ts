import { defined } from '../../lib/base/defined.ts';
import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { receiveFile } from '../http/body.ts';
import { headerOf, type S3Request } from '../http/request.ts';
import { printXml } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { FolderBucket } from '../store/bucket.ts';
import { withStaging } from '../store/staging.ts';
import { newUploadId, partEtag, Upload, type UploadRecord } from '../store/upload.ts';
import type { ChecksumType } from '../store/version.ts';
import type { BucketHandler } from './handler.ts';
import { readDescription } from './write-request.ts';

export const createMultipartUpload: BucketHandler = async (request, bucket, { now }) => {
  bucket.assertOwned(request.key);
  const checksumType = readChecksumType(request);
  const initiated = now();
  const record: UploadRecord = {
    ...readDescription(request),
    id: newUploadId(initiated),
    key: request.key,
    initiated: initiated.toISOString(),
    ...defined({ checksumType }),
  };
  const upload = new Upload(record, bucket.layout);
  await upload.create();
  bucket.uploads.set(record.id, upload);
  const result = { Bucket: bucket.name, Key: record.key, UploadId: record.id };
  const checksum = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': checksumType ?? '' };
  return {
    status: 200,
    headers: checksumType === undefined ? {} : checksum,
    xml: printXml('InitiateMultipartUploadResult', result),
  };
};

function readChecksumType(request: S3Request): ChecksumType | undefined {
  const algorithm = headerOf(request, 'x-amz-checksum-algorithm');
  const type = headerOf(request, 'x-amz-checksum-type');
  if (algorithm === undefined && type !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  if (algorithm === undefined) return undefined;
  if (algorithm !== 'CRC32') throw new S3Error('NotImplemented', { message: 'This server implements CRC32 only.' });
  if (type === undefined) return 'COMPOSITE'; // S3's own default for CRC32
  if (type === 'FULL_OBJECT' || type === 'COMPOSITE') return type;
  throw new S3Error('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' });
}

/** The upload that a request names. It must be of the request's key: an id alone opens nothing. */
export function openUpload(request: S3Request, bucket: FolderBucket): Upload {
  const upload = bucket.uploads.get(request.uploadId ?? '');
  if (upload?.record.key === request.key) return upload;
  throw new S3Error('NoSuchUpload', { fields: { UploadId: request.uploadId ?? '' } });
}

export const uploadPart: BucketHandler = async (request, bucket, { now }) => {
  bucket.assertOwned(request.key);
  const upload = openUpload(request, bucket);
  const { checksumType } = upload.record;
  return withStaging(bucket, async (staged) => {
    const body = await receiveFile(request, staged, { md5: false });
    if (checksumType === 'COMPOSITE' && !body.checksumGiven) {
      // Of a full-object upload, S3 sums the parts itself when the client does not.
      throw new S3Error('InvalidRequest', {
        message: 'Checksum Type mismatch occurred, expected checksum Type: CRC32, actual checksum Type: null',
      });
    }
    const part = {
      number: request.partNumber ?? 0,
      crc32: body.crc32,
      size: body.size,
      stored: now().getTime(),
    };
    const stored = await upload.store(staged, part);
    const checksum = body.checksumGiven || checksumType !== undefined;
    const headers = {
      etag: partEtag(part),
      ...(checksum ? { 'x-amz-checksum-crc32': crc32ToBase64(part.crc32) } : {}),
    };
    return { status: 200, headers, stored };
  });
};

export const abortMultipartUpload: BucketHandler = async (request, bucket) => {
  bucket.assertOwned(request.key);
  const upload = openUpload(request, bucket);
  await upload.whileOpen(async () => {
    await upload.discard();
    bucket.uploads.delete(upload.record.id);
  });
  return { status: 204 };
};

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { defined } from '../../lib/base/defined.ts';
import { receiveText } from '../http/body.ts';
import type { S3Request } from '../http/request.ts';
import { printXml } from '../http/xml.ts';
import type { FolderBucket } from '../store/bucket.ts';
import { PRIVATE_FILE } from '../store/files.ts';
import { withStaging } from '../store/staging.ts';
import { type Part, partEtag, type Upload } from '../store/upload.ts';
import { newVersionId, type Version } from '../store/version.ts';
import { assertCompletable, checksumOfParts, partsAsked } from './complete-checks.ts';
import type { BucketHandler } from './handler.ts';
import { openUpload } from './multipart.ts';
import { checksumHeaders } from './objects.ts';
import { assertMayWrite } from './write-request.ts';

/**
 * Joins the parts into an object. Real S3 answers a repeated, identical call with success; this server, like most that
 * are compatible with S3, with NoSuchUpload: a client that can live with this can live with both.
 */
export const completeMultipartUpload: BucketHandler = async (request, bucket, { minPartSize }) => {
  bucket.assertOwned(request.key);
  const upload = openUpload(request, bucket);
  const asked = partsAsked(await receiveText(request, { checksumOfBody: false }));
  return upload.whileOpen(async () => {
    const parts = assertCompletable(request, upload, asked, minPartSize);
    assertMayWrite(request, bucket.newest(request.key)); // spares the copying; what counts is the same check below
    const version = versionOf(upload, parts);
    const stored = await join(request, bucket, upload, parts, version);
    await upload.discard();
    bucket.uploads.delete(upload.record.id);
    const result = {
      Location: `/${bucket.name}/${request.key}`,
      Bucket: bucket.name,
      Key: request.key,
      ETag: version.etag,
      ChecksumCRC32: version.checksum?.crc32,
      ChecksumType: version.checksum?.type,
    };
    const headers = { 'x-amz-version-id': version.id, ...checksumHeaders(version) };
    return { status: 200, headers, xml: printXml('CompleteMultipartUploadResult', result), stored };
  });
};

function versionOf(upload: Upload, parts: readonly Part[]): Version {
  const { id, key: _, initiated, checksumType, ...description } = upload.record;
  const etags = Buffer.concat(parts.map((part) => Buffer.from(partEtag(part).replaceAll('"', ''), 'hex')));
  const checksum = checksumOfParts(checksumType, parts);
  return {
    ...description,
    id: newVersionId(),
    uploadId: id,
    deleteMarker: false,
    lastModified: initiated, // S3 dates such an object by the beginning of its upload
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag: `"${createHash('md5').update(etags).digest('hex')}-${parts.length}"`,
    ...defined({ checksum }),
  };
}

/** The parts stay until the object is there: a process that dies meanwhile leaves an upload that can be completed. */
function join(request: S3Request, bucket: FolderBucket, upload: Upload, parts: readonly Part[], version: Version) {
  return withStaging(bucket, async (staged) => {
    await concatenate(
      parts.map((part) => upload.pathOf(part)),
      staged,
    );
    const check = () => assertMayWrite(request, bucket.newest(request.key));
    return bucket.add(request.key, version, staged, check);
  });
}

const COPY_BUFFER = 4 * 1024 ** 2;

/** One buffer for all of it: a stream would allocate a fresh one per read, which costs more than the copying. */
async function concatenate(sources: readonly string[], target: string): Promise<void> {
  const [first, ...others] = sources;
  // The first part is cloned where the file system can (Btrfs, XFS, APFS).
  if (first !== undefined) await copyFile(first, target, constants.COPYFILE_FICLONE);
  const buffer = Buffer.allocUnsafe(COPY_BUFFER);
  const sink = await open(target, 'a', PRIVATE_FILE);
  try {
    for (const path of others) await append(path, sink, buffer);
    await sink.sync();
  } finally {
    await sink.close();
  }
}

async function append(path: string, sink: FileHandle, buffer: Buffer): Promise<void> {
  const source = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      await sink.appendFile(buffer.subarray(0, bytesRead));
    }
  } finally {
    await source.close();
  }
}

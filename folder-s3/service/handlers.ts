import type { Operation } from '../http/request.ts';
import { createBucket, getBucketVersioning, headBucket, listBuckets, putBucketVersioning } from './buckets.ts';
import { completeMultipartUpload } from './complete.ts';
import { deleteObject, deleteObjects } from './deletes.ts';
import type { BucketHandler, ObjectHandler } from './handler.ts';
import { getObjectLegalHold, putObjectLegalHold } from './legal-hold.ts';
import { listObjectsV2, listObjectVersions } from './list-objects.ts';
import { listMultipartUploads, listParts } from './list-uploads.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './multipart.ts';
import { getObject, putObject } from './objects.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './tagging.ts';

const inBucket =
  (handler: BucketHandler): ObjectHandler =>
  async (request, context) =>
    handler(request, context.store.bucket(request.bucket), context);

/** Who does what. */
export const HANDLERS: Readonly<Record<Operation, ObjectHandler>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: inBucket(headBucket),
  GetBucketVersioning: inBucket(getBucketVersioning),
  PutBucketVersioning: inBucket(putBucketVersioning),
  ListObjectsV2: inBucket(listObjectsV2),
  ListObjectVersions: inBucket(listObjectVersions),
  ListMultipartUploads: inBucket(listMultipartUploads),
  PutObject: inBucket(putObject),
  GetObject: inBucket(getObject),
  HeadObject: inBucket(getObject),
  DeleteObject: inBucket(deleteObject),
  DeleteObjects: inBucket(deleteObjects),
  GetObjectTagging: inBucket(getObjectTagging),
  PutObjectTagging: inBucket(putObjectTagging),
  DeleteObjectTagging: inBucket(deleteObjectTagging),
  GetObjectLegalHold: inBucket(getObjectLegalHold),
  PutObjectLegalHold: inBucket(putObjectLegalHold),
  CreateMultipartUpload: inBucket(createMultipartUpload),
  UploadPart: inBucket(uploadPart),
  ListParts: inBucket(listParts),
  CompleteMultipartUpload: inBucket(completeMultipartUpload),
  AbortMultipartUpload: inBucket(abortMultipartUpload),
};

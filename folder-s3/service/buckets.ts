import { receiveText } from '../http/body.ts';
import { headerOf } from '../http/request.ts';
import { childText, parseXml, printXml } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { BucketHandler, ObjectHandler } from './handler.ts';
import { OWNER } from './list-request.ts';

export const listBuckets: ObjectHandler = async (_request, { store }) => {
  const Bucket = store.buckets().map((bucket) => ({ Name: bucket.name, CreationDate: bucket.created }));
  return { status: 200, xml: printXml('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } }) };
};

/** The body (a location) is not read: every place is this folder. */
export const createBucket: ObjectHandler = async (request, { store, now }) => {
  const objectLock = headerOf(request, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  await store.create(request.bucket, now(), objectLock);
  return { status: 200, headers: { location: `/${request.bucket}` } };
};

export const headBucket: BucketHandler = async () => ({
  status: 200,
  headers: { 'x-amz-bucket-region': 'us-east-1' },
});

/** Every bucket is versioned from the beginning, whoever asked for it. */
export const getBucketVersioning: BucketHandler = async () => ({
  status: 200,
  xml: printXml('VersioningConfiguration', { Status: 'Enabled' }),
});

export const putBucketVersioning: BucketHandler = async (request) => {
  const body = parseXml(await receiveText(request, { checksumOfBody: true }), 'VersioningConfiguration');
  const status = childText(body, 'Status');
  if (status === 'Enabled' && childText(body, 'MfaDelete') !== 'Enabled') return { status: 200 };
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  throw new S3Error('NotImplemented', { message: 'This server always keeps versions, and knows no MFA.' });
};

import { receiveText } from '../http/body.ts';
import { childText, parseXml, printXml } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { FolderBucket } from '../store/bucket.ts';
import type { BucketHandler } from './handler.ts';
import { readableVersion } from './objects.ts';

/** Of Object Lock only this much: retention with a date is not here. */
export const getObjectLegalHold: BucketHandler = async (request, bucket) => {
  assertObjectLock(bucket);
  const { id, legalHold } = readableVersion(request, bucket);
  if (legalHold === undefined) throw new S3Error('NoSuchObjectLockConfiguration', { fields: { Key: request.key } });
  return { status: 200, headers: { 'x-amz-version-id': id }, xml: printXml('LegalHold', { Status: legalHold }) };
};

export const putObjectLegalHold: BucketHandler = async (request, bucket) => {
  assertObjectLock(bucket);
  const version = readableVersion(request, bucket);
  const legalHold = childText(parseXml(await receiveText(request, { checksumOfBody: true }), 'LegalHold'), 'Status');
  if (legalHold !== 'ON' && legalHold !== 'OFF') throw new S3Error('MalformedXML');
  await bucket.amend(request.key, version.id, (current) => ({ ...current, legalHold }));
  return { status: 200, headers: { 'x-amz-version-id': version.id } };
};

function assertObjectLock(bucket: FolderBucket): void {
  if (!bucket.objectLock)
    throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}

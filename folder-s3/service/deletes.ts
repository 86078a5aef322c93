import { defined } from '../../lib/base/defined.ts';
import { receiveText } from '../http/body.ts';
import { childText, parseXml, printXml, type XmlElement, type XmlValue } from '../http/xml.ts';
import { assertKey } from '../names.ts';
import { S3Error } from '../s3-error.ts';
import type { FolderBucket } from '../store/bucket.ts';
import { newVersionId, type Version } from '../store/version.ts';
import type { BucketHandler } from './handler.ts';

interface Target {
  readonly key: string;
  readonly versionId?: string;
}

/** The version that went, or the delete marker that came; undefined when there was nothing to remove. */
interface DeleteOutcome {
  readonly versionId: string;
  readonly deleteMarker: boolean;
}

export const deleteObject: BucketHandler = async (request, bucket, { now }) => {
  const outcome = await remove(bucket, request, now());
  const headers = {
    'x-amz-version-id': outcome.versionId,
    ...(outcome.deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
  };
  return { status: 204, headers };
};

export const deleteObjects: BucketHandler = async (request, bucket, { now }) => {
  const body = parseXml(await receiveText(request, { checksumOfBody: true }), 'Delete');
  const quiet = childText(body, 'Quiet') === 'true';
  const targets = body.children.filter((child) => child.name === 'Object').map(targetOf);
  if (targets.length === 0 || targets.length > 1000) throw new S3Error('MalformedXML'); // 1,000: S3's own limit
  const Deleted: XmlValue[] = [];
  const Failed: XmlValue[] = [];
  for (const target of targets) {
    try {
      assertKey(target.key);
      Deleted.push(deletedXml(target, await remove(bucket, target, now())));
    } catch (error) {
      // One bad object does not stop the others; anything but a verdict of ours does.
      if (!(error instanceof S3Error)) throw error;
      const { key: Key, versionId: VersionId } = target;
      Failed.push({ Key, VersionId, Code: error.code, Message: error.message });
    }
  }
  return { status: 200, xml: printXml('DeleteResult', { Deleted: quiet ? [] : Deleted, Error: Failed }) };
};

/** Without a version: a delete marker on top, also of a key that never was. With one: that version is gone for good. */
async function remove(bucket: FolderBucket, { key, versionId }: Target, now: Date): Promise<DeleteOutcome> {
  if (versionId !== undefined) {
    const removed = await bucket.remove(key, versionId);
    return { versionId, deleteMarker: removed?.deleteMarker ?? false };
  }
  const marker: Version = {
    id: newVersionId(),
    deleteMarker: true,
    lastModified: now.toISOString(),
    size: 0,
    etag: '',
    headers: {},
    metadata: {},
    tags: [],
  };
  await bucket.add(key, marker, undefined, () => {});
  return { versionId: marker.id, deleteMarker: true };
}

function targetOf(object: XmlElement): Target {
  const key = childText(object, 'Key');
  const versionId = childText(object, 'VersionId');
  const conditions = object.children.filter((child) => child.name !== 'Key' && child.name !== 'VersionId');
  if (key === undefined || key === '') throw new S3Error('MalformedXML');
  // ETag, Size and LastModifiedTime are conditions: to ignore them would delete what was to be kept.
  if (conditions.length > 0)
    throw new S3Error('NotImplemented', { message: 'Conditional deletes are not implemented.' });
  return { key, ...defined({ versionId }) };
}

function deletedXml(target: Target, outcome: DeleteOutcome): XmlValue {
  return {
    Key: target.key,
    VersionId: target.versionId,
    DeleteMarker: outcome.deleteMarker ? true : undefined,
    DeleteMarkerVersionId: outcome.deleteMarker ? outcome.versionId : undefined,
  };
}

import { receiveText } from '../http/body.ts';
import { printXml } from '../http/xml.ts';
import type { BucketHandler } from './handler.ts';
import { readableVersion } from './objects.ts';
import { tagsOfXml } from './tags.ts';

export const getObjectTagging: BucketHandler = async (request, bucket) => {
  const version = readableVersion(request, bucket);
  const Tag = version.tags.map(({ key, value }) => ({ Key: key, Value: value }));
  return {
    status: 200,
    headers: { 'x-amz-version-id': version.id },
    xml: printXml('Tagging', { TagSet: { Tag } }),
  };
};

export const putObjectTagging: BucketHandler = async (request, bucket) => {
  const version = readableVersion(request, bucket);
  const tags = tagsOfXml(await receiveText(request, { checksumOfBody: true }));
  await bucket.amend(request.key, version.id, (current) => ({ ...current, tags }));
  return { status: 200, headers: { 'x-amz-version-id': version.id } };
};

export const deleteObjectTagging: BucketHandler = async (request, bucket) => {
  const version = readableVersion(request, bucket);
  await bucket.amend(request.key, version.id, (current) => ({ ...current, tags: [] }));
  return { status: 204, headers: { 'x-amz-version-id': version.id } };
};

import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { countOf } from '../http/request.ts';
import { printXml } from '../http/xml.ts';
import type { FolderBucket } from '../store/bucket.ts';
import { compareKeys } from '../store/key-index.ts';
import { partEtag, type Upload } from '../store/upload.ts';
import type { BucketHandler } from './handler.ts';
import { echo, MOST, namer, OWNER, pageRequest } from './list-request.ts';
import { openUpload } from './multipart.ts';
import { isBeyond, pageOf } from './pages.ts';

export const listMultipartUploads: BucketHandler = async (request, bucket) => {
  const asked = pageRequest(request, 'max-uploads');
  const name = namer(request);
  const keyMarker = request.query.get('key-marker') ?? '';
  const idMarker = request.query.get('upload-id-marker') ?? '';
  const page = pageOf(sortedUploads(bucket), asked, (listed, item) =>
    listed === keyMarker && item !== undefined && idMarker !== '' // ids sort by time, see newUploadId
      ? item.record.id > idMarker
      : isBeyond(listed, keyMarker),
  );
  const { Name, ...echoed } = echo(request, asked);
  const result = {
    Bucket: Name,
    ...echoed,
    KeyMarker: name(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: page.truncated && page.last ? name(page.last.name) : undefined,
    NextUploadIdMarker: page.truncated ? page.last?.item?.record.id : undefined,
    MaxUploads: asked.most,
    IsTruncated: page.truncated,
    Upload: page.items.map(({ record }) => ({
      Key: name(record.key),
      UploadId: record.id,
      Initiated: record.initiated,
      StorageClass: 'STANDARD',
      Owner: OWNER,
      Initiator: OWNER,
      ...(record.checksumType ? { ChecksumAlgorithm: 'CRC32', ChecksumType: record.checksumType } : {}),
    })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: name(prefix) })),
  };
  return { status: 200, xml: printXml('ListMultipartUploadsResult', result) };
};

function sortedUploads(bucket: FolderBucket): { key: string; item: Upload }[] {
  return [...bucket.uploads.values()]
    .map((item) => ({ key: item.record.key, item }))
    .sort((a, b) => compareKeys(a.key, b.key) || (a.item.record.id < b.item.record.id ? -1 : 1));
}

export const listParts: BucketHandler = async (request, bucket) => {
  const upload = openUpload(request, bucket);
  const most = countOf(request.query, 'max-parts', MOST);
  const marker = countOf(request.query, 'part-number-marker', Number.MAX_SAFE_INTEGER, 0);
  const rest = upload.sortedParts().filter((part) => part.number > marker);
  const parts = rest.slice(0, most);
  const { checksumType, key, id } = upload.record;
  const result = {
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    ...(checksumType ? { ChecksumAlgorithm: 'CRC32', ChecksumType: checksumType } : {}),
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: rest.length > parts.length,
    Part: parts.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.stored).toISOString(),
      ETag: partEtag(part),
      Size: part.size,
      ChecksumCRC32: checksumType ? crc32ToBase64(part.crc32) : undefined,
    })),
  };
  return { status: 200, xml: printXml('ListPartsResult', result) };
};

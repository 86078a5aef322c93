import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { assertCrc32 } from '../http/body.ts';
import { headerOf, type S3Request } from '../http/request.ts';
import { childText, parseXml } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import { type Part, partEtag, type Upload } from '../store/upload.ts';
import type { ChecksumType, Version } from '../store/version.ts';
import { compositeCrc32, crc32OfPieces } from './crc32.ts';

/** One part as a Complete names it. */
export interface PartAsked {
  readonly number: number;
  readonly etag: string;
  readonly crc32: string | undefined;
}

/** Reads the body of CompleteMultipartUpload. */
export function partsAsked(text: string): readonly PartAsked[] {
  const { children } = parseXml(text, 'CompleteMultipartUpload');
  if (children.length === 0) throw new S3Error('MalformedXML'); // S3 wants at least one part
  return children.map((part) => {
    const number = childText(part, 'PartNumber') ?? '';
    const etag = childText(part, 'ETag');
    if (part.name !== 'Part' || etag === undefined || !/^\d{1,5}$/.test(number)) throw new S3Error('MalformedXML');
    return { number: Number(number), etag, crc32: childText(part, 'ChecksumCRC32') };
  });
}

/** The stored parts, in order, if all that the request says about them and about the whole is true. */
export function assertCompletable(
  request: S3Request,
  upload: Upload,
  asked: readonly PartAsked[],
  minPartSize: number,
): readonly Part[] {
  assertOrder(asked, upload.record.checksumType);
  const parts = asked.map((part) => matchingPart(part, upload));
  for (const part of parts.slice(0, -1)) {
    if (part.size < minPartSize) {
      throw new S3Error('EntityTooSmall', {
        fields: {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(minPartSize),
          PartNumber: String(part.number),
          ETag: partEtag(part),
        },
      });
    }
  }
  assertWhole(request, upload.record.checksumType, parts);
  return parts;
}

function assertOrder(asked: readonly PartAsked[], checksumType: ChecksumType | undefined): void {
  const ascending = asked.every((part, index) => index === 0 || part.number > (asked[index - 1]?.number ?? 0));
  // With checksums of the parts in play, S3 also wants the numbers to be 1, 2, 3 …
  const consecutive = asked.every((part, index) => part.number === index + 1);
  const summed = checksumType === 'COMPOSITE' || asked.some((part) => part.crc32 !== undefined);
  if (ascending && (consecutive || !summed)) return;
  throw new S3Error('InvalidPartOrder', ascending ? { message: 'With checksums, part numbers are consecutive.' } : {});
}

function matchingPart(asked: PartAsked, upload: Upload): Part {
  const part = upload.parts.get(asked.number);
  const fields = { UploadId: upload.record.id, PartNumber: String(asked.number), ETag: asked.etag };
  if (part === undefined || partEtag(part).replaceAll('"', '') !== asked.etag.replaceAll('"', '')) {
    throw new S3Error('InvalidPart', { fields });
  }
  if (asked.crc32 !== undefined && asked.crc32 !== crc32ToBase64(part.crc32))
    throw new S3Error('InvalidPart', { fields });
  if (asked.crc32 === undefined && upload.record.checksumType === 'COMPOSITE') {
    throw new S3Error('InvalidRequest', {
      message:
        'The upload was created using a crc32 checksum. The complete request must include the checksum for each part. ' +
        `It was missing for part ${asked.number} in the request.`,
    });
  }
  return part;
}

function assertWhole(request: S3Request, checksumType: ChecksumType | undefined, parts: readonly Part[]): void {
  const type = headerOf(request, 'x-amz-checksum-type');
  if (type !== undefined && checksumType !== undefined && type !== checksumType) {
    throw new S3Error('BadDigest', { message: `The upload was created with the checksum type ${checksumType}.` });
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const announced = headerOf(request, 'x-amz-mp-object-size');
  if (announced !== undefined && announced !== String(size)) {
    throw new S3Error('InvalidRequest', {
      message: `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${size}`,
    });
  }
  const given = headerOf(request, 'x-amz-checksum-crc32');
  if (given === undefined) return;
  if (checksumType !== 'COMPOSITE') assertCrc32(given, crc32OfPieces(parts));
  else if (given !== compositeCrc32(parts)) throw new S3Error('BadDigest');
}

/** The checksum that the completed object keeps. */
export function checksumOfParts(type: ChecksumType | undefined, parts: readonly Part[]): Version['checksum'] {
  if (type === undefined) return undefined;
  return { type, crc32: type === 'COMPOSITE' ? compositeCrc32(parts) : crc32ToBase64(crc32OfPieces(parts)) };
}

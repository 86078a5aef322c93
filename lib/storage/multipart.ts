import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { minutes } from '../base/durations.ts';
import { IncompleteTransfer } from '../base/errors.ts';
import { failureOf, isNotImplemented } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';

/** A part as storage lists it. `crc32`: base64, as it was checked on arrival. */
export interface StoredPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly crc32: string;
}

/** Joining terabytes may take minutes (aws: CompleteMultipartUpload); S3 sends blanks meanwhile, compatibles may not. */
const COMPLETE_MS = minutes(14);

/** How completing an upload ended. `exists`: the key holds an object. `gone`: the upload is not open (any more). */
export type Completion = 'completed' | 'exists' | 'gone';

/** Multipart uploads with a CRC-32 per part and one over the whole object, checked by S3 on arrival. */
export class Multipart {
  readonly #bucket: S3Requests;

  constructor(bucket: S3Requests) {
    this.#bucket = bucket;
  }

  async create(key: string, metadata: Record<string, string>): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...this.#at(key),
      ContentType: 'application/zip',
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
      Metadata: metadata,
    });
    const { UploadId } = await this.#bucket.attempt(`open an upload for ${key}`, (o) =>
      this.#bucket.s3.send(command, o),
    );
    return this.#bucket.promised(UploadId || undefined, 'the id of the upload', `open an upload for ${key}`);
  }

  /** Stores one part. `body` must not change until this returns. Throws `IncompleteTransfer` when the upload is gone. */
  async putPart(key: string, uploadId: string, part: { number: number; body: Buffer; crc32: string }): Promise<void> {
    const command = new UploadPartCommand({
      ...this.#at(key),
      UploadId: uploadId,
      PartNumber: part.number,
      Body: part.body,
      ContentLength: part.body.length,
      ChecksumCRC32: part.crc32,
    });
    // S3 checks the CRC-32 and TLS protects the way: a SHA-256 of every byte for the signature would be a second hash
    // that costs more than all the rest.
    command.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
        return next(args);
      },
      { step: 'build', name: 'unsignedPayload' },
    );
    await this.#bucket.attempt(
      `store part ${part.number} of ${key}`,
      (o) => this.#bucket.s3.send(command, o),
      (error) => this.#refuseIfGone(error, key),
    );
  }

  /**
   * Parts in order of their number, from `first` on; `crc32` is empty where storage kept none. Throws
   * `IncompleteTransfer` when the upload is not open.
   */
  async *listParts(key: string, uploadId: string, first = 1): AsyncGenerator<StoredPart> {
    const doing = `list the parts of ${key}`;
    const begin = first > 1 ? String(first - 1) : undefined;
    const pages = this.#bucket.pages(
      doing,
      (marker: string | undefined, o) => {
        const from = { UploadId: uploadId, PartNumberMarker: marker ?? begin };
        return this.#bucket.s3.send(new ListPartsCommand({ ...this.#at(key), ...from }), o);
      },
      (page) => ({ isTruncated: page.IsTruncated === true, next: page.NextPartNumberMarker }),
      (error) => this.#refuseIfGone(error, key),
    );
    for await (const { Parts = [] } of pages) {
      for (const { PartNumber, Size, ETag, ChecksumCRC32 = '' } of Parts) {
        const number = this.#bucket.promised(PartNumber, 'the number of a part', doing);
        const size = this.#bucket.promised(Size, `the size of part ${number}`, doing);
        const etag = this.#bucket.promised(ETag, `the ETag of part ${number}`, doing);
        yield { number, size, etag, crc32: ChecksumCRC32 };
      }
    }
  }

  /**
   * Joins the parts. S3 compares size and checksum with ours and refuses to overwrite. "200 OK" may carry an error
   * inside (complaints 23, 24): the SDK throws it, and as `StorageUnavailable` it is tried again.
   */
  async complete(key: string, uploadId: string, whole: WholeObject): Promise<Completion> {
    const command = new CompleteMultipartUploadCommand({
      ...this.#at(key),
      UploadId: uploadId,
      MultipartUpload: {
        Parts: whole.parts.map((p) => ({ PartNumber: p.number, ETag: p.etag, ChecksumCRC32: p.crc32 || undefined })),
      },
      ChecksumCRC32: whole.crc32,
      ChecksumType: 'FULL_OBJECT',
      MpuObjectSize: whole.size,
      IfNoneMatch: '*',
    });
    return await this.#bucket.attempt<Completion>(
      `complete ${key}`,
      async (o) => {
        await this.#bucket.s3.send(command, { ...o, requestTimeout: COMPLETE_MS });
        return 'completed';
      },
      (error) => {
        const { name, status } = failureOf(error);
        if (name === 'NoSuchUpload') return { value: 'gone' };
        return status === 412 ? { value: 'exists' } : undefined;
      },
    );
  }

  /** Aborting what is not open any more is success. */
  async abort(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId });
    await this.#bucket.attempt<unknown>(
      `abort the upload of ${key}`,
      (o) => this.#bucket.s3.send(command, o),
      (error) => (failureOf(error).name === 'NoSuchUpload' ? { value: undefined } : undefined),
    );
  }

  /**
   * Open uploads whose key begins with `prefix`. There are stores that show those of a whole key only, and some that list
   * none at all.
   */
  async list(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const found: { key: string; uploadId: string }[] = [];
    const doing = 'list open uploads';
    const pages = this.#bucket.pages(
      doing,
      (after: { KeyMarker: string; UploadIdMarker?: string | undefined } | undefined, o) => {
        const at = { Bucket: this.#bucket.name, Prefix: prefix };
        return this.#bucket.s3.send(new ListMultipartUploadsCommand({ ...at, ...after }), o);
      },
      ({ IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker }) => ({
        isTruncated: IsTruncated === true,
        next: KeyMarker ? { KeyMarker, UploadIdMarker } : undefined,
      }),
      (error) => (isNoUploads(error) ? { value: NO_UPLOADS } : undefined),
    );
    for await (const { Uploads = [] } of pages) {
      for (const { Key, UploadId } of Uploads) {
        const key = this.#bucket.promised(Key, 'the key of an upload', doing);
        found.push({ key, uploadId: this.#bucket.promised(UploadId, `the id of an upload of ${key}`, doing) });
      }
    }
    return found;
  }

  #at(key: string) {
    return { Bucket: this.#bucket.name, Key: key };
  }

  #refuseIfGone(error: unknown, key: string): undefined {
    if (failureOf(error).name !== 'NoSuchUpload') return undefined;
    throw new IncompleteTransfer(
      `The upload of ${key} is not open any more: it was aborted, completed, or has expired.`,
    );
  }
}

/** A store that lists none, or, as GoFakeS3, says "no such upload" of an empty list. */
export const isNoUploads = (error: unknown) => isNotImplemented(error) || failureOf(error).name === 'NoSuchUpload';

const NO_UPLOADS: ListMultipartUploadsCommandOutput = { $metadata: {} };

interface WholeObject {
  readonly parts: readonly StoredPart[];
  readonly size: number;
  readonly crc32: string;
}

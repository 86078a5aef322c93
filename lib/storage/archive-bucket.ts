import type { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { capitalized } from '../base/capitalized.ts';
import { ArchiveGone } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { type BucketSettings, readBucketSettings } from './bucket-settings.ts';
import { JsonRecords } from './json-records.ts';
import { Multipart } from './multipart.ts';
import type { Near } from './near.ts';
import { nearSource } from './near-source.ts';
import { ObjectSource } from './object-source.ts';
import { type Pace, pacedSource } from './paced-source.ts';
import { PlainFiles } from './plain-files.ts';
import { Protection } from './protection.ts';
import { failureOf, isNoSuchObject } from './s3-errors.ts';
import { S3Requests } from './s3-requests.ts';
import type { Sealing } from './seal.ts';
import type { VersionId } from './version-id.ts';
import { listRoots, listVersions, type StoredVersion } from './versions.ts';

export interface StoredObject {
  readonly size: number;
  readonly versionId: VersionId;
  /**
   * CRC-32 of the whole object as S3 holds it, base64; undefined when the store keeps none, or one of the checksums of the
   * parts instead (`AAAAAA==-3`), which says nothing about the whole.
   */
  readonly crc32: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storedAt: Date;
  /** Of S3's replication: `PENDING`, `COMPLETED`, `FAILED`, or `REPLICA` of a copy; undefined: no rule was about it. */
  readonly replication: string | undefined;
}

interface ReadingRules {
  readonly pinsVersions?: boolean | undefined;
  readonly pace?: Pace | undefined;
  readonly near?: Near | undefined;
}

/** The bucket: archives here, their uploads in `multipart`, the JSON records in `records`, how long all stays in `keeping`. */
export class ArchiveBucket {
  readonly records: JsonRecords;
  readonly multipart: Multipart;
  /** Pages of reports. */
  readonly files: PlainFiles;
  readonly protection: Protection;
  readonly #bucket: S3Requests;
  readonly #pinsVersions: boolean;
  readonly #pace: Pace | undefined;
  readonly #near: Near | undefined;

  /**
   * `sealing`: signs records and judges their signatures; without it records are read and written as they are.
   * `pinsVersions`: false for a folder, where whoever may write can change the bytes of a version. `pace`: how fast archives
   * may be read. `near`: of a store that this process serves itself.
   */
  constructor(
    s3: S3Client,
    bucketName: string,
    signal: AbortSignal,
    sealing?: Sealing,
    { pinsVersions = true, pace, near }: ReadingRules = {},
  ) {
    this.#bucket = new S3Requests(s3, bucketName, signal);
    this.#pinsVersions = pinsVersions;
    this.#pace = pace;
    this.#near = near;
    this.records = new JsonRecords(this.#bucket, sealing, near);
    this.multipart = new Multipart(this.#bucket);
    this.files = new PlainFiles(this.#bucket);
    this.protection = new Protection(this.#bucket);
  }

  get bucketName(): string {
    return this.#bucket.name;
  }

  /** As sentences name it: `bucket NAME`, or the folder. */
  get place(): string {
    return this.#bucket.place;
  }

  /** Whether this id of a version stands for the same bytes for ever: then a signature of the id is one of the bytes. */
  pins(versionId: VersionId): boolean {
    return this.#pinsVersions && versionId !== null && versionId !== 'null';
  }

  /**
   * One version, else the newest; undefined when there is no such object. What was stored before the bucket got versions
   * has the id "null" since, and something newer may lie over it.
   */
  async head(key: string, versionId?: VersionId): Promise<StoredObject | undefined> {
    const found = await this.#head(key, versionId);
    if (found || versionId !== null) return found;
    // Stores that know no such id call it invalid (400), or not allowed (405).
    return await this.#head(key, 'null', [404, 400, 405]);
  }

  async #head(key: string, versionId: VersionId | undefined, absent = [404]): Promise<StoredObject | undefined> {
    const command = new HeadObjectCommand({
      ...this.#at(key),
      VersionId: versionId ?? undefined,
      ChecksumMode: 'ENABLED',
    });
    const head = await this.#bucket.attempt(
      `show ${key}`,
      (o) => this.#bucket.s3.send(command, o),
      (error) => (absent.includes(failureOf(error).status ?? 0) ? { value: undefined } : undefined),
    );
    const doing = `show ${key}`;
    const isComposite = /-\d+$/.test(head?.ChecksumCRC32 ?? '');
    return (
      head && {
        size: this.#bucket.promised(head.ContentLength, 'the size', doing),
        versionId: head.VersionId ?? null,
        crc32: isComposite ? undefined : head.ChecksumCRC32,
        metadata: head.Metadata ?? {},
        storedAt: this.#bucket.promised(head.LastModified, 'the time', doing),
        replication: head.ReplicationStatus,
      }
    );
  }

  /** Every version of every object below a prefix, those behind a delete marker too; 1,000 a request. */
  async versions(prefix: string): Promise<StoredVersion[]> {
    return await listVersions(this.#bucket, prefix, this.#near);
  }

  /** Its settings that protect what is in it. */
  async settings(): Promise<BucketSettings> {
    return await readBucketSettings(this.#bucket);
  }

  async roots(): Promise<string[]> {
    return await listRoots(this.#bucket);
  }

  /** Range reads of one version of an object, which never changes. They throw `ArchiveGone` when it is not there. */
  source(key: string, versionId: VersionId, size: number): ByteSource {
    const read = async (Range: string, VersionId: string | undefined) => {
      const command = new GetObjectCommand({ ...this.#at(key), VersionId, Range });
      const { Body, ContentRange } = await this.#bucket.s3.send(command, { abortSignal: this.#bucket.signal });
      return { body: Body as Readable, contentRange: ContentRange };
    };
    const readNewest = async (range: string) => {
      try {
        return await read(range, undefined);
      } catch (error) {
        // As in `head`; where that is nothing either, the first answer says what is wrong.
        if (!isNoSuchObject(error)) throw error;
        return await read(range, 'null').catch(() => Promise.reject(error));
      }
    };
    const requests = new ObjectSource(size, key, this.#bucket, async (range) =>
      this.#bucket.attempt(
        `read ${key}`,
        () => (versionId === null ? readNewest(range) : read(range, versionId)),
        (error) => {
          if (isNoSuchObject(error)) throw this.#gone(key, versionId);
          return undefined;
        },
      ),
    );
    const near = this.#near;
    const source = near && versionId !== null ? nearSource(requests, () => near.open(key, versionId)) : requests;
    return this.#pace ? pacedSource(source, this.#pace, this.#bucket.signal) : source;
  }

  /**
   * A URL that gives one version of an object to whoever has it, for `seconds` from `from`. It is a credential: its
   * secret parts belong into the redactor before anything else is done with it (lib/restore/choose/transfer-method.ts). Made without a
   * request, so an object that is not there has one as well.
   */
  async presign(key: string, versionId: VersionId, seconds: number, from: Date): Promise<string> {
    const command = new GetObjectCommand({ ...this.#at(key), VersionId: versionId ?? undefined });
    return await this.#bucket.attempt(`sign a URL of ${key}`, () =>
      getSignedUrl(this.#bucket.s3, command, { expiresIn: seconds, signingDate: from }),
    );
  }

  /** Ends every open upload of this key, and looks again: a part in flight may outlive an abort (aws: AbortMultipartUpload). */
  async abortUploads(key: string): Promise<number> {
    let aborted = 0;
    for (let round = 0; round < 5; round++) {
      const open = (await this.multipart.list(key)).filter((upload) => upload.key === key);
      if (open.length === 0) break;
      for (const { uploadId } of open) await this.multipart.abort(key, uploadId);
      aborted += open.length;
    }
    return aborted;
  }

  /** Removes one version of an object that no manifest names. The caller has looked for the manifest. */
  async removeUnrecorded(key: string, versionId: VersionId): Promise<void> {
    const command = new DeleteObjectCommand({ ...this.#at(key), VersionId: versionId ?? undefined });
    await this.#bucket.attempt<unknown>(`remove ${key}`, (o) => this.#bucket.s3.send(command, o));
  }

  #gone(key: string, versionId: VersionId): ArchiveGone {
    return new ArchiveGone(`${capitalized(this.place)} has no version ${versionId} of ${key} any more.`);
  }

  #at(key: string) {
    return { Bucket: this.#bucket.name, Key: key };
  }
}

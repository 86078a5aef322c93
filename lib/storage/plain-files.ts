import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { isNoSuchObject } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';
import type { VersionId } from './version-id.ts';

/** Small whole files that are no records: pages of reports. Held in memory, so of a few megabytes each. */
export class PlainFiles {
  readonly #bucket: S3Requests;

  constructor(bucket: S3Requests) {
    this.#bucket = bucket;
  }

  /** Gives the version that was written; null: storage names none. */
  async put(key: string, body: Buffer, type: string): Promise<VersionId> {
    const command = new PutObjectCommand({ Bucket: this.#bucket.name, Key: key, Body: body, ContentType: type });
    const { VersionId = null } = await this.#bucket.attempt(`write ${key}`, (o) => this.#bucket.s3.send(command, o));
    return VersionId;
  }

  /** Undefined when there is no such version. */
  async get(key: string, versionId: VersionId): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket.name, Key: key, VersionId: versionId ?? undefined });
    return await this.#bucket.attempt<Buffer | undefined>(
      `read ${key}`,
      async (o) => {
        const { Body } = await this.#bucket.s3.send(command, o);
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      },
      (error) => (isNoSuchObject(error) ? { value: undefined } : undefined),
    );
  }
}

import {
  GetObjectLegalHoldCommand,
  GetObjectTaggingCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { failureOf, isNotImplemented } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';
import type { VersionId } from './version-id.ts';

/** One object, or one version of it: without an id, or where storage names none, the newest. */
export interface Where {
  readonly key: string;
  readonly versionId?: VersionId | undefined;
}

/** The tags of an object and the version that they are of; lifecycle rules see those of each version. */
export interface Tags {
  /** Null: storage named none; without an id it is the newest. */
  readonly versionId: VersionId;
  readonly tags: Readonly<Record<string, string>>;
  /** The store has no tags at all, so that no rule goes by them. */
  readonly unavailable?: true;
}

/** `unavailable`: the bucket has no Object Lock. */
export type LegalHold = 'on' | 'off' | 'unavailable';

/** What decides how long an object stays: its tags, by lifecycle rules, and a legal hold where there is Object Lock. */
export class Protection {
  readonly #bucket: S3Requests;

  constructor(bucket: S3Requests) {
    this.#bucket = bucket;
  }

  /** Undefined when there is no such object. */
  async tagsOf({ key, versionId }: Where): Promise<Tags | undefined> {
    const command = new GetObjectTaggingCommand({
      Bucket: this.#bucket.name,
      Key: key,
      VersionId: versionId ?? undefined,
    });
    const doing = `show the tags of ${key}`;
    return await this.#bucket.attempt<Tags | undefined>(
      doing,
      async (o) => {
        const { TagSet, VersionId } = await this.#bucket.s3.send(command, o);
        const pairs = this.#bucket.promised(TagSet, 'the tags', doing).map(({ Key, Value }) => {
          const name = this.#bucket.promised(Key, 'the key of a tag', doing);
          return [name, this.#bucket.promised(Value, `the value of the tag ${name}`, doing)];
        });
        return { versionId: versionId ?? VersionId ?? null, tags: Object.fromEntries(pairs) };
      },
      (error) => {
        if (isNotImplemented(error)) return { value: { versionId: versionId ?? null, tags: {}, unavailable: true } };
        // 405: a delete marker is on top, and the version was not named.
        return [404, 405].includes(failureOf(error).status ?? 0) ? { value: undefined } : undefined;
      },
    );
  }

  /** Replaces all tags of one version. False when it is gone. */
  async tag({ key, versionId }: Where, tags: Tags['tags']): Promise<boolean> {
    const TagSet = Object.entries(tags).map(([Key, Value]): Tag => ({ Key, Value }));
    const command = new PutObjectTaggingCommand({
      Bucket: this.#bucket.name,
      Key: key,
      VersionId: versionId ?? undefined,
      Tagging: { TagSet },
    });
    return await this.#bucket.attempt<boolean>(
      `tag ${key}`,
      async (o) => {
        await this.#bucket.s3.send(command, o);
        return true;
      },
      (error) => (failureOf(error).status === 404 ? { value: false } : undefined),
    );
  }

  async legalHold({ key, versionId }: Where): Promise<LegalHold> {
    const command = new GetObjectLegalHoldCommand({
      Bucket: this.#bucket.name,
      Key: key,
      VersionId: versionId ?? undefined,
    });
    return await this.#bucket.attempt<LegalHold>(
      `show the legal hold of ${key}`,
      async (o) => ((await this.#bucket.s3.send(command, o)).LegalHold?.Status === 'ON' ? 'on' : 'off'),
      (error) => {
        const { name, status } = failureOf(error);
        if (name === 'NoSuchObjectLockConfiguration') return { value: 'off' };
        // It was there a moment ago: nothing holds it, and whoever sets a hold hears why that is impossible.
        if (name === 'NoSuchKey' || name === 'NoSuchVersion') return { value: 'off' };
        // 400 InvalidRequest: "Bucket is missing Object Lock Configuration". 501: a store that does not know it.
        return status === 400 || status === 501 || status === 404 ? { value: 'unavailable' } : undefined;
      },
    );
  }

  /** Until then nobody deletes this version, or with `governance` only who may bypass that. Never shortens a lock. */
  async lock({ key, versionId }: Where, mode: 'governance' | 'compliance', until: Date): Promise<void> {
    const command = new PutObjectRetentionCommand({
      Bucket: this.#bucket.name,
      Key: key,
      VersionId: versionId ?? undefined,
      Retention: { Mode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', RetainUntilDate: until },
    });
    await this.#bucket.attempt<unknown>(`lock ${key}`, (o) => this.#bucket.s3.send(command, o));
  }

  async setLegalHold({ key, versionId }: Where, hold: 'on' | 'off'): Promise<void> {
    const command = new PutObjectLegalHoldCommand({
      Bucket: this.#bucket.name,
      Key: key,
      VersionId: versionId ?? undefined,
      LegalHold: { Status: hold === 'on' ? 'ON' : 'OFF' },
    });
    await this.#bucket.attempt<unknown>(`${hold === 'on' ? 'hold' : 'release'} ${key}`, (o) =>
      this.#bucket.s3.send(command, o),
    );
  }
}

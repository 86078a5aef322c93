import { hash } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type * as z from 'zod';
import { RecordForged } from '../base/errors.ts';
import { limitGarbage } from '../base/memory.ts';
import { isSignedKey } from './layout.ts';
import type { Listed, NamedRecord, Near } from './near.ts';
import { objectPages } from './object-pages.ts';
import { ownText } from './own-text.ts';
import { type Accepts, ADVICE, MOST_RECORD_BYTES, recordIn, UnreadableRecord } from './record-text.ts';
import { failureOf, isChanged } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';
import type { KnownAs, Seal, Sealing, Sequences, Standing } from './seal.ts';

/** One JSON record and the ETag to replace exactly it. */
export interface Entry<T> {
  readonly value: T;
  readonly etag: string;
  /** Undefined: of a kind that is not signed, or signatures are not looked at. */
  readonly standing?: Standing | undefined;
  /** Which bytes these were: the version, if storage named one, and their SHA-256 in hex. */
  readonly read?: { readonly versionId: string | undefined; readonly sha256: string };
}

interface Got {
  readonly text: string;
  readonly etag: string;
  readonly at: Date | undefined;
  readonly versionId: string | undefined;
}

/**
 * JSON records in the bucket: runs, inspections, manifests. Written whole, replaced only by who has seen the last one, and
 * signed if they decide anything.
 */
export class JsonRecords {
  readonly #bucket: S3Requests;
  readonly #seal: Seal | undefined;
  readonly #near: Near | undefined;

  constructor(bucket: S3Requests, sealing?: Sealing, near?: Near) {
    this.#bucket = bucket;
    this.#near = near;
    this.#seal = sealing?.(this);
  }

  /** What this machine remembers of records that count. */
  get sequences(): Sequences | undefined {
    return this.#seal?.sequences;
  }

  /** How the key of a signature is known here; undefined: it is not believed, or signatures are not looked at. */
  async knows(fingerprint: string): Promise<KnownAs | undefined> {
    return await this.#seal?.knows(fingerprint);
  }

  /**
   * Undefined when there is none. Throws `UnreadableRecord` when it is not what the schema says, `RecordForged` when it is
   * not what was signed, both after a second look: a byte may have been changed on the way. Throws `StorageRefused` when
   * storage refuses this very key.
   */
  async read<T extends z.ZodType>(
    key: string,
    schema: T,
    accepts: Accepts = 'genuine',
  ): Promise<Entry<z.infer<T>> | undefined> {
    try {
      return await this.#readOnce(key, schema, accepts);
    } catch (error) {
      if (!(error instanceof UnreadableRecord || error instanceof RecordForged)) throw error;
      return await this.#readOnce(key, schema, accepts);
    }
  }

  async #readOnce<T extends z.ZodType>(
    key: string,
    schema: T,
    accepts: Accepts,
  ): Promise<Entry<z.infer<T>> | undefined> {
    const where = `${this.#bucket.name}/${key}`;
    const found = (await this.#readNear(key)) ?? (await this.#request(key, where));
    if (!found) return undefined;
    const { etag, versionId, ...stored } = found;
    const sha256 = hash('sha256', stored.text);
    const record = await recordIn({ ...stored, key, where }, schema, { seal: this.#seal, accepts });
    limitGarbage();
    return { ...record, etag, read: { versionId, sha256 } };
  }

  async #readNear(key: string): Promise<Got | undefined> {
    if (!this.#near || this.#bucket.signal.aborted) return undefined;
    const found = await this.#near.read(key);
    return found && { ...found, text: found.bytes.toString(), at: found.lastModified };
  }

  async #request(key: string, where: string): Promise<Got | undefined> {
    const command = new GetObjectCommand({ Bucket: this.#bucket.name, Key: key });
    return await this.#bucket.attempt<Got | undefined>(
      `read ${key}`,
      async (o) => {
        const reply = await this.#bucket.s3.send(command, o);
        const { Body, ETag, LastModified: at, VersionId: versionId, ContentLength: size = 0 } = reply;
        if (size > MOST_RECORD_BYTES) {
          (Body as { destroy?: () => void } | undefined)?.destroy?.();
          throw new UnreadableRecord(`${where} has ${size} bytes, more than any record. ${ADVICE}`);
        }
        const etag = this.#bucket.promised(ETag, 'the ETag', `read ${key}`);
        return { text: (await Body?.transformToString()) ?? '', etag, at, versionId };
      },
      (error) => {
        if (error instanceof UnreadableRecord) throw error;
        if (failureOf(error).name === 'NoSuchKey') return { value: undefined };
        if (isChanged(error)) throw new UnreadableRecord(`${where} is not as it was stored. ${ADVICE}`);
        return undefined;
      },
    );
  }

  /**
   * Writes if the key is as expected: `absent`, still the entry with this ETag, or whatever (`any`). False: it was not,
   * nothing was written. When the response to a success is lost, the retry reads false: read and compare.
   */
  async write(key: string, record: unknown, expected: 'absent' | 'any' | { etag: string }): Promise<boolean> {
    const value = this.#seal && isSignedKey(key) ? await this.#seal.sign(key, record as object) : record;
    const command = new PutObjectCommand({
      Bucket: this.#bucket.name,
      Key: key,
      Body: `${JSON.stringify(value, null, 2)}\n`,
      ContentType: 'application/json',
      IfNoneMatch: expected === 'absent' ? '*' : undefined,
      IfMatch: typeof expected === 'object' ? expected.etag : undefined,
    });
    return await this.#bucket.attempt<boolean>(
      `write ${key}`,
      async (o) => {
        await this.#bucket.s3.send(command, o);
        return true;
      },
      (error) => (isUnexpected(failureOf(error)) ? { value: false } : undefined),
    );
  }

  /** Every record below a prefix, in the order of the keys; 1,000 a request. */
  async list(prefix: string): Promise<Listed[]> {
    const found: Listed[] = [];
    const doing = `list ${prefix}`;
    if (this.#near && !this.#bucket.signal.aborted) {
      for await (const page of this.#near.list(prefix)) {
        found.push(...page);
        limitGarbage();
      }
      return found;
    }
    for await (const { Contents = [] } of objectPages(this.#bucket, { Prefix: prefix }, doing)) {
      for (const { Key, LastModified, ETag } of Contents) {
        const key = ownText(this.#bucket.promised(Key, 'the key of an object', doing));
        found.push({
          key,
          lastModified: this.#bucket.promised(LastModified, `the time of ${key}`, doing),
          etag: ownText(this.#bucket.promised(ETag, `the ETag of ${key}`, doing)),
        });
      }
      limitGarbage();
    }
    return found;
  }

  /** As `list`, without ETags: of a folder at a twentieth of the CPU. */
  async names(prefix: string): Promise<readonly NamedRecord[]> {
    if (!this.#near || this.#bucket.signal.aborted) return await this.list(prefix);
    return this.#near.names(prefix);
  }

  /** What stands below a prefix as a folder, by its bare name, sorted; the records in them are not listed. */
  async folders(prefix: string): Promise<string[]> {
    const found: string[] = [];
    const below = { Prefix: prefix, Delimiter: '/' } as const;
    const doing = `list ${prefix}`;
    for await (const { CommonPrefixes = [] } of objectPages(this.#bucket, below, doing)) {
      for (const { Prefix } of CommonPrefixes)
        found.push(this.#bucket.promised(Prefix, 'the name of a folder', doing).slice(prefix.length, -1));
    }
    return found;
  }

  async remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket.name, Key: key });
    await this.#bucket.attempt<unknown>(`remove ${key}`, (o) => this.#bucket.s3.send(command, o));
  }
}

/**
 * 412: it is not as expected. 404 NoSuchKey: the entry to replace is gone. 409 ConditionalRequestConflict: somebody else is
 * writing it this very moment.
 */
function isUnexpected({ name, status }: { name: string; status?: number | undefined }): boolean {
  return status === 412 || status === 409 || name === 'NoSuchKey';
}

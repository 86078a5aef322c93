import { createHash, randomBytes } from 'node:crypto';
import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../../lib/base/folders.ts';
import { S3Error } from '../s3-error.ts';
import { removeAll, writeJson } from './files.ts';
import type { BucketLayout } from './layout.ts';
import { Locks } from './locks.ts';
import type { ChecksumType, Description } from './version.ts';

/** What is known of a part: all of it is in its file's name, so that one rename stores bytes and facts together. */
export interface Part {
  readonly number: number;
  readonly crc32: number;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly stored: number;
}

/** As it is in `upload.json`. */
export interface UploadRecord extends Description {
  readonly id: string;
  readonly key: string;
  /** ISO 8601. */
  readonly initiated: string;
  /** Undefined when the client asked for no checksum. Real S3 then computes CRC-64/NVME; this server none. */
  readonly checksumType?: ChecksumType;
}

/** Sorts by time, as S3 lists the uploads of one key: 9 digits of base 36 hold milliseconds until the year 5188. */
export function newUploadId(now: Date): string {
  return `${now.getTime().toString(36).padStart(9, '0')}${randomBytes(16).toString('hex')}`;
}

/**
 * Opaque to clients. Made from CRC-32 and size rather than MD5, which would cost a core for every 600 MB/s: any ETag is
 * legal for a part of a multipart upload (those of KMS-encrypted parts on S3 are no MD5 either).
 */
export function partEtag(part: Part): string {
  return `"${createHash('md5').update(`${part.crc32}-${part.size}`).digest('hex')}"`;
}

/** One multipart upload and its parts: an index in memory over the files of its folder. */
export class Upload {
  readonly record: UploadRecord;
  readonly parts = new Map<number, Part>();
  readonly #folder: string;
  readonly #locks = new Locks();
  #open = true;

  constructor(record: UploadRecord, layout: BucketLayout) {
    this.record = record;
    this.#folder = layout.upload(record.id);
  }

  /** Writes the marker `upload.json`, after which the upload exists. */
  async create(): Promise<void> {
    await makeFolders(this.#folder);
    await writeJson(join(this.#folder, 'upload.json'), this.record);
  }

  /** One thing at a time, and nothing after the upload has ended. */
  async whileOpen<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks.run('upload', async () => {
      if (!this.#open) throw new S3Error('NoSuchUpload', { fields: { UploadId: this.record.id } });
      return work();
    });
  }

  async store(staged: string, part: Part): Promise<string> {
    return this.whileOpen(async () => {
      const previous = this.parts.get(part.number);
      const path = this.pathOf(part);
      await rename(staged, path);
      this.parts.set(part.number, part);
      if (previous !== undefined && this.pathOf(previous) !== path) await unlink(this.pathOf(previous));
      return path;
    });
  }

  /** To be called inside `whileOpen`. The marker goes first: a folder without it is no upload. */
  async discard(): Promise<void> {
    this.#open = false;
    await removeAll(join(this.#folder, 'upload.json'));
    await removeAll(this.#folder);
  }

  /** The parts in order. */
  sortedParts(): Part[] {
    return [...this.parts.values()].sort((a, b) => a.number - b.number);
  }

  pathOf(part: Part): string {
    return join(this.#folder, `${part.number}-${part.crc32}-${part.size}-${part.stored}.part`);
  }

  /**
   * Takes over the files that a start found. Two of one number: the process died while replacing one by the other, and
   * the older one is removed if the upload is ours.
   */
  async adopt(names: readonly string[], isOurs: boolean): Promise<void> {
    for (const name of names) {
      const facts = /^(\d+)-(\d+)-(\d+)-(\d+)\.part$/.exec(name)?.slice(1).map(Number);
      if (facts === undefined) continue;
      const [number = 0, crc32 = 0, size = 0, stored = 0] = facts;
      const part = { number, crc32, size, stored };
      const rival = this.parts.get(number);
      if (rival !== undefined && isOurs) await unlink(this.pathOf(rival.stored > stored ? part : rival));
      if (rival === undefined || rival.stored <= stored) this.parts.set(number, part);
    }
  }
}

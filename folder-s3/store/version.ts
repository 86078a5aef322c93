import { randomBytes } from 'node:crypto';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** What a client may say about an object when it writes it; an upload keeps it until it is completed. */
export interface Description {
  /** Standard headers to give back: `{ 'content-type': 'application/zip' }`. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, without the `x-amz-meta-` in front. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

/** One version of one key, as its record on disk has it. */
export interface Version extends Description {
  readonly id: string;
  readonly deleteMarker: boolean;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly size: number;
  /** With the quotation marks. */
  readonly etag: string;
  /** CRC-32 as S3 gives it: base64, and `-<parts>` when composite. */
  readonly checksum?: { readonly crc32: string; readonly type: ChecksumType };
  /** Whoever set it has to take it off before this version can be removed. */
  readonly legalHold?: 'ON' | 'OFF';
  /** The upload this came from: tells a restart that the upload's folder is only a leftover. */
  readonly uploadId?: string;
}

/** All versions of a key, newest first. */
export interface KeyRecord {
  readonly key: string;
  readonly versions: readonly Version[];
}

/** Opaque to clients, and good as a file name. */
export function newVersionId(): string {
  return randomBytes(24).toString('base64url').replace(/^-/, '_');
}

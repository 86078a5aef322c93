import type { OpenFile } from './near-source.ts';
import type { VersionId } from './version-id.ts';

/** A record as it was stored. */
export interface NearRecord {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

/** A record that is there, by name and by the time at which storage got it. */
export interface NamedRecord {
  readonly key: string;
  /** When storage got it: not when it was first written, in a bucket that was copied. */
  readonly lastModified: Date;
}

/** A record that is there, not yet read. */
export interface Listed extends NamedRecord {
  readonly etag: string;
}

/** A version or a delete marker. */
export interface ListedVersion {
  readonly key: string;
  readonly versionId: VersionId;
  readonly storedAt: Date;
  readonly isLatest: boolean;
  /** Undefined: a delete marker. */
  readonly size: number | undefined;
  readonly storageClass: string;
}

/** Open, with the number by which other threads of this process know it. */
export interface NearFile extends OpenFile {
  readonly fd: number;
}

/** What of records there is where this process serves the store itself, without a request. */
export interface Near {
  /**
   * 300 managers have 200,000 records, and a request takes 3 ms of CPU. Gives only what is as it was stored. Undefined: make
   * the request, which says what is the matter.
   */
  read(key: string): Promise<NearRecord | undefined>;
  /** What is below a prefix, in the order of the keys. No file is looked at: a list by request reads each for its ETag. */
  names(prefix: string): NamedRecord[];
  /** The same with ETags, page by page: of 10,000 archives a list by request makes and takes apart 10 MB of XML. */
  list(prefix: string): AsyncIterable<readonly Listed[]>;
  /** Every version of every object. Throws: make the request, which says what is the matter. */
  versions(prefix: string): AsyncIterable<readonly ListedVersion[]>;
  /** The file of a version, if it is as long as what was stored. Undefined: make the request, which says what is the matter. */
  open(key: string, versionId: string): Promise<NearFile | undefined>;
}

/** A record as it was stored. */
export interface NearRecord {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

/**
 * Reads a record where this process serves the store itself, without a request: 300 managers have 200,000 records, and a
 * request takes 3 ms of CPU. Gives only what is as it was stored. Undefined: make the request, which says what is the
 * matter.
 */
export type ReadNear = (key: string) => Promise<NearRecord | undefined>;

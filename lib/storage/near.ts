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

/** What of records there is where this process serves the store itself, without a request. */
export interface Near {
  /**
   * 300 managers have 200,000 records, and a request takes 3 ms of CPU. Gives only what is as it was stored. Undefined: make
   * the request, which says what is the matter.
   */
  read(key: string): Promise<NearRecord | undefined>;
  /** What is below a prefix, in the order of the keys. No file is looked at: a list by request reads each for its ETag. */
  names(prefix: string): NamedRecord[];
}

/** What a store can do that not every store can, as it was found a moment ago: a record of it would go stale. */
export interface StoreCapabilities {
  /** `If-None-Match: *` on a write is kept: nothing is overwritten. */
  readonly conditionalWrites: boolean;
  /** `If-Match` on a write is kept: only what was seen is replaced. */
  readonly conditionalReplaces: boolean;
  /** The same as `conditionalWrites` where an upload is completed. Without it the claim of the run guards the key alone. */
  readonly conditionalCompletes: boolean;
  /** ListParts has the CRC-32 of each part. Without it ours are used. */
  readonly partChecksums: boolean;
  /** A stored upload shows the CRC-32 of the whole. Without it ours is recorded. */
  readonly wholeChecksums: boolean;
  /** Objects have versions with ids. */
  readonly versions: boolean;
  readonly versionsListed: boolean;
  /** Open uploads are listed for the beginning of a key, only for the whole key, or not at all. */
  readonly uploadsListed: 'by prefix' | 'by key' | 'no';
  readonly tags: boolean;
  /** The reply with the tags says of which version they are. */
  readonly tagsNameVersion: boolean;
  /** A signed URL gives an object to whoever has it: restores by URL need it. */
  readonly presignedReads: boolean;
  /** What the store itself answered about what it lacks, by the name of the field. */
  readonly refusals: Readonly<Record<string, string>>;
}

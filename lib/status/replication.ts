import type { Entry } from '../catalogue/entry.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { keysOf } from '../storage/layout.ts';

/**
 * What S3 says of the copy in another bucket, by the manifest of the archive: it is stored last, copied by the same rule,
 * and everybody who sees archives may look at it, while few may look at the archives. Null: nothing is copied.
 */
export async function replicationOf(
  { manifest }: Pick<Entry, 'manifest'>,
  archive: Pick<ArchiveBucket, 'head'>,
): Promise<string | null> {
  const { manager, snapshot } = manifest;
  return (await archive.head(keysOf(manager.id, snapshot.id).manifest))?.replication ?? null;
}

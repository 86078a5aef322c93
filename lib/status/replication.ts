import { StorageRefused } from '../base/errors.ts';
import type { Entry } from '../catalogue/entry.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';

/** What S3 says of the copy of an archive in another bucket; null: nothing, or this person may not see objects. */
export async function replicationOf(
  { manifest }: Pick<Entry, 'manifest'>,
  archive: Pick<ArchiveBucket, 'head'>,
): Promise<string | null> {
  const { key, versionId } = manifest.archive;
  try {
    return (await archive.head(key, versionId))?.replication ?? null;
  } catch (error) {
    if (error instanceof StorageRefused) return null;
    throw error;
  }
}

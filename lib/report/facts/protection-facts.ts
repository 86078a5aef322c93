import { OffsiteError } from '../../base/errors.ts';
import type { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { BucketSettings } from '../../storage/bucket-settings.ts';

/** How the archives are protected where they are, as storage tells it. */
export type Deployed =
  /** A folder of this machine, which has none of the protections of a bucket. */
  | { readonly kind: 'folder' }
  | { readonly kind: 'bucket'; readonly settings: BucketSettings }
  /** Whoever makes the report may not see the settings, or the store has none. */
  | { readonly kind: 'unseen'; readonly why: string };

export async function readDeployed(archive: Pick<ArchiveBucket, 'settings'>, isFolder: boolean): Promise<Deployed> {
  if (isFolder) return { kind: 'folder' };
  try {
    return { kind: 'bucket', settings: await archive.settings() };
  } catch (error) {
    if (error instanceof OffsiteError) return { kind: 'unseen', why: error.message };
    throw error;
  }
}

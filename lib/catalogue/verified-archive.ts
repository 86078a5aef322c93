import { ArchiveGone } from '../base/errors.ts';
import type { Deps } from '../deps.ts';
import { isVersion } from '../storage/version-id.ts';
import { readRecord } from './read-record.ts';
import type { Manifest } from './records.ts';

/**
 * The manifest of a snapshot, if the archive that it vouches for is there: that version, with that size. A manifest
 * alone is a word about something that may be gone, and nobody may delete the last copy on its word. Throws
 * `UnreadableRecord` when there is a manifest that says nothing: then nobody knows, and nothing may be removed.
 */
export async function recordedArchive(
  of: { readonly manager: string; readonly snapshot: string },
  deps: Pick<Deps, 'archive'>,
): Promise<Manifest | undefined> {
  const manifest = (await readRecord('manifest', of, deps.archive.records))?.value;
  if (!manifest) return undefined;
  const { key, versionId, size } = manifest.archive;
  const stored = await deps.archive.head(key, versionId);
  return stored?.size === size ? manifest : undefined;
}

/**
 * Whether the latest verification found this very archive damaged. Throws `UnreadableRecord`, `StorageRefused` when its
 * mark cannot be read: whoever asks is about to delete another copy, and must not.
 */
export async function isMarkedDamaged(
  { manager, snapshot, archive }: Manifest,
  deps: Pick<Deps, 'archive'>,
): Promise<boolean> {
  const of = { manager: manager.id, snapshot: snapshot.id };
  const mark = (await readRecord('mark', of, deps.archive.records))?.value;
  return mark?.result === 'damaged' && mark.versionId === archive.versionId;
}

/**
 * Looks an archive up as a restore does, in the list of versions. Throws `ArchiveGone` when it is not there: an archive
 * that nobody can find is no backup, whatever HEAD says; and `StorageRefused` when nobody may see the list.
 */
export async function requireListed({ archive }: Manifest, deps: Pick<Deps, 'archive'>): Promise<void> {
  const { key, versionId, size } = archive;
  const versions = await deps.archive.versions(key);
  if (versions.some((one) => one.key === key && isVersion(one.versionId, versionId) && one.size === size)) return;
  throw new ArchiveGone(
    `${key} is stored and verified, but no restore would find it: the list of versions of ${deps.archive.place} does not show version ${versionId}. The store must list the versions that it names: docs/reference/local.md, "A real S3-compatible store".`,
  );
}

import { RecordConflict } from '../base/errors.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';
import { Manifest, MarkRecord } from './records.ts';

/**
 * The manifest of a snapshot, if the archive that it vouches for is there: that version, with that size. A manifest
 * alone is a word about something that may be gone, and nobody may delete the last copy on its word.
 */
export async function recordedArchive(
  { manager, snapshot }: { readonly manager: string; readonly snapshot: string },
  deps: Pick<Deps, 'archive'>,
): Promise<Manifest | undefined> {
  const manifest = (await deps.archive.records.read(keysOf(manager, snapshot).manifest, Manifest))?.value;
  if (!manifest) return undefined;
  const { key, versionId, size } = manifest.archive;
  const stored = await deps.archive.head(key, versionId);
  return stored?.size === size ? manifest : undefined;
}

/**
 * Whether the latest verification found this very archive damaged. A mark that cannot be read counts as one: whoever asks
 * is about to delete another copy.
 */
export async function isMarkedDamaged(
  { manager, snapshot, archive }: Manifest,
  deps: Pick<Deps, 'archive'>,
): Promise<boolean> {
  try {
    const mark = (await deps.archive.records.read(keysOf(manager.id, snapshot.id).mark, MarkRecord))?.value;
    return mark?.result === 'damaged' && mark.versionId === archive.versionId;
  } catch (error) {
    if (error instanceof RecordConflict) return true;
    throw error;
  }
}

import { RecordConflict } from '../../base/errors.ts';
import { type DigestedRange, recordedRanges } from '../../catalogue/range-digests.ts';
import type { Deps } from '../../deps.ts';
import type { Selection } from '../state.ts';

/**
 * The ranges of the selected archive with their SHA-256, from its manifest, which is read again: hundreds of them are too
 * much for the state. Undefined where it has none. Throws `RecordConflict` when the manifest is another one by now.
 */
export async function selectedRanges(
  { manager, snapshot, key, ranges, signature, ...stored }: Selection,
  { archive }: Pick<Deps, 'archive'>,
): Promise<DigestedRange[] | undefined> {
  if (ranges === undefined || manager === null || snapshot === null) return undefined;
  // Somebody has insisted on a forged one: then it is at least the archive that was looked at.
  const accepts = signature?.state === 'forged' ? 'any' : 'genuine';
  const found = await recordedRanges({ manager, snapshot }, stored, archive.records, accepts);
  if (found?.length === ranges) return found;
  throw new RecordConflict(
    `The manifest of ${key} is not the one that was selected: it was replaced meanwhile. Find out by whom, and run the restore again.`,
  );
}

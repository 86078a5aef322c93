import { days } from '../base/durations.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';
import type { Manifest } from './records.ts';

/**
 * Locks a recorded archive and its manifest, if Object Lock is configured. Not the bucket as a whole, by a default: then
 * nobody could clear away what a failed run has left. May be repeated: the time follows from the archive's own.
 */
export async function lockRecorded(
  { manager, snapshot, archive, times }: Manifest,
  deps: Pick<Deps, 'archive' | 'rulesOf'>,
): Promise<void> {
  const { lock } = deps.rulesOf(manager.id);
  if (!lock) return;
  const until = new Date(Date.parse(times.stored) + days(lock.days));
  const { protection } = deps.archive;
  await protection.lock({ key: archive.key, versionId: archive.versionId }, lock.mode, until);
  const key = keysOf(manager.id, snapshot.id).manifest;
  const written = await deps.archive.head(key);
  if (written) await protection.lock({ key, versionId: written.versionId }, lock.mode, until);
}

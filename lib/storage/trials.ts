import { createHash, randomUUID } from 'node:crypto';
import { hours } from '../base/durations.ts';
import { OffsiteError } from '../base/errors.ts';
import { lifeOfProcess, thisProcess } from '../base/process-identity.ts';
import type { ArchiveBucket } from './archive-bucket.ts';

/** Errors that are the store's own word, and stay so when it is asked again. */
const ANSWERS = new Set(['StorageRefused', 'InvalidConfiguration', 'IncompleteTransfer']);

export async function orRefusal<T>(work: () => Promise<T>): Promise<T | OffsiteError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OffsiteError && ANSWERS.has(error.name)) return error;
    throw error;
  }
}

/**
 * The newest version again and again: a plain delete would leave the versions and a marker over them, which nobody finds
 * again. Whatever this cannot remove is a few bytes, and no reason to go without a backup.
 */
export async function removeTrial(key: string, archive: ArchiveBucket): Promise<void> {
  await orRefusal(async () => {
    for (let left = MOST_TRIALS; left > 0; left--) {
      const newest = await archive.head(key);
      if (!newest) return;
      await archive.removeUnrecorded(key, newest.versionId);
    }
  });
}

/** A store that ignores conditions has so many versions of one key. */
const MOST_TRIALS = 5;

const placeOf = (place: string) => createHash('sha256').update(place).digest('hex').slice(0, 12);

/** A name for a trial that nobody else has, and that tells another process whether who made it still lives. */
export function nameOfTrial(): string {
  const { place, pid, began } = thisProcess();
  return `${placeOf(place)}-${pid}-${began === '-' ? 'x' : began}-${randomUUID().slice(0, 8)}`;
}

/** Of another machine: a trial takes minutes on the slowest line. */
const DEAD_AFTER_MS = hours(1);

function isDead(key: string, storedAt: Date | undefined, now: Date): boolean {
  const [, where, pid, began] = /\.doors-([0-9a-f]{12})-(\d+)-(\d+|x)-[0-9a-f]{8}\./.exec(key) ?? [];
  const { place } = thisProcess();
  if (where === placeOf(place))
    return lifeOfProcess({ place, pid: Number(pid), began: began === 'x' ? '-' : (began ?? '') }) === 'ended';
  return storedAt !== undefined && now.getTime() - storedAt.getTime() > DEAD_AFTER_MS;
}

/** Removes what processes that were killed in the middle of a trial have left below `prefix`. */
export async function sweepTrials(archive: ArchiveBucket, prefix: string, now: Date): Promise<void> {
  await orRefusal(async () => {
    for (const { key, lastModified } of await archive.records.list(prefix)) {
      if (isDead(key, lastModified, now)) await removeTrial(key, archive);
    }
    for (const { key, uploadId } of await archive.multipart.list(prefix)) {
      if (isDead(key, undefined, now)) await archive.multipart.abort(key, uploadId);
    }
  });
}

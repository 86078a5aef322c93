import type { Deps } from '../deps.ts';
import { OffsiteError, StorageUnavailable } from './errors.ts';

/** Seconds between attempts: together well below the time-out of a function that reports. */
const PATIENCE: readonly number[] = [2, 10, 20];

/**
 * A failure that nobody hears of is the worst of all: what storage does not do within a minute, a report does without.
 * Gives the error instead of throwing it; throws only what is none of lib/base/errors.ts.
 */
export async function retryOrError<T>(
  work: () => Promise<T>,
  deps: Pick<Deps, 'clock' | 'signal'>,
  waits = PATIENCE,
): Promise<T | OffsiteError> {
  try {
    return await work();
  } catch (error) {
    const [seconds, ...rest] = waits;
    if (!(error instanceof OffsiteError)) throw error;
    if (!(error instanceof StorageUnavailable) || seconds === undefined) return error;
    await deps.clock.sleep(seconds * 1000, deps.signal);
    return await retryOrError(work, deps, rest);
  }
}

import { OffsiteError, StorageUnavailable } from './errors.ts';
import type { Clock } from './ports.ts';

/** Seconds between attempts: together well below the time-out of a function that reports. */
const PATIENCE: readonly number[] = [2, 10, 20];

/**
 * A failure that nobody hears of is the worst of all: what storage does not do within a minute, a report does without.
 * Gives the error instead of throwing it; throws only what is none of lib/base/errors.ts.
 */
export async function retryOrError<T>(
  work: () => Promise<T>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  waits = PATIENCE,
): Promise<T | OffsiteError> {
  try {
    return await work();
  } catch (error) {
    const [seconds, ...rest] = waits;
    if (!(error instanceof OffsiteError)) throw error;
    if (!(error instanceof StorageUnavailable) || seconds === undefined) return error;
    await clock.sleep(seconds * 1000, signal);
    return await retryOrError(work, { clock, signal }, rest);
  }
}

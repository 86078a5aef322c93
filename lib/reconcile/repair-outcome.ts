import { OffsiteError } from '../base/errors.ts';
import type { Deps } from '../deps.ts';
import type { FoundFinding } from './contract.ts';
import type { Finding } from './findings.ts';

/** What stands in the way, as a sentence; empty: done. */
export async function attempt(work: () => Promise<string>, { signal }: Pick<Deps, 'signal'>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OffsiteError) || signal.aborted) throw error;
    return error.message;
  }
}

/** A finding, and what became of its repair: `why` as `attempt` gives it. */
export function outcome({ message, ...finding }: Finding, why: string): FoundFinding {
  if (why === '') return { ...finding, message, repair: 'done' };
  return { ...finding, message: `${message} Not repaired: ${why}`, repair: 'failed' };
}

import { ArchiveDamaged, ArchiveGone, type OffsiteError } from '../lib/base/errors.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { requireManifestsBytes } from '../lib/restore/choose/stored-spans.ts';
import { MOST_PASSED_OVER, type StoredVerdict } from '../lib/restore/state.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * What follows from a read of the stored archive: a manager restores whatever bytes it is given. An archive that is not as
 * it was verified is read again, since one bad read condemns none; then the next one is selected, if the input lets it be
 * passed over. Throws `ArchiveGone` and `ArchiveDamaged` otherwise.
 */
export const checkStored = defineStep('CheckStored', async (read, deps): Promise<StoredVerdict> => {
  const { selection, stored } = read;
  const { snapshot } = selection;
  const damaged = stored?.damaged ?? [];
  const fault = faultOf(read, deps);
  if (!fault) return { outcome: 'as verified', snapshot, damaged };
  const isRepeated = stored?.outcome === 'again' && stored.snapshot === snapshot;
  if (!isRepeated) return { outcome: 'again', snapshot, damaged };
  if (!selection.maySkip || snapshot === null || damaged.length >= MOST_PASSED_OVER) throw fault;
  return { outcome: 'next', snapshot, damaged: [{ snapshot, error: fault.name }, ...damaged] };
});

function faultOf({ selection, plan, compared }: InputOf<'CheckStored'>, { clock }: Deps): OffsiteError | undefined {
  if (plan.compareSpans.length === 0) return undefined;
  try {
    requireManifestsBytes(selection, compared, clock.now());
    return undefined;
  } catch (error) {
    if (error instanceof ArchiveDamaged || error instanceof ArchiveGone) return error;
    throw error;
  }
}

export const handler = toHandler(checkStored, runtime);

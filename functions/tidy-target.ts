import { OffsiteError } from '../lib/base/errors.ts';
import { retryOrError } from '../lib/base/retry.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { Tidying } from '../lib/restore/cleanup/stop-restore.ts';
import { tidy } from '../lib/restore/cleanup/tidy.ts';
import { RestoreInput, restoreOf } from '../lib/restore/input.ts';
import { gather } from '../lib/restore/prove/phases.ts';
import { ownsClaim, releaseClaim } from '../lib/restore/target/claim.ts';
import { timeLimit } from '../lib/restore/watch/time-limit.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * After a restore, however it ended: ends what was never started, removes the upload, after a drill what was restored;
 * then lets the next restore begin. Works from the execution's input alone, so it works wherever the run stopped. A
 * manager that another execution has claimed, or that this one never did, is not touched.
 */
export const tidyTarget = defineStep('TidyTarget', async ({ input, execution, state }, allDeps) => {
  const { managers, until: latest } = timeLimit('TidyTarget', allDeps);
  const deps = { ...allDeps, managers };
  const parsed = RestoreInput.safeParse(input);
  if (!parsed.success) return { notes: [] };
  const ref = restoreOf(parsed.data, execution);
  const owns = await retryOrError(() => ownsClaim(ref, execution.id, deps), deps);
  if (owns instanceof OffsiteError) throw owns;
  if (!owns) return { notes: [] };
  const notes = await clear({ ref, input: parsed.data, latest }, state, deps);
  // One that cannot be written is no loss: nobody holds a claim longer than its execution lives.
  const released = await retryOrError(() => releaseClaim(ref, execution.id, deps), deps);
  if (released instanceof OffsiteError) deps.log.warn(`The claim stays for a while: ${released.message}`);
  return { notes: notes.map((note) => deps.redactor.clean(note)).slice(0, 20) };
});

async function clear(what: Pick<Tidying, 'ref' | 'input' | 'latest'>, state: unknown, deps: Deps): Promise<string[]> {
  const gathered = gather(state);
  const work: Tidying = { ...what, gathered, node: gathered.run?.node ?? '' };
  if (mayHaveUploaded(state)) return await tidy(work, deps);
  try {
    return await tidy(work, deps);
  } catch (error) {
    if (!(error instanceof OffsiteError)) throw error;
    deps.log.info(`Nothing was to be removed, and that could not be checked: ${error.message}`);
    return [];
  }
}

/** Nothing is uploaded before there is a plan: a manager that is away need not be waited for. */
function mayHaveUploaded(state: unknown): boolean {
  return state === null || typeof state !== 'object' || 'plan' in state;
}

export const handler = toHandler(tidyTarget, runtime);

import { isUnread } from '../lib/catalogue/read-record.ts';
import { failedRunOf } from '../lib/export/failed-run.ts';
import { clearUnrecorded } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * After a failure: ends the upload, removes what is stored and not verified. Works from the execution's input alone, so it
 * works wherever the run stopped, and as often as it is asked. It talks to no manager: who could make it remove the wrong
 * thing would have to come in by another way.
 */
export const removeUnverified = defineStep('RemoveUnverified', async (failed, deps) => {
  const found = await failedRunOf(failed, deps);
  if (!found) return { notes: [] };
  const { run, recorded } = found;
  if (isUnread(recorded))
    return { notes: [`Nothing was removed, as the archive may be recorded: ${recorded.message}`] };
  if (recorded) return { notes: ['The archive itself is verified and recorded; it stays.'] };
  return { notes: await clearUnrecorded(run, deps, failed.execution.id) };
});

export const handler = toHandler(removeUnverified, runtime);

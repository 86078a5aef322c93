import { isUnread, readOrError } from '../lib/catalogue/read-record.ts';
import { recordedArchive } from '../lib/catalogue/verified-archive.ts';
import { ExportInput } from '../lib/export/contract.ts';
import { clearUnrecorded, ownsRun, scheduledRunOf } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * After a failure: ends the upload, removes what is stored and not verified. Works from the execution's input alone, so it
 * works wherever the run stopped, and as often as it is asked. It talks to no manager: who could make it remove the wrong
 * thing would have to come in by another way.
 */
export const removeUnverified = defineStep('RemoveUnverified', async ({ input, execution }, deps) => {
  const parsed = ExportInput.safeParse(input);
  if (!parsed.success) return { notes: [] };
  const run = scheduledRunOf(parsed.data, execution);
  // Another execution's run, or none at all: nothing here is ours to remove.
  if (!(await ownsRun(run, execution.id, deps))) return { notes: [] };
  const recorded = await readOrError(() => recordedArchive(run, deps));
  if (isUnread(recorded))
    return { notes: [`Nothing was removed, as the archive may be recorded: ${recorded.message}`] };
  if (recorded) return { notes: ['The archive itself is verified and recorded; it stays.'] };
  return { notes: await clearUnrecorded(run, deps, execution.id) };
});

export const handler = toHandler(removeUnverified, runtime);

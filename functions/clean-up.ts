import { isUnread } from '../lib/catalogue/read-record.ts';
import type { Deps } from '../lib/deps.ts';
import { isHalfMade, removeHalfMade } from '../lib/export/abandoned-runs.ts';
import { failedRunOf } from '../lib/export/failed-run.ts';
import type { ScheduledRun } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * After a failure: removes a half-made snapshot from the manager. Works from the execution's input alone, so it works
 * wherever the run stopped, and as often as it is asked.
 */
export const cleanUp = defineStep('CleanUp', async (failed, deps) => {
  const found = await failedRunOf(failed, deps);
  if (!found) return { notes: [] };
  const { run, recorded } = found;
  if (isUnread(recorded))
    return {
      notes: [`Nothing was removed from the manager, as the archive may be recorded: ${recorded.message}`],
    };
  if (recorded) return { notes: [] };
  return { notes: await clearManager(run, deps) };
});

/** A whole snapshot stays: it is the only one of this run. */
async function clearManager(run: ScheduledRun, deps: Deps): Promise<string[]> {
  const client = await deps.managers.open(run.manager);
  const row = await client.snapshot(run.snapshot);
  if (!row) return [];
  const here = `Snapshot ${run.snapshot} on manager ${run.manager}`;
  if (row.status === 'created') return [`${here} is complete and stays there: it is the only copy of this run.`];
  if (!isHalfMade(row)) return [`${here} is "${row.status}" and not of this run; it stays.`];
  const result = await removeHalfMade(client, row, deps);
  if (result === 'refused') return [`${here} is half-made and the manager refuses to delete it. Delete it by hand.`];
  return [`${here} was half-made and has been deleted.`];
}

export const handler = toHandler(cleanUp, runtime);

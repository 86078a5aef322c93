import type * as z from 'zod';
import { readOrError, type Unread } from '../catalogue/read-record.ts';
import { recordedArchive } from '../catalogue/verified-archive.ts';
import type { Deps } from '../deps.ts';
import { ExportInput, type exportContracts } from './contract.ts';
import { ownsRun, type ScheduledRun, scheduledRunOf } from './scheduled-run.ts';

type Failed = Pick<z.infer<(typeof exportContracts)['CleanUp']['input']>, 'input' | 'execution'>;

/** The run of an execution that failed, and its archive, if that is recorded, or why nobody knows whether it is. */
export interface FailedRun {
  readonly run: ScheduledRun;
  readonly recorded: Awaited<ReturnType<typeof recordedArchive>> | Unread;
}

/**
 * By the execution's input alone, so it works wherever the run stopped. Undefined: the input is none, or the run is
 * another execution's or of nobody; nothing there is ours to remove.
 */
export async function failedRunOf(
  { input, execution }: Failed,
  deps: Pick<Deps, 'archive'>,
): Promise<FailedRun | undefined> {
  const parsed = ExportInput.safeParse(input);
  if (!parsed.success) return undefined;
  const run = scheduledRunOf(parsed.data, execution);
  if (!(await ownsRun(run, execution.id, deps))) return undefined;
  return { run, recorded: await readOrError(() => recordedArchive(run, deps)) };
}

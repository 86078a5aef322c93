import type { RestoreResult } from '../../local/restore.ts';
import { finishRestore } from '../text/show-result.ts';
import type { Around } from './open.ts';
import { restoreResultOf } from './results.ts';
import { sayLeft } from './started.ts';
import { watch } from './watch.ts';

/** Follows a restore to its end and reports it. Gives the exit code. */
export async function showRestore(arn: string, manager: string | null, around: Around): Promise<number> {
  const result = await restoreResult(arn, manager, around);
  if (!result) return sayLeft({ arn, manager }, around.json, around.terminal);
  return await finishRestore(result, around.aws.storage, around.json, around.terminal);
}

/** How a restore ended. Undefined: the person has stopped watching. */
export async function restoreResult(
  arn: string,
  manager: string | null,
  { aws, terminal }: Around,
): Promise<RestoreResult | undefined> {
  const ended = await watch(arn, aws, terminal);
  return ended && restoreResultOf(ended, { arn, manager, now: terminal.clock.now() });
}

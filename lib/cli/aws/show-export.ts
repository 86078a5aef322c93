import { recordedArchive } from '../../catalogue/verified-archive.ts';
import type { ExecutionEnd } from '../../installation/execution-course.ts';
import { finishExport } from '../text/show-result.ts';
import type { Around } from './open.ts';
import { exportResultOf } from './results.ts';
import { sayLeft } from './started.ts';
import { watch } from './watch.ts';

/** Follows an export to its end and reports it. Gives the exit code. */
export async function showExport(arn: string, manager: string | null, around: Around): Promise<number> {
  const ended = await watch(arn, around.aws, around.terminal);
  if (!ended) return sayLeft({ arn, manager }, around.json, around.terminal);
  return await finishExportOf({ arn, ended }, manager, around);
}

/** Reports an export that has ended. Gives the exit code. */
export async function finishExportOf(
  { arn, ended }: { arn: string; ended: ExecutionEnd },
  manager: string | null,
  { aws, json, terminal }: Around,
): Promise<number> {
  const { archive, storage } = aws;
  const asked = { arn, manager, now: terminal.clock.now() };
  const isRecorded = async (run: Parameters<typeof recordedArchive>[0]) =>
    (await recordedArchive(run, { archive })) !== undefined;
  return finishExport(await exportResultOf(ended, asked, isRecorded), storage, json, terminal);
}

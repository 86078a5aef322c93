import * as z from 'zod';
import { ContractViolation } from '../../base/errors.ts';
import { messageOf } from '../../base/failure-text.ts';
import { describeIssues } from '../../base/zod-issues.ts';
import { Claim, RunReport } from '../../export/contract.ts';
import type { ExecutionEnd } from '../../installation/execution-course.ts';
import type { ExportResult } from '../../local/export.ts';
import type { PlannedRestore, RestoreResult } from '../../local/restore.ts';
import { RestoreReport } from '../../restore/course.ts';
import { Plan, RestoreRun, Selection } from '../../restore/state.ts';

/** What is known of an execution that ended without a report. */
export interface Asked {
  readonly arn: string;
  readonly manager: string | null;
  readonly now: Date;
}

export type What = 'export' | 'restore' | 'verification' | 'approval' | 'decision' | 'report' | 'diagnosis';

/** What is left of an execution that ended without its own clean-up. */
const LEFT: Readonly<Record<What, string>> = {
  export: 'The next run of this manager ends its upload and removes its half-made snapshot.',
  restore:
    'A restore that the manager has begun goes on there: look at the manager before anything else. What was uploaded to it is removed by a later restore.',
  approval: 'The restore goes on waiting, unless the decision was recorded before.',
  report: 'Nothing names what was written. Run the command again.',
  decision: 'Run the command again: it records the same once more.',
  diagnosis: 'It changes nothing.',
  verification: 'It changes only the verification records of archives that it has read.',
};

/** Error and sentence of an execution that did not succeed. */
export function failureOf({ status, error, cause }: ExecutionEnd, what: What): { error: string; message: string } {
  if (status === 'TIMED_OUT') {
    const message = `The execution did not end within the time-out of its state machine, and no clean-up followed. ${LEFT[what]}`;
    return { error: 'ExecutionTimedOut', message };
  }
  if (status === 'ABORTED') {
    const why = cause ? ` (${cause})` : '';
    const message = `The execution was stopped${why}, and no clean-up followed. ${LEFT[what]}`;
    return { error: 'ExecutionAborted', message };
  }
  const name = error ?? 'States.Runtime';
  return { error: name, message: messageOf({ Error: name, Cause: cause ?? '' }) };
}

/** As a run on this machine would have given it. `isRecorded`: whether a duplicate's archive is there. */
export async function exportResultOf(
  ended: ExecutionEnd,
  asked: Asked,
  isRecorded: (run: Claim) => Promise<boolean>,
): Promise<ExportResult> {
  if (ended.status === 'SUCCEEDED') {
    const { claim, run } = (ended.output ?? {}) as { claim?: unknown; run?: unknown };
    // Before 0.2 it stood in `run`, beside the node that it had none of.
    const duplicate = z.object(Claim.shape).safeParse(claim ?? run);
    if (duplicate.success)
      return { outcome: 'duplicate', run: duplicate.data, verified: await isRecorded(duplicate.data) };
    return parsed(RunReport, ended.output, asked);
  }
  const report = ended.status === 'FAILED' ? RunReport.safeParse(ended.report).data : undefined;
  return report ?? { ...unreported(ended, asked, 'export'), snapshot: null };
}

/** The end of the machine is its whole state: the report stands in it, of a dry run the plan alone. */
export function restoreResultOf(ended: ExecutionEnd, asked: Asked): RestoreResult {
  if (ended.status === 'SUCCEEDED') {
    const report = ended.report ?? (ended.output as { report?: unknown } | null)?.report;
    const planned = report === undefined ? planIn(ended.output) : undefined;
    return planned ?? parsed(RestoreReport, report ?? ended.output, asked);
  }
  const report = ended.status === 'FAILED' ? RestoreReport.safeParse(ended.report).data : undefined;
  const nothing = { restore: null, purpose: null, evidence: null, rtoSeconds: null, differences: [] };
  return report ?? { ...unreported(ended, asked, 'restore'), ...nothing };
}

function planIn(output: unknown): PlannedRestore | undefined {
  const { run, selection, plan } = (output ?? {}) as Record<string, unknown>;
  const all = [RestoreRun.safeParse(run), Selection.safeParse(selection), Plan.safeParse(plan)] as const;
  const [theRun, theSelection, thePlan] = all.map(({ data }) => data) as [RestoreRun?, Selection?, Plan?];
  if (!theRun || !theSelection || !thePlan) return undefined;
  return { outcome: 'planned', run: theRun, selection: theSelection, plan: thePlan };
}

function unreported(ended: ExecutionEnd, { arn, manager, now }: Asked, what: What) {
  return {
    outcome: 'failed' as const,
    ...failureOf(ended, what),
    manager,
    execution: arn,
    archive: null,
    notes: [],
    finishedAt: now.toISOString(),
  };
}

function parsed<T extends z.ZodType>(schema: T, output: unknown, { arn }: Asked): z.infer<T> {
  const result = schema.safeParse(output);
  if (result.success) return result.data;
  throw new ContractViolation(
    `${arn} has succeeded, but says so in words that this version does not know (${describeIssues(result.error)}). Perhaps the stack is of another version.`,
  );
}

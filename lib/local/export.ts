import { recordedArchive } from '../catalogue/verified-archive.ts';
import type { Claim, ExportInput, RunReport } from '../export/contract.ts';
import type { MachineOutcome } from './machine.ts';
import { asFailure, besides, type Execution, type LocalRun, runHere, startTimeOf } from './run.ts';

export interface LocalExport extends LocalRun {
  readonly input: ExportInput;
}

export type ExportResult =
  | RunReport
  | { readonly outcome: 'duplicate'; readonly run: Claim; readonly verified: boolean };

/** Runs the export machine in this process, with the deployed handlers, to its end. Never throws for a failed run. */
export async function runExport(options: LocalExport): Promise<ExportResult> {
  const startTime = startTimeOf(options);
  const input = { scheduledTime: startTime, ...options.input };
  return await runHere<ExportResult>({ machine: 'export', input, startTime }, options, {
    ended: async (execution, outcome) =>
      (execution.watch.resultOf('ReportRun') as RunReport | undefined) ??
      (await resultOf(outcome, input.manager, execution)),
    interrupted: async (execution) => await afterInterrupt(execution, input),
  });
}

/**
 * A run that could not begin, recorded and told as one that has failed: a scheduled night must not pass in silence because
 * its manager did not answer. Undefined when the run is another's, or is over: then nothing has failed.
 */
export async function reportNotBegun(options: LocalExport, error: Error): Promise<RunReport | undefined> {
  const startTime = startTimeOf(options);
  const input = { scheduledTime: startTime, ...options.input };
  return await besides(options, startTime, async ({ ref: execution, handlers }) => {
    const claimed = await handlers.ClaimRun({ input, execution }).catch(asFailure);
    if ((claimed as { outcome?: string }).outcome === 'duplicate') return undefined;
    const nothing = { notes: [] };
    const failure = asFailure(error);
    const report = { outcome: 'failed', input, execution, failure, removal: nothing, cleanUp: nothing };
    return (await handlers.ReportRun(report)) as RunReport;
  });
}

/** Of a machine that ended without a report: as a duplicate, or before it could say anything. */
async function resultOf(outcome: MachineOutcome, manager: string, { ref, deps }: Execution): Promise<ExportResult> {
  if (outcome.status === 'SUCCEEDED') {
    const { claim: run } = outcome.output as { claim: Claim };
    return { outcome: 'duplicate', run, verified: (await recordedArchive(run, deps)) !== undefined };
  }
  return {
    outcome: 'failed',
    error: outcome.error,
    message: outcome.cause,
    manager,
    snapshot: null,
    execution: ref.id,
    archive: null,
    notes: [],
    finishedAt: deps.clock.now().toISOString(),
  };
}

/** What the machine's own clean-up states would do, with fresh connections: the run's own are aborted. */
async function afterInterrupt({ ref: execution, handlers }: Execution, input: unknown): Promise<RunReport> {
  const failure = { Error: 'Interrupted', Cause: 'The run was interrupted before it was over.' };
  const removal = await handlers.RemoveUnverified({ input, execution, failure }).catch(asFailure);
  const cleanUp = await handlers.CleanUp({ input, execution, failure }).catch(asFailure);
  return (await handlers.ReportRun({ outcome: 'failed', input, execution, failure, removal, cleanUp })) as RunReport;
}

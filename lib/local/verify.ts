import type { VerifyInput } from '../verification/input.ts';
import { failureReport } from '../verification/report.ts';
import type { VerifyReport } from '../verification/state.ts';
import { type Execution, type LocalRun, runHere, startTimeOf } from './run.ts';

export interface LocalVerify extends LocalRun {
  readonly input: VerifyInput;
}

/** Runs the verify machine in this process, with the deployed handlers, to its end. Never throws for a failed run. */
export async function runVerify(options: LocalVerify): Promise<VerifyReport> {
  const { input } = options;
  const course = { machine: 'verify', input, startTime: startTimeOf(options) } as const;
  return await runHere<VerifyReport>(course, options, {
    ended: async (execution, outcome) => {
      const report = execution.watch.resultOf('ReportVerification') as VerifyReport | undefined;
      if (report) return report;
      const [error, cause] = outcome.status === 'FAILED' ? [outcome.error, outcome.cause] : ['ReportFailed', ''];
      return unreported(execution, input, { Error: error, Cause: cause });
    },
    // Marks are written archive by archive: what was read before stays read, and nothing is half done.
    interrupted: async (execution) => {
      const failure = { Error: 'Interrupted', Cause: 'The verification was interrupted before it was over.' };
      const event = { outcome: 'failed', input, execution: execution.ref, failure };
      const report = execution.handlers.ReportVerification(event) as Promise<VerifyReport>;
      return await report.catch(() => unreported(execution, input, failure));
    },
  });
}

function unreported({ ref, deps }: Execution, input: VerifyInput, failure: { Error: string; Cause: string }) {
  return failureReport({ outcome: 'failed', input, execution: ref, failure }, deps);
}

import { ContractViolation, Interrupted, OffsiteError } from '../base/errors.ts';
import type { KeptReport, ReportInput } from '../report/contract.ts';
import { type LocalRun, runHere, startTimeOf } from './run.ts';

export interface LocalReport extends LocalRun {
  readonly input: ReportInput;
}

/** The error that ended the machine, under its own name. */
class ReportNotKept extends OffsiteError {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Runs the report machine in this process, with the deployed handler, to its end. Throws under the name of what went wrong. */
export async function runReport(options: LocalReport): Promise<KeptReport> {
  const { input } = options;
  const course = { machine: 'report', input, startTime: startTimeOf(options) } as const;
  return await runHere<KeptReport>(course, options, {
    ended: async ({ watch }, outcome) => {
      const kept = watch.resultOf('WriteReport') as KeptReport | undefined;
      if (outcome.status === 'FAILED') throw new ReportNotKept(outcome.error, outcome.cause);
      if (kept === undefined) throw new ContractViolation('The report machine ended without a report.');
      return kept;
    },
    // Files without the record are no report; the next one of the same time writes them again.
    interrupted: async () => {
      throw new Interrupted('Interrupted before the report was kept. Nothing names what was written.');
    },
  });
}

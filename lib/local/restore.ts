import type { RestoreReport, Restoring } from '../restore/course.ts';
import { type RestoreInput, restoreOf } from '../restore/input.ts';
import type { Plan, RestoreRun, Selection } from '../restore/state.ts';
import type { MachineOutcome } from './machine.ts';
import { asFailure, type Execution, type LocalRun, runHere, startTimeOf } from './run.ts';

export interface LocalRestore extends LocalRun {
  readonly input: RestoreInput;
}

/** What a dry run has found out. */
export interface PlannedRestore {
  readonly outcome: 'planned';
  readonly run: RestoreRun;
  readonly selection: Selection;
  readonly plan: Plan;
}

export type RestoreResult = RestoreReport | PlannedRestore;

/** Functions stream an archive within 15 minutes; here a stream may be as long as it takes. */
const noLimit = { streamLimit: Number.MAX_SAFE_INTEGER };

/**
 * Runs the restore machine in this process, with the deployed handlers, to its end. Never throws for a failed run. An
 * interrupt ends it with a record and a report, unless it is only tidying: then it is over soon anyway, and as it was.
 */
export async function runRestore(options: LocalRestore): Promise<RestoreResult> {
  const startTime = startTimeOf(options);
  const { input } = options;
  const settings = { ...noLimit, ...options.settings };
  const course = { machine: 'restore', input, startTime, closing: ['TidyTarget'] } as const;
  return await runHere<RestoreResult>(
    course,
    { ...options, settings },
    {
      ended: async (execution, outcome) =>
        (execution.watch.resultOf('ReportRestore') as RestoreReport | undefined) ?? resultOf(outcome, execution, input),
      interrupted: async (execution) => await afterInterrupt(execution, input),
    },
  );
}

/** Of a machine that ended without a report: a dry run, or one whose report failed as well. */
function resultOf(outcome: MachineOutcome, execution: Execution, input: RestoreInput): RestoreResult {
  if (outcome.status === 'FAILED') return unreported(outcome, execution, input);
  const { run, selection, plan } = outcome.output as Omit<PlannedRestore, 'outcome'>;
  return { outcome: 'planned', run, selection, plan };
}

function unreported(
  { error, cause }: { readonly error: string; readonly cause: string },
  { ref, deps }: Execution,
  input: RestoreInput,
): RestoreReport {
  return {
    outcome: 'failed',
    error,
    message: cause,
    manager: input.manager,
    restore: restoreOf(input, ref).restore,
    purpose: input.purpose ?? 'recovery',
    execution: ref.id,
    archive: null,
    evidence: null,
    rtoSeconds: null,
    differences: [],
    notes: [],
    finishedAt: deps.clock.now().toISOString(),
  };
}

/** What the machine's own states after a failure would do, with fresh connections: the run's own are aborted. */
async function afterInterrupt(execution: Execution, input: RestoreInput): Promise<RestoreReport> {
  const { ref, handlers, watch } = execution;
  const failure = { Error: 'Interrupted', Cause: causeOf(execution, input) };
  const state = { ...watch.state, failure };
  const common = { input, execution: ref };
  const tidy = await handlers.TidyTarget({ ...common, state }).catch(asFailure);
  const failed = { outcome: 'failed', ...common, failure };
  const record = await handlers.RecordRestore({ ...failed, tidy, state: { ...state, tidy } }).catch(asFailure);
  const report = await handlers.ReportRestore({ ...failed, record }).catch(asFailure);
  if (!isFailure(report)) return report as RestoreReport;
  const why = `The report failed as well: ${report.Error}: ${report.Cause}`;
  return { ...unreported({ error: failure.Error, cause: failure.Cause }, execution, input), notes: [why] };
}

function isFailure(value: unknown): value is ReturnType<typeof asFailure> {
  return value !== null && typeof value === 'object' && 'Error' in value;
}

/**
 * Nobody can stop a restore that the manager has begun; who interrupted us must know that it goes on. In what state the
 * manager is and what to do next, RecordRestore says.
 */
function causeOf({ watch }: Execution, { manager }: RestoreInput): string {
  const { restoring } = watch.state as { restoring?: Restoring };
  const interrupted = 'The run was interrupted before it was over.';
  // One that no worker has taken yet is cancelled by TidyTarget.
  const isTaken = restoring?.flagSeen || !['pending', null].includes(restoring?.lastStatus ?? null);
  if (restoring?.status !== 'running' || !isTaken) return interrupted;
  return `${interrupted} The restore goes on on manager ${manager} (execution ${restoring.executionId}), and no process watches it any more.`;
}

import { OffsiteError, RecordConflict } from '../lib/base/errors.ts';
import { messageOf } from '../lib/base/failure-text.ts';
import { retryOrError } from '../lib/base/retry.ts';
import { undeliveredNotes } from '../lib/base/undelivered-notes.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { RestoreReport } from '../lib/restore/course.ts';
import { RestoreInput, restoreOf } from '../lib/restore/input.ts';
import { RestoreEvidence } from '../lib/restore/prove/evidence-record.ts';
import { restoreKeysOf } from '../lib/storage/layout.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Input = InputOf<'ReportRestore'>;
type Failed = Extract<Input, { outcome: 'failed' }>;

/** Tells people how a restore ended: one message, from its evidence. A failure is told also when storage is what failed. */
export const reportRestore = defineStep('ReportRestore', async (step, deps) => {
  const report = step.outcome === 'succeeded' ? await success(step, deps) : await failure(step, deps);
  const about = report.manager ?? 'unknown manager';
  const kind = kindOf(step.input, report);
  // The outcome last but never cut off: a subject holds 100 characters.
  const subject = `cloudify-offsite: ${kind} of ${about.slice(0, 50)} ${report.outcome}`;
  const undelivered = await deps.notifier.publish(subject, report, {
    about: 'restore',
    outcome: report.error === null ? 'success' : 'failure',
    manager: report.manager,
    execution: report.execution,
  });
  deps.metrics.put(report.error === null ? 'RestoreSucceeded' : 'RestoreFailed', 'Count', 1, about);
  if (report.error === null && report.rtoSeconds !== null)
    deps.metrics.put('RestoreSeconds', 'Seconds', report.rtoSeconds, about);
  return { ...report, notes: [...report.notes, ...undeliveredNotes(undelivered)].slice(0, 20) };
});

function kindOf(input: unknown, { purpose }: RestoreReport): string {
  if (isDryRun(input)) return 'restore dry run';
  return purpose === 'drill' ? 'restore drill' : 'restore';
}

const isDryRun = (input: unknown) => RestoreInput.safeParse(input).data?.dryRun === true;

/** What the evidence says, not what the steps remember. Throws `RecordConflict` when there is none. */
async function success({ run, execution }: Extract<Input, { outcome: 'succeeded' }>, deps: Deps) {
  const key = restoreKeysOf(run.manager, run.restore).evidence;
  const evidence = (await deps.archive.records.read(key, RestoreEvidence))?.value;
  if (!evidence || evidence.execution !== execution.id)
    throw new RecordConflict(`${key} is not there, or not of this execution. Find out which program removed it.`);
  return reportOf(evidence, key, deps);
}

function reportOf(evidence: RestoreEvidence, key: string, deps: Deps): RestoreReport {
  const { state, error, message, manager, restore, purpose, execution, archive, credentials } = evidence;
  return {
    outcome: state,
    error: error ?? null,
    message,
    manager,
    restore,
    purpose,
    execution,
    archive: archive && {
      key: archive.key,
      snapshot: archive.snapshot,
      size: archive.size,
      takenAt: archive.takenAt,
    },
    evidence: key,
    rtoSeconds: evidence.rtoSeconds,
    differences: evidence.verification?.differences ?? [],
    notes: [...(credentials?.advice ? [credentials.advice] : []), ...evidence.notes].slice(0, 20),
    finishedAt: deps.clock.now().toISOString(),
  };
}

async function failure(step: Failed, deps: Deps): Promise<RestoreReport> {
  const parsed = RestoreInput.safeParse(step.input);
  const ref = parsed.success ? restoreOf(parsed.data, step.execution) : undefined;
  const key = ref && restoreKeysOf(ref.manager, ref.restore).evidence;
  const found = await retryOrError(async () => key && (await deps.archive.records.read(key, RestoreEvidence)), deps);
  if (found && key && !(found instanceof OffsiteError) && found.value.execution === step.execution.id) {
    return fromEvidence(step, reportOf(found.value, key, deps), deps);
  }
  return {
    outcome: 'failed',
    error: step.failure.Error,
    message: deps.redactor.clean(`${messageOf(step.failure)}${isDryRun(step.input) ? ` ${UNTOUCHED}` : ''}`),
    manager: ref?.manager ?? null,
    restore: ref?.restore ?? null,
    purpose: parsed.success ? (parsed.data.purpose ?? 'recovery') : null,
    execution: step.execution.id,
    archive: null,
    evidence: null,
    rtoSeconds: null,
    differences: [],
    notes: notesWithout(step, found instanceof OffsiteError ? found : undefined).map((n) => deps.redactor.clean(n)),
    finishedAt: deps.clock.now().toISOString(),
  };
}

/** There is no evidence of a dry run, and so nobody else says it. */
const UNTOUCHED = 'It was a dry run: nothing was changed.';

/** The evidence tells of this failure, unless the restore had been recorded as a success before. */
function fromEvidence({ failure: failed, record }: Failed, report: RestoreReport, deps: Deps): RestoreReport {
  const unwritten = 'Error' in record ? [`This failure is not in the restore report: ${messageOf(record)}`] : [];
  const notes = [...unwritten.map((note) => deps.redactor.clean(note)), ...report.notes].slice(0, 20);
  if (report.error !== null) return { ...report, notes };
  const message = `${messageOf(failed)} The restore itself had succeeded before that: ${report.message}`;
  return { ...report, outcome: 'failed', error: failed.Error, message: deps.redactor.clean(message), notes };
}

function notesWithout({ record }: Failed, unread: OffsiteError | undefined): string[] {
  const unwritten = 'Error' in record ? messageOf(record) : undefined;
  if (unwritten === undefined && unread === undefined) return [];
  return [
    ...(unwritten === undefined ? [] : [`There is no report of this restore: ${unwritten}`]),
    ...(unread === undefined ? [] : [`The restore report could not be read: ${unread.message}`]),
    'How far the restore came is in the history of the execution. Look at the manager before you restore again.',
  ];
}

export const handler = toHandler(reportRestore, runtime);

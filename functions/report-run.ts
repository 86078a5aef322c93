import { defined } from '../lib/base/defined.ts';
import { OffsiteError, RecordConflict } from '../lib/base/errors.ts';
import { messageOf } from '../lib/base/failure-text.ts';
import type { Occasion, Undelivered } from '../lib/base/ports.ts';
import { retryOrError } from '../lib/base/retry.ts';
import { runbookPage } from '../lib/base/runbook.ts';
import { undeliveredNotes } from '../lib/base/undelivered-notes.ts';
import { IndexHead } from '../lib/catalogue/index-records.ts';
import { isUnread, readOrError, readRecord } from '../lib/catalogue/read-record.ts';
import type { Manifest, RunRecord } from '../lib/catalogue/records.ts';
import { recordedArchive } from '../lib/catalogue/verified-archive.ts';
import type { Deps } from '../lib/deps.ts';
import { ExportInput, type RunReport } from '../lib/export/contract.ts';
import { driftText } from '../lib/export/drift.ts';
import { NOTHING_BEFORE, type RunBefore, runBefore } from '../lib/export/run-before.ts';
import { scheduledRunOf } from '../lib/export/scheduled-run.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { totalsForState } from '../lib/snapshot/inventory.ts';
import { indexHeadOf, keysOf } from '../lib/storage/layout.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Input = InputOf<'ReportRun'>;
type Succeeded = Extract<Input, { outcome: 'succeeded' }>;
type Failed = Extract<Input, { outcome: 'failed' }>;

/**
 * Closes the run's record, then tells people how the run ended: one message, the last thing of all, so that a repetition
 * of what comes before it is not heard. A failure is told also when storage is what failed.
 */
export const reportRun = defineStep('ReportRun', async (input, deps) => {
  const report = input.outcome === 'succeeded' ? await success(input, deps) : await failure(input, deps);
  const about = report.manager ?? 'unknown manager';
  const undelivered = await tell(report, deps);
  if (report.archive) deps.metrics.put('ContentDropped', 'Count', Math.sign(report.archive.flags.length), about);
  deps.metrics.put(report.outcome === 'succeeded' ? 'ExportSucceeded' : 'ExportFailed', 'Count', 1, about);
  return { ...report, notes: [...report.notes, ...undeliveredNotes(undelivered)].slice(0, 20) };
});

/** One message. Targets that could not be told stand in the run's record afterwards, where `offsite status` finds them. */
async function tell(report: RunReport, deps: Deps): Promise<readonly Undelivered[]> {
  const about = report.manager ?? 'unknown manager';
  const fell = report.outcome === 'succeeded' && (report.archive?.flags.length ?? 0) > 0;
  const before = await beforeOf(report, deps);
  const succeeded = fell ? 'attention' : before.hasFailed ? 'recovery' : 'success';
  const occasion: Occasion = {
    about: 'export',
    outcome: report.outcome === 'succeeded' ? succeeded : 'failure',
    manager: report.manager,
    execution: report.execution,
    silentBefore: before.silent,
  };
  // The outcome last but never cut off: a subject holds 100 characters.
  const how = `${report.outcome}${fell ? ', content fell' : ''}`;
  const subject = `cloudify-offsite: export of ${about.slice(0, 45)} ${how}`;
  const undelivered = (await deps.notifier.publish(subject, report, occasion)) ?? [];
  if (undelivered.length > 0) {
    const kept = await retryOrError(() => close(report, deps, undelivered), deps, []);
    if (kept instanceof OffsiteError) deps.log.warn(`The record of the run was not changed: ${kept.message}`);
  }
  return undelivered;
}

/** Nothing depends on it but how the message is called, so it is tried once: a step that reports has two minutes. */
async function beforeOf({ manager, snapshot }: RunReport, deps: Deps): Promise<RunBefore> {
  if (manager === null || snapshot === null) return NOTHING_BEFORE;
  const found = await retryOrError(() => runBefore({ manager, snapshot }, deps), deps, []);
  return found instanceof OffsiteError ? NOTHING_BEFORE : found;
}

/** What the manifest says, not what the steps remember. Throws `RecordConflict` when there is none. */
async function success({ run, execution, prune }: Succeeded, deps: Deps): Promise<RunReport> {
  const manifest = await recordedArchive(run, deps);
  if (!manifest)
    throw new RecordConflict(
      `There is no manifest of ${run.snapshot} of manager ${run.manager}, or not its archive. Find out which program removed it.`,
    );
  const { snapshot, archive } = manifest;
  const report: RunReport = {
    outcome: 'succeeded',
    error: null,
    message: `${archive.key} is stored and verified: ${archive.size} bytes, ${snapshot.memberCount} files, each with its CRC-32.`,
    manager: run.manager,
    snapshot: run.snapshot,
    execution: execution.id,
    archive: archiveOf(manifest),
    notes: [
      ...driftNotes(manifest),
      ...(prune.deleted > 0
        ? [`Removed ${prune.deleted} older verified snapshots from the manager; ${prune.kept} stay.`]
        : []),
      ...(prune.notes ?? []).map((note) => deps.redactor.clean(note)),
      ...(await retentionNote(manifest, deps)),
    ],
    finishedAt: deps.clock.now().toISOString(),
  };
  await close(report, deps);
  return report;
}

/** What storage says of it: a run that was taken over knows nothing of the steps before. */
async function retentionNote({ archive, manager, snapshot }: Manifest, deps: Deps): Promise<string[]> {
  const { manifest: key } = keysOf(manager.id, snapshot.id);
  const { protection } = deps.archive;
  const found = await retryOrError(() => Promise.all([archive, { key }].map((one) => protection.tagsOf(one))), deps);
  if (found instanceof OffsiteError) return [`Whether retention was applied is not known: ${found.message}`];
  if (found.some((one) => one?.unavailable))
    return ['The store has no tags, so no rule of it expires anything: run offsite retention expire --local --bucket.'];
  if (found.every((one) => one?.tags['expire'] !== undefined)) return [];
  return ['Retention could not be applied: nothing expires too soon, but nothing expires. The next run does it again.'];
}

function driftNotes({ snapshot, manager, flags = [] }: Manifest): string[] {
  if (flags.length === 0) return [];
  return [
    `Less than in the archives before: ${flags.map(driftText).join(', ')}. The archive is intact and stays, but does not count as a valid one. If that is how it should be: offsite accept ${snapshot.id} --manager ${manager.id}. See ${runbookPage('content-has-dropped')}.`,
  ];
}

function archiveOf({ manager, snapshot, archive, inventory, flags = [] }: Manifest): RunReport['archive'] {
  return {
    key: archive.key,
    versionId: archive.versionId,
    size: archive.size,
    crc32: archive.crc32,
    format: snapshot.format,
    snapshotVersion: snapshot.version,
    memberCount: snapshot.memberCount,
    totals: totalsForState(inventory),
    flags: flags.map(driftText),
    manifest: keysOf(manager.id, snapshot.id).manifest,
  };
}

async function failure(input: Failed, deps: Deps): Promise<RunReport> {
  const parsed = ExportInput.safeParse(input.input);
  const run = parsed.success ? scheduledRunOf(parsed.data, input.execution) : undefined;
  const found = await retryOrError(async () => run && (await recordedArchive(run, deps)), deps);
  const manifest = found instanceof OffsiteError ? undefined : found;
  const kept = manifest
    ? ` The archive ${manifest.archive.key} had been verified and recorded before that; it is safe.`
    : '';
  const report: RunReport = {
    outcome: 'failed',
    error: input.failure.Error,
    // Texts are cleaned, names are not: a password that is an everyday word must not blank out a key.
    message: deps.redactor.clean(`${messageOf(input.failure)}${kept}`),
    manager: run?.manager ?? null,
    snapshot: run?.snapshot ?? null,
    execution: input.execution.id,
    archive: manifest ? archiveOf(manifest) : null,
    notes: notesOf(input).map((note) => deps.redactor.clean(note)),
    finishedAt: deps.clock.now().toISOString(),
  };
  if (found instanceof OffsiteError)
    report.notes.push(`Whether the archive is recorded is not known: ${found.message}`);
  const closed = await retryOrError(() => close(report, deps), deps);
  if (closed instanceof OffsiteError)
    report.notes.push(`The record of this run could not be closed: ${closed.message}`);
  return report;
}

function notesOf({ removal = { notes: [] }, cleanUp }: Failed): string[] {
  return [
    ...('notes' in removal
      ? removal.notes
      : [
          `Clean-up did not finish: ${messageOf(removal)} The next run ends the upload; start this run again to remove the rest.`,
        ]),
    ...('notes' in cleanUp
      ? cleanUp.notes
      : [`Clean-up did not finish: ${messageOf(cleanUp)} The next run removes the half-made snapshot.`]),
  ];
}

/** Closes the run's record if it is this execution's. A duplicate that failed must not close the owner's. */
async function close(report: RunReport, deps: Deps, undelivered: readonly Undelivered[] = []): Promise<void> {
  if (report.manager === null || report.snapshot === null) return;
  const of = { manager: report.manager, snapshot: report.snapshot };
  const entry = await readRecord('run', of, deps.archive.records);
  if (entry?.value.execution !== report.execution) return;
  const { outcome: state, finishedAt: endedAt, error, message } = report;
  const indexSequence = state === 'succeeded' ? await sequenceOf(of.manager, deps) : undefined;
  const closed: RunRecord = {
    ...entry.value,
    ...{ state, endedAt, message },
    ...defined({ error: error ?? undefined, indexSequence }),
    ...(undelivered.length > 0 ? { undelivered: undelivered.map((one) => ({ ...one })) } : {}),
  };
  await deps.archive.records.write(keysOf(of.manager, of.snapshot).run, closed, { etag: entry.etag });
}

/** Undefined where there is no index that could be read: that is reconciliation's to tell. */
async function sequenceOf(manager: string, { archive }: Pick<Deps, 'archive'>): Promise<number | undefined> {
  const head = await readOrError(() => archive.records.read(indexHeadOf(manager), IndexHead));
  return isUnread(head) ? undefined : head?.value.sequence;
}

export const handler = toHandler(reportRun, runtime);

import type { Evidenced } from '../../approval/evidenced.ts';
import { defined } from '../../base/defined.ts';
import { messageOf } from '../../base/failure-text.ts';
import { oneLine } from '../../base/redact.ts';
import type { ExecutionRef, Failure } from '../../base/schemas.ts';
import { SOFTWARE } from '../../base/software.ts';
import type { RestoreAuthority } from '../../config/restore-authority.ts';
import type { Deps } from '../../deps.ts';
import { shownUrl } from '../choose/presigned-urls.ts';
import type { Restoring } from '../course.ts';
import { effectiveOptions, type RestoreInput, restoreOf } from '../input.ts';
import type { Selection } from '../state.ts';
import { restoredSecretOf } from '../watch/credentials.ts';
import type { RestoreEvidence } from './evidence-record.ts';
import { nextSteps } from './next-steps.ts';
import { duration, type Gathered, phasesOf, timesOf } from './phases.ts';

/** All that the evidence of one restore is made of. */
export interface Told {
  readonly input: RestoreInput;
  readonly execution: ExecutionRef;
  readonly gathered: Gathered;
  /** Undefined: the restore succeeded, or is partial as the input allows. */
  readonly failure: Failure | undefined;
  readonly tidy: { readonly notes: readonly string[] } | Failure;
  /** Of the approval that it used; default: what its state says. */
  readonly evidenced?: Evidenced;
  /** Names of what the state machine had; see `Ending`. */
  readonly reached: ReadonlySet<string>;
}

/** The record of docs/reference/restore-report.md, complete, with every text redacted. Names are not: nothing may blank out a key. */
export function evidenceOf(told: Told, deps: Pick<Deps, 'clock' | 'redactor' | 'rulesOf'>): RestoreEvidence {
  const { input, execution, gathered, failure } = told;
  const { run, plan, upload, selection } = gathered;
  const now = deps.clock.now();
  const times = timesOf(execution.startTime, gathered);
  const clean = (text: string) => deps.redactor.clean(text);
  return {
    schema: 'cloudify-offsite/restore/1',
    manager: input.manager,
    restore: restoreOf(input, execution).restore,
    purpose: input.purpose ?? 'recovery',
    ...defined({ reason: input.reason && clean(input.reason) }),
    execution: execution.id,
    state: stateOf(told),
    ...defined({ error: failure?.Error }),
    message: clean(failure ? failureMessage(told, failure, now) : successMessage(told)),
    archive: archiveOf(selection),
    ...(passedOverOf(selection).length > 0 ? { passedOver: passedOverOf(selection) } : {}),
    target: run && { version: run.version, edition: run.edition, node: run.node },
    options: optionsOf(input),
    ...defined({ approval: told.evidenced ? told.evidenced.approval : (gathered.restoring?.approval ?? undefined) }),
    method: upload?.method ?? plan?.method ?? null,
    ...defined({ compared: upload?.compared }),
    ...phasesOf(times),
    verification: verificationOf(gathered),
    credentials: credentialsOf(told, deps.rulesOf(input.manager)),
    notes: notesOf(told).map(clean),
    times: { ...times, recorded: now.toISOString() },
    software: SOFTWARE,
  };
}

function stateOf({ failure, gathered: { verification } }: Told): RestoreEvidence['state'] {
  if (failure) return 'failed';
  return verification?.outcome === 'partial' ? 'partial' : 'succeeded';
}

function successMessage({ input, execution, gathered }: Told): string {
  const { selection, verification } = gathered;
  const { rtoSeconds } = phasesOf(timesOf(execution.startTime, gathered));
  const took = rtoSeconds === null ? '' : ` in ${duration(rtoSeconds)}`;
  const what = selection?.snapshot ?? 'the archive from the URL';
  const passed = passedOverOf(selection).map(({ snapshot, error }) => `${snapshot} (${error})`);
  const skipped = passed.length > 0 ? `NOT the newest archive: ${passed.join(', ')} cannot be restored. ` : '';
  return `Restored ${what} to manager ${input.manager}${took}, from the start to the proof. ${skipped}${verification?.message ?? ''}`.trim();
}

function failureMessage({ input, gathered, reached }: Told, failure: Failure, now: Date): string {
  const requested = gathered.restoring?.requestedAt;
  const next = nextSteps({
    error: failure.Error,
    manager: input.manager,
    gathered,
    reached,
    secondsSinceRequest: requested ? Math.round((now.getTime() - Date.parse(requested)) / 1000) : null,
  });
  return `${sentence(messageOf(failure))} ${next}`;
}

/** A message of somebody else may be long and have no end; the longest of ours names what to restore instead. */
function sentence(text: string): string {
  const line = oneLine(text, 1000);
  return /[.?!…]$/.test(line) ? line : `${line}.`;
}

function passedOverOf(selection: Selection | null): NonNullable<RestoreEvidence['passedOver']> {
  return selection?.passedOver ?? [];
}

function archiveOf(selection: Selection | null): RestoreEvidence['archive'] {
  if (!selection) return null;
  const { manager, snapshot, key, versionId, size, crc32, format, snapshotVersion, takenAt, signature } = selection;
  return {
    ...{ manager, snapshot, key, versionId, size, crc32, format, snapshotVersion, takenAt },
    ...defined({ signature }),
  };
}

function optionsOf(input: RestoreInput): RestoreEvidence['options'] {
  const { acceptUnsigned, archiveUrl } = input;
  return {
    ...effectiveOptions(input),
    ...(acceptUnsigned ? { acceptUnsigned: true } : {}),
    archiveUrl: archiveUrl === undefined ? null : shownUrl(archiveUrl),
  };
}

function verificationOf({ verification }: Gathered): RestoreEvidence['verification'] {
  if (!verification) return null;
  const { accepted: _, message: __, verifiedAt: ___, ...rest } = verification;
  return rest;
}

function credentialsOf(
  { input, gathered: { restoring, selection } }: Told,
  authority: RestoreAuthority,
): RestoreEvidence['credentials'] {
  if (!restoring) return null;
  const restored = restoredSecretOf(input, authority);
  return { access: restoring.access, advice: adviceFor(restoring, { ...input, restored }, selection) };
}

/** A legacy restore brings back the users and passwords of the archive's manager (contract.md §7.4, step 8). */
function adviceFor(
  { access }: Restoring,
  input: RestoreInput & { readonly restored: string | undefined },
  selection: Selection | null,
): string | null {
  const { manager } = input;
  const until = `Until then exports of ${manager} fail.`;
  const source = selection?.manager ?? input.sourceManager;
  switch (access) {
    case 'current':
      return null;
    case 'previous':
      return `Manager ${manager} takes the credentials that its secret had before: make that version of the secret the current one again, or on one machine put them back where they are configured. ${until}`;
    case 'source':
      return `Manager ${manager} takes the credentials of manager ${source} now, as the archive has them: put them into the secret of ${manager}. ${until}`;
    case 'restored':
      return `Manager ${manager} takes the credentials of the secret ${input.restored} now: put them into the secret of ${manager}. ${until}`;
  }
}

/** What is to be done comes first: a record holds 20 of them. */
function notesOf(told: Told): string[] {
  const { tidy, gathered, failure } = told;
  const tidied =
    'notes' in tidy ? tidy.notes : [`What this restore left on the manager was not removed: ${messageOf(tidy)}`];
  // After a failure nobody knows whether what the plan says has come true.
  const afterwards = failure ? [] : (gathered.plan?.afterwards ?? []);
  const others = [gathered.upload, gathered.selection].flatMap((part) => part?.notes ?? []);
  return [...new Set([...(told.evidenced?.notes ?? []), ...tidied, ...afterwards, ...others])].slice(0, 20);
}

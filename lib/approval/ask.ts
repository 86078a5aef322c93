import { RecordConflict, ReportFailed } from '../base/errors.ts';
import { runbookPage } from '../base/runbook.ts';
import { SOFTWARE } from '../base/software.ts';
import type { Deps } from '../deps.ts';
import type { Entry } from '../storage/json-records.ts';
import { restoreKeysOf } from '../storage/layout.ts';
import { approveCommand } from './command.ts';
import { digestOf } from './digest.ts';
import { type Approvable, ApprovalRequest } from './records.ts';

export interface Asking {
  readonly what: Approvable;
  readonly holds: string;
  readonly notes: readonly string[];
  readonly reason: string | undefined;
  /** How long the restore waits. */
  readonly waitMs: number;
}

type AskDeps = Pick<Deps, 'archive' | 'clock' | 'notifier' | 'log' | 'redactor'>;

/**
 * Asks for an approval, and tells people. Repeated, it finds what it asked for. Throws `RecordConflict` when something
 * else was asked for under the name of this restore: what an approver has read must not change.
 */
export async function askForApproval(asking: Asking, deps: AskDeps): Promise<ApprovalRequest> {
  const { archive, log } = deps;
  const { manager, restore } = asking.what;
  const key = restoreKeysOf(manager, restore).approvalRequest;
  const made = requestOf(asking, deps);
  const entry = await standing(key, made, deps);
  if (entry.value.digest !== made.digest) {
    throw new RecordConflict(
      `${key} asks for the approval of another restore than this one of manager ${manager}. Find out which program wrote it, and start the restore again.`,
    );
  }
  if (entry.value.notifiedAt !== null) return entry.value;
  try {
    await deps.notifier.publish(
      `cloudify-offsite: restore of ${manager.slice(0, 50)} waits for approval`,
      told(entry.value),
      { about: 'approval', outcome: 'attention', manager },
    );
  } catch (error) {
    if (!(error instanceof ReportFailed)) throw error;
    // An approver may have heard of it by other means, and the next look tells people again.
    log.warn(`No notification was sent that restore ${restore} of manager ${manager} waits: ${error.message}`);
    return entry.value;
  }
  const notified = { ...entry.value, notifiedAt: deps.clock.now().toISOString() };
  await archive.records.write(key, notified, { etag: entry.etag });
  return notified;
}

async function standing(
  key: string,
  made: ApprovalRequest,
  { archive: { records } }: AskDeps,
): Promise<Entry<ApprovalRequest>> {
  const found = await records.read(key, ApprovalRequest);
  if (found) return found;
  await records.write(key, made, 'absent');
  const written = await records.read(key, ApprovalRequest);
  if (written) return written;
  throw new RecordConflict(`${key} was written and is missing. Find out which program removed it.`);
}

function requestOf({ what, holds, notes, reason, waitMs }: Asking, { clock, redactor }: AskDeps): ApprovalRequest {
  const now = clock.now();
  return {
    schema: 'cloudify-offsite/approval-request/1',
    what,
    digest: digestOf(what),
    holds,
    notes: notes.map((note) => redactor.clean(note)),
    ...(reason === undefined ? {} : { reason: redactor.clean(reason) }),
    requestedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + waitMs).toISOString(),
    notifiedAt: null,
    software: SOFTWARE,
  };
}

/** The message: what is overwritten by what, and both ways to decide. */
function told({ what, digest, holds, notes, reason, expiresAt }: ApprovalRequest): Record<string, unknown> {
  const { manager, restore, execution, archive, options } = what;
  return {
    outcome: 'waiting',
    message: `A restore is to overwrite manager ${manager}, which holds ${holds}. It waits for an approval until ${expiresAt}; then it ends, and nothing was changed.`,
    manager,
    restore,
    execution,
    ...{ archive, options, reason: reason ?? null, notes, expiresAt },
    command: approveCommand(what),
    console: { stateMachine: 'the one whose name ends with -approve', input: { manager, restore, request: digest } },
    more: runbookPage('a-restore-waits-for-approval'),
  };
}

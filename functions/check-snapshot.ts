import { hours, minutes, seconds } from '../lib/base/durations.ts';
import { SnapshotFailed, SnapshotLost, SnapshotTimedOut, UnexpectedReply } from '../lib/base/errors.ts';
import { pollInterval } from '../lib/base/poll-interval.ts';
import { quoted } from '../lib/base/redact.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { type ExecutionRow, hasEnded, type SnapshotRow } from '../lib/manager/client.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * One look at the snapshot. Ready means: the row says `created` and its execution has ended, because the row is written a
 * moment before the worker is done (contract.md §3.3). The manager has no time-out of its own, so we have (hazard K16).
 */
export const checkSnapshot = defineStep(
  'CheckSnapshot',
  async (input, { managers, clock, settings, rulesOf, redactor }) => {
    const { manager, node, snapshot, creation } = input;
    const client = await managers.open(manager, node);
    // The execution first: once it has ended, the row that is read after it is final.
    const known = creation.executionId === null ? undefined : await client.execution(creation.executionId);
    const row = await client.snapshot(snapshot);
    if (!row)
      throw new SnapshotLost(
        `Snapshot ${snapshot} vanished from manager ${manager} while it was made. Find out who deleted it.`,
      );
    const execution = known ?? (await client.creationOf(row));

    const why = quoted(redactor.clean(row.error || execution?.error || 'the manager gives no reason'), 300);
    refuseFailed(row, execution, `Snapshot ${snapshot} failed on manager ${manager}: ${why}`);
    const now = clock.now();
    const createdSeenAt = row.status === 'created' ? (creation.createdSeenAt ?? now.toISOString()) : null;
    if (createdSeenAt !== null && (!execution || hasEnded(execution) || isOverdue(createdSeenAt, now))) {
      return { ...creation, status: 'ready' as const, createdSeenAt, readyAt: now.toISOString() };
    }
    const elapsed = (now.getTime() - Date.parse(creation.requestedAt)) / 1000;
    const deadline = rulesOf(manager).snapshotDeadlineSeconds ?? settings.snapshotDeadlineSeconds;
    refuseLate(elapsed, execution, deadline, `Snapshot ${snapshot} on manager ${manager}`);
    return {
      ...creation,
      executionId: execution?.id ?? creation.executionId,
      createdSeenAt,
      waitSeconds: pollInterval(elapsed),
    };
  },
);

/**
 * The worker has moments left to do after the row says `created`. One that died in them never ends its execution, and
 * the archive is whole all the same, as every member's CRC-32 will tell.
 */
const OVERDUE_MS = minutes(15);

function isOverdue(createdSeenAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdSeenAt) >= OVERDUE_MS;
}

/** 5.0.5 ends the execution of a failed create as `terminated`; the row is right everywhere (contract.md §3.3). */
function refuseFailed(row: SnapshotRow, execution: ExecutionRow | undefined, message: string): void {
  if (row.status === 'failed') throw new SnapshotFailed(`${message}.`);
  if (!['creating', 'created'].includes(row.status)) {
    throw new UnexpectedReply(`${message}: its status is "${row.status}".`);
  }
  if (!execution || !hasEnded(execution)) return;
  if (execution.status !== 'terminated') throw new SnapshotFailed(`${message} (execution ${execution.status}).`);
  if (row.status === 'creating') throw new SnapshotFailed(`${message} (its execution ended, the snapshot did not).`);
}

/** An execution that was never started waits for a worker or a broker that is not there (hazard K26): 1 h is enough. */
const START_DEADLINE_SECONDS = hours(1) / seconds(1);

function refuseLate(elapsed: number, execution: ExecutionRow | undefined, deadline: number, label: string): void {
  const waited = `${(seconds(elapsed) / hours(1)).toFixed(1)} h`;
  if (execution?.status === 'pending' && elapsed > Math.min(START_DEADLINE_SECONDS, deadline)) {
    throw new SnapshotTimedOut(`${label} was not started within ${waited}. Are its broker and its mgmtworker running?`);
  }
  if (elapsed > deadline) {
    throw new SnapshotTimedOut(
      `${label} is not ready after ${waited} (execution ${execution?.status ?? 'unknown'}). Is its mgmtworker alive?`,
    );
  }
}

export const handler = toHandler(checkSnapshot, runtime);

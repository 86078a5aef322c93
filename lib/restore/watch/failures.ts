import { minutes } from '../../base/durations.ts';
import { CredentialsRejected, type OffsiteError, RestoreFailed, RestoreUnknown } from '../../base/errors.ts';
import { hasFailed, isWorkersEnd } from '../../manager/restore-executions.ts';
import type { RestoreLook } from '../../manager/restoring.ts';
import type { Restoring } from '../course.ts';
import { optionWords } from '../option-words.ts';
import {
  FLAG_MS,
  RECOVERY_MS,
  REJECTED_MS,
  REJECTED_UNSEEN_MS,
  START_MS,
  STOPPED_MS,
  STOPPED_UNSEEN_MS,
  UNREPORTED_MS,
} from './deadlines.ts';
import { type Judging, type Observation, since } from './observation.ts';

/** The ends of a restore that are no success: each is thrown, in words for the person who is paged. */

type SeenRow = Extract<RestoreLook, { seen: 'row' }>;

/**
 * `failed` with a reason is the worker's own word. `cancelled` is that of a person, and no worker looks at it (contract.md
 * §7.5): it goes on, until no node says so any more.
 */
export function refuseFailed(how: Judging, seen: Observation, next: Restoring, look: SeenRow): void {
  if (seen.isAlone === false) return;
  if (isWorkersEnd(look)) throw failed(how, seen, next, look);
  const patience = how.unseenNodes > 0 ? STOPPED_UNSEEN_MS : STOPPED_MS;
  if (next.stoppedSince !== null && since(next.stoppedSince, seen) >= patience) throw failed(how, seen, next, look);
}

function failed(
  { manager, clean }: Judging,
  { flags }: Observation,
  { executionId, flagSeen }: Restoring,
  look: SeenRow,
) {
  const why = clean(look.error) || 'the manager gives no reason';
  const stuck = flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  // Up to 6.4, and for legacy archives, it goes 3 s after the end (contract.md §8).
  const flag =
    stuck.length > 0
      ? ` ${stuck.join(', ')} still says that a restore is running: if it does so in a minute, its restore marker has to be removed.`
      : '';
  const seen = flagSeen ? ' while it was at work, and no node says any more that it runs' : '';
  const what = look.status === 'cancelled' ? `was cancelled by a user${seen}` : 'failed';
  return new RestoreFailed(`The restore on manager ${manager} ${what} (execution ${executionId}): ${why}.${flag}`);
}

/** Ends that nobody will ever report. */
export function refuseLost(how: Judging, seen: Observation, next: Restoring): void {
  const { look } = seen;
  const quietFor = next.flagGoneSince === null ? 0 : since(next.flagGoneSince, seen);
  if (next.terminatedSince !== null) {
    refuseUnwell(how, seen, next, since(next.terminatedSince, seen));
    return;
  }
  if (look.seen === 'row' && look.status === 'pending' && !next.flagSeen && since(next.requestedAt, seen) > START_MS) {
    throw unknown(
      how,
      next,
      `was not started within ${duration(START_MS)}: look at the manager's broker and mgmtworker`,
    );
  }
  const patience = next.flagSeen && how.unseenNodes === 0 ? REJECTED_MS : unseenPatience(next);
  // New certificates come with the reboot, after everything else; behind them nobody sees a flag.
  const overFor = seen.untrusted ? Number.POSITIVE_INFINITY : quietFor;
  if (next.rejectedSince !== null && Math.min(since(next.rejectedSince, seen), overFor) > patience) {
    throw rejected(how, seen);
  }
  // Behind a load balancer the node that restores may be one that never shows its flag.
  const isReported = look.seen !== 'absent' && !(look.seen === 'row' && !hasFailed(look.status));
  if (next.flagSeen && !isReported && how.unseenNodes === 0 && quietFor > UNREPORTED_MS) {
    throw unknown(how, next, `is not running any more, but its execution never ended (${lastSeen(next, look)})`);
  }
}

/** The longer it has worked before its passwords were rejected, the longer may be what follows (contract.md §7.4). */
function unseenPatience({ rejectedSince, firstRequestedAt }: Restoring): number {
  const worked = rejectedSince === null ? 0 : Date.parse(rejectedSince) - Date.parse(firstRequestedAt);
  return Math.max(REJECTED_UNSEEN_MS, worked);
}

/** The execution ended well; what comes after it did not. */
function refuseUnwell(how: Judging, seen: Observation, next: Restoring, elapsed: number): void {
  // Not at the first look that sees the end: what was thrown by it would be told without that.
  if (how.restoring.terminatedSince !== null) refuseOthers(how, seen, next);
  const flagged = seen.flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  if (flagged.length > 0 && elapsed > FLAG_MS) {
    throw unknown(
      how,
      next,
      `ended as completed, but ${flagged.join(', ')} still says after ${duration(elapsed)} that it is running: what follows a restore there (passwords, certificates) may not have been done`,
    );
  }
  if (next.rejectedSince !== null && since(next.rejectedSince, seen) > REJECTED_MS) throw rejected(how, seen);
  if (next.wellSince === null && elapsed > RECOVERY_MS) {
    throw unknown(
      how,
      next,
      `ended as completed, but the manager has not been well since, for ${duration(elapsed)} (${whyUnwell(seen, next)})`,
    );
  }
}

/** Whatever it holds now is not what ours has brought, or not that alone. */
function refuseOthers(how: Judging, { others }: Observation, next: Restoring): void {
  const last = others.at(-1);
  if (!last) return;
  throw unknown(
    how,
    next,
    `ended as completed, and then another snapshot was restored (execution ${last.id}, ${last.status}): what the manager holds is not what the archive holds, or not that alone`,
  );
}

function whyUnwell({ look, isAlone }: Observation, { restoringOn }: Restoring): string {
  if (look.seen === 'away') return look.why;
  if (look.seen !== 'row') return LOOKS[look.seen];
  if (isAlone === false) return 'another restore of the same snapshot may begin at any moment';
  if (restoringOn.length > 0) return `${restoringOn.join(', ')}, which restored, does not answer`;
  return isAlone === true ? 'its services are not up' : 'its executions cannot be listed';
}

function rejected(how: Judging, { untrusted, rejectedAs = [] }: Observation): OffsiteError {
  if (untrusted) return untrusted;
  const { manager, format, withheld } = how;
  const what = `The restore on manager ${manager} is over, as far as can be seen, and every password that we know is rejected`;
  if (format === 'new') {
    return new CredentialsRejected(
      `${what}. Archives of the new format bring no password of the admin: it was changed meanwhile. Put the new one into the secret of ${manager}.`,
    );
  }
  // The salt of the archive comes in the middle, its admin at the very end: in between no password is any good.
  if (how.namesArchiveSecret || rejectedAs.includes('source')) {
    return new CredentialsRejected(
      `${what}, those of the archive's manager as well: most probably the restore failed in the middle. Look at the log of the mgmtworker on ${manager} (/var/log/cloudify/mgmtworker). Then set a password there (cfy_manager reset-admin-password), put it into the secret of ${manager}, empty the manager and restore again.`,
    );
  }
  const pair = optionWords.pairWith(manager);
  const advice =
    withheld === undefined
      ? `Put them into the secret of ${manager}, or name a secret that holds them: ${pair}.`
      : `Those of manager ${withheld} were not tried: the configuration does not let them be sent to ${manager}. Put them into the secret of ${manager}, or name the pair: ${pair}.`;
  return new CredentialsRejected(
    `${what}: it has those of the archive's manager now. ${advice} Then compare it with the archive by hand, or restore again.`,
  );
}

export function unknown({ manager }: Judging, { executionId }: Restoring, what: string): RestoreUnknown {
  const execution = executionId === null ? '' : ` (execution ${executionId})`;
  return new RestoreUnknown(`The restore on manager ${manager}${execution} ${what}.`);
}

export function lastSeen({ lastStatus }: Restoring, look: RestoreLook): string {
  const now = look.seen === 'away' ? look.why : look.seen === 'row' ? undefined : LOOKS[look.seen];
  return [`last seen as ${lastStatus ?? 'nothing'}`, now].filter(Boolean).join('; now: ');
}

const LOOKS = { absent: 'no such execution', rejected: 'credentials rejected' } as const;

export function duration(milliseconds: number): string {
  const count = Math.round(milliseconds / minutes(1));
  return count < 120 ? `${count} min` : `${(count / 60).toFixed(1)} h`;
}

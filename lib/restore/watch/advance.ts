import { hasFailed, isWorkersEnd } from '../../manager/restore-executions.ts';
import type { Restoring } from '../course.ts';
import {
  LATEST_MS,
  MOST_REQUESTS,
  SETTLE_BEFORE_REBOOT_MS,
  SETTLE_MS,
  UNKNOWN_MS,
  UNKNOWN_UNSEEN_MS,
} from './deadlines.ts';
import { duration, lastSeen, refuseFailed, refuseLost, unknown } from './failures.ts';
import { type Judging, type Observation, since } from './observation.ts';
import { isOver, isQuiet, lastRunning, stillSilent } from './restore-flags.ts';

/**
 * What a look means: how far the restore is. Success is the execution's own word, no flag on any node, no other restore,
 * and services that are up, for a while; `/snapshot-status` alone means nothing (hazard K8). Throws `RestoreFailed` with
 * the manager's reason, `RestoreUnknown` when its end will not be known, `CredentialsRejected` and `CertificateUntrusted`
 * when it ended with credentials or a CA that we were not given.
 */
export function advance(how: Judging, seen: Observation): Restoring {
  const next = afterLook(how, seen);
  const { look } = seen;
  if (look.seen === 'row' && hasFailed(look.status)) refuseFailed(how, seen, next, look);
  refuseLost(how, seen, next);
  // One that has ended is given its own time to become well.
  const latest = Date.parse(how.startedAt) + LATEST_MS - Date.parse(next.firstRequestedAt);
  const left = Math.max(0, Math.min(how.deadlineSeconds * 1000, latest));
  if (next.terminatedSince === null && since(next.firstRequestedAt, seen) > left) {
    throw unknown(how, next, `has not ended within ${duration(left)} (${lastSeen(next, look)})`);
  }
  if (isLost(how, next, seen)) return askedInVain(how, next);
  const settle = how.reboots && !next.outageSeen ? SETTLE_BEFORE_REBOOT_MS : SETTLE_MS;
  if (next.wellSince !== null && since(next.wellSince, seen) >= settle) {
    return { ...next, status: 'ended', endedAt: next.wellSince };
  }
  return next;
}

/** The state after this look, without any judgement. */
function afterLook({ restoring }: Judging, seen: Observation): Restoring {
  const { now, flags, look, access, healthy, untrusted } = seen;
  const at = now.toISOString();
  const before = ofThisOne(restoring, seen);
  const restoringOn = lastRunning(before.restoringOn, flags);
  const silentNodes = stillSilent(before.silentNodes, flags);
  const isSilent = isOver(flags) && restoringOn.length === 0;
  const quiet = isSilent && isQuiet(flags, silentNodes);
  const terminated = look.seen === 'row' && look.status === 'terminated';
  const stopped = look.seen === 'row' && hasFailed(look.status) && !isWorkersEnd(look);
  const isRejected = look.seen === 'rejected' || untrusted !== undefined;
  // A certificate that is refused comes before any password.
  const isBadLogin = seen.tried && untrusted === undefined;
  return {
    ...before,
    access: access ?? before.access,
    lastStatus: look.seen === 'row' ? look.status : before.lastStatus,
    flagSeen: before.flagSeen || flags.some(({ flag }) => flag === 'running'),
    restoringOn,
    silentNodes,
    flagGoneSince: quiet ? (before.flagGoneSince ?? at) : null,
    rejectedSince: isRejected ? (before.rejectedSince ?? at) : null,
    triedAt: isRejected ? (isBadLogin ? at : before.triedAt) : null,
    awaySince: look.seen === 'away' ? (before.awaySince ?? at) : null,
    terminatedSince: before.terminatedSince ?? (terminated ? at : null),
    stoppedSince: stopped && quiet ? (before.stoppedSince ?? at) : null,
    wellSince: terminated && isSilent && healthy && seen.isAlone === true ? (before.wellSince ?? at) : null,
    outageSeen: before.outageSeen || (before.terminatedSince !== null && look.seen === 'away'),
  };
}

/** A second one is another restore: what was seen of the end of the first does not count any more. */
function ofThisOne(restoring: Restoring, { executionId }: Observation): Restoring {
  if (executionId === undefined || executionId === restoring.executionId) return restoring;
  if (restoring.executionId === null) return { ...restoring, executionId };
  return { ...restoring, executionId, terminatedSince: null, wellSince: null, outageSeen: false };
}

/** Once more, as long as it was not too often. */
function askedInVain(how: Judging, next: Restoring): Restoring {
  if (next.requests < MOST_REQUESTS) return { ...next, status: 'lost' };
  throw unknown(
    how,
    next,
    `was asked for ${next.requests} times; no answer came, and nothing shows that the manager has taken it`,
  );
}

/** Asked for without an answer: a manager that answers, and has neither row nor flag, has not taken it. */
function isLost({ unseenNodes }: Judging, next: Restoring, seen: Observation): boolean {
  const { executionId, flagGoneSince, flagSeen, requestedAt } = next;
  if (executionId !== null || flagSeen || seen.look.seen !== 'absent' || flagGoneSince === null) return false;
  const patience = unseenNodes > 0 ? UNKNOWN_UNSEEN_MS : UNKNOWN_MS;
  return Math.min(since(flagGoneSince, seen), since(requestedAt, seen)) > patience;
}

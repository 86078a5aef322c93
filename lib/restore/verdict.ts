import { CredentialsRejected, type OffsiteError, RestoreFailed, RestoreUnknown } from '../errors.ts';
import { hasFailed } from '../manager/restore-executions.ts';
import type { Look, RestoreFlag } from '../manager/restoring.ts';
import {
  FLAG_MS,
  MINUTES,
  RECOVERY_MS,
  REJECTED_MS,
  REJECTED_UNSEEN_MS,
  SETTLE_BEFORE_REBOOT_MS,
  SETTLE_MS,
  START_MS,
  UNKNOWN_MS,
  UNREPORTED_MS,
  UNREPORTED_UNSEEN_MS,
} from './deadlines.ts';
import type { AccessName, Restoring } from './parts.ts';

/** What one look at a manager showed. */
export interface Seen {
  readonly now: Date;
  readonly flags: readonly RestoreFlag[];
  readonly look: Look;
  /** With which credentials, when any were accepted. */
  readonly access: AccessName | undefined;
  /** Whether credentials were tried at all; see `mayTryAgain`. */
  readonly tried: boolean;
  /** Found by what it restores, where the answer with its id was lost. */
  readonly executionId: string | undefined;
  /** Its essential services are up. Only asked once the execution has ended well. */
  readonly healthy: boolean;
  /** Its certificate is of another CA than those that we know. */
  readonly untrusted: OffsiteError | undefined;
}

export interface Judging {
  readonly manager: string;
  readonly restoring: Restoring;
  /** Of the whole run. */
  readonly startedAt: string;
  readonly deadlineSeconds: number;
  readonly format: 'legacy' | 'new';
  /** The manager restarts after it has put back the archive's certificates. */
  readonly reboots: boolean;
  /** Nodes that were down when the restore began, as the vendor advises for clusters (contract.md §2.6). */
  readonly nodesAway: number;
  /** Nodes that have no endpoint of their own, as behind a load balancer: any of them may hold the flag. */
  readonly unseenNodes: number;
  /** For the reason that the manager gives: one line, without credentials. */
  readonly clean: (text: string) => string;
}

/**
 * What a look means: how far the restore is. Success is the execution's own word, no flag on any node, and services that
 * are up, for a while; `/snapshot-status` alone means nothing (hazard K8). Throws `RestoreFailed` with the manager's
 * reason, `RestoreUnknown` when its end will not be known, `CredentialsRejected` and `CertificateUntrusted` when it
 * ended with credentials or a CA that we were not given.
 */
export function judge(how: Judging, seen: Seen): Restoring {
  const next = advance(how, seen);
  const { look } = seen;
  if (look.seen === 'row' && hasFailed(look.status)) throw failed(how, seen, look);
  refuseLost(how, seen, next);
  // One that has ended is given its own time to become well.
  if (next.terminatedSince === null && since(next.requestedAt, seen) > how.deadlineSeconds * 1000) {
    throw unknown(how, `has not ended within ${duration(how.deadlineSeconds * 1000)} (${lastSeen(next, look)})`);
  }
  if (isLost(next, seen)) return askedInVain(how, seen, next);
  const settle = how.reboots && !next.outageSeen ? SETTLE_BEFORE_REBOOT_MS : SETTLE_MS;
  if (next.wellSince !== null && since(next.wellSince, seen) >= settle) {
    return { ...next, status: 'ended', endedAt: next.wellSince };
  }
  return next;
}

/** The state after this look, without any judgement. */
function advance({ restoring: before, nodesAway }: Judging, seen: Seen): Restoring {
  const { now, flags, look, access, healthy, untrusted, executionId } = seen;
  const at = now.toISOString();
  const isFlagged = flags.some(({ flag }) => flag === 'running');
  const isOver = !isFlagged && flags.some(({ flag }) => flag === 'not-running');
  // A node whose services are stopped for the restore is not one that has ended it, whatever its fellows say.
  const isQuiet = isOver && flags.filter(({ flag }) => flag === 'unknown').length <= nodesAway;
  const flagSeen = before.flagSeen || isFlagged;
  const terminated = look.seen === 'row' && look.status === 'terminated';
  const isRejected = look.seen === 'rejected' || untrusted !== undefined;
  return {
    ...before,
    executionId: executionId ?? before.executionId,
    access: access ?? before.access,
    lastStatus: look.seen === 'row' ? look.status : before.lastStatus,
    flagSeen,
    flagGoneSince: isQuiet ? (before.flagGoneSince ?? at) : null,
    rejectedSince: isRejected ? (before.rejectedSince ?? at) : null,
    triedAt: isRejected ? (seen.tried ? at : before.triedAt) : null,
    terminatedSince: before.terminatedSince ?? (terminated ? at : null),
    wellSince: terminated && isOver && healthy ? (before.wellSince ?? at) : null,
    outageSeen: before.outageSeen || (before.terminatedSince !== null && look.seen === 'away'),
  };
}

function failed({ manager, restoring, clean }: Judging, { flags }: Seen, look: Extract<Look, { seen: 'row' }>) {
  const why = clean(look.error) || 'the manager gives no reason';
  const stuck = flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  // Up to 6.4, and for legacy archives, it goes 3 s after the end (contract.md §8).
  const flag =
    stuck.length > 0
      ? ` ${stuck.join(', ')} still says that a restore is running: if it does so in a minute, its flag file has to go.`
      : '';
  const what = look.status === 'cancelled' ? 'was cancelled by somebody' : 'failed';
  return new RestoreFailed(
    `The restore on manager ${manager} ${what} (execution ${restoring.executionId}): ${why}.${flag}`,
  );
}

/** Once more, as long as there is time. */
function askedInVain(how: Judging, seen: Seen, next: Restoring): Restoring {
  if (since(how.startedAt, seen) <= how.deadlineSeconds * 1000) return { ...next, status: 'lost' };
  throw unknown(how, 'was asked for again and again; no answer came, and nothing shows that the manager has taken it');
}

/** Asked for without an answer: a manager that answers, and has neither row nor flag, has not taken it. */
function isLost({ executionId, flagGoneSince }: Restoring, seen: Seen): boolean {
  if (executionId !== null || seen.look.seen !== 'absent' || flagGoneSince === null) return false;
  return since(flagGoneSince, seen) > UNKNOWN_MS;
}

/** Ends that nobody will ever report. */
function refuseLost(how: Judging, seen: Seen, next: Restoring): void {
  const { look } = seen;
  const quietFor = next.flagGoneSince === null ? 0 : since(next.flagGoneSince, seen);
  if (next.terminatedSince !== null) {
    refuseUnwell(how, seen, next, since(next.terminatedSince, seen));
    return;
  }
  if (look.seen === 'row' && look.status === 'pending' && !next.flagSeen && since(next.requestedAt, seen) > START_MS) {
    throw unknown(how, `was not started within ${duration(START_MS)}: look at the manager's broker and mgmtworker`);
  }
  const patience = next.flagSeen && how.unseenNodes === 0 ? REJECTED_MS : REJECTED_UNSEEN_MS;
  // New certificates come with the reboot, after everything else; behind them nobody sees a flag.
  const overFor = seen.untrusted ? Number.POSITIVE_INFINITY : quietFor;
  if (next.rejectedSince !== null && Math.min(since(next.rejectedSince, seen), overFor) > patience) {
    throw rejected(how, seen);
  }
  const isUnreported = next.flagSeen && (look.seen === 'row' || look.seen === 'absent');
  if (isUnreported && quietFor > (how.unseenNodes > 0 ? UNREPORTED_UNSEEN_MS : UNREPORTED_MS)) {
    throw unknown(how, `is not running any more, but its execution never ended (${lastSeen(next, look)})`);
  }
}

/** The execution ended well; what comes after it did not. */
function refuseUnwell(how: Judging, seen: Seen, next: Restoring, elapsed: number): void {
  const flagged = seen.flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  if (flagged.length > 0 && elapsed > FLAG_MS) {
    throw unknown(
      how,
      `ended as completed, but ${flagged.join(', ')} still says after ${duration(elapsed)} that it is running: what follows a restore there (passwords, certificates) may not have been done`,
    );
  }
  if (next.rejectedSince !== null && since(next.rejectedSince, seen) > REJECTED_MS) throw rejected(how, seen);
  if (next.wellSince === null && elapsed > RECOVERY_MS) {
    const why = seen.look.seen === 'away' ? seen.look.why : 'its services are not up';
    throw unknown(
      how,
      `ended as completed, but the manager has not been well since, for ${duration(elapsed)} (${why})`,
    );
  }
}

function rejected({ manager, format }: Judging, { untrusted }: Seen): OffsiteError {
  if (untrusted) return untrusted;
  const what = `The restore on manager ${manager} is over, as far as can be seen, and every password that we know is rejected`;
  if (format === 'new') {
    return new CredentialsRejected(
      `${what}. Archives of the new format bring no password of the admin: it was changed meanwhile. Put the new one into the secret of ${manager}.`,
    );
  }
  return new CredentialsRejected(
    `${what}: it has those of the archive's manager now. Put them into its secret, or name a secret that holds them as restoredCredentialsSecret.`,
  );
}

function unknown({ manager, restoring }: Judging, what: string): RestoreUnknown {
  const execution = restoring.executionId === null ? '' : ` (execution ${restoring.executionId})`;
  return new RestoreUnknown(`The restore on manager ${manager}${execution} ${what}.`);
}

function lastSeen({ lastStatus }: Restoring, look: Look): string {
  const now = look.seen === 'away' ? look.why : look.seen === 'row' ? undefined : LOOKS[look.seen];
  return [`last seen as ${lastStatus ?? 'nothing'}`, now].filter(Boolean).join('; now: ');
}

const LOOKS = { absent: 'no such execution', rejected: 'credentials rejected' } as const;

function since(time: string, { now }: Seen): number {
  return now.getTime() - Date.parse(time);
}

function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / MINUTES);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

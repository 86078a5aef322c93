import { hours, minutes, seconds } from '../../base/durations.ts';
import type { RestoreFlag } from '../../manager/restoring.ts';
import type { Restoring } from '../course.ts';
import { isQuiet } from './restore-flags.ts';

/** How long each stage of a restore is waited for before it is given up, and credentials are spared. */

/** A worker that lives picks a restore up within seconds. */
export const START_MS = minutes(30);
/** Between the end of the restore and the new admin password lie moments (contract.md §7.4, step 8). */
export const REJECTED_MS = minutes(15);
/** The same where no node was seen restoring, or may not be seen, behind a load balancer: then only patience tells. */
export const REJECTED_UNSEEN_MS = minutes(60);
/** The flag goes before or seconds after the execution ends. */
export const FLAG_MS = minutes(15);
/** A worker that removed its flag and did not report within this never will (contract.md §8, step 4). */
export const UNREPORTED_MS = minutes(10);
/**
 * A manager that answers and knows of no restore of ours, after a request whose answer was lost. Its web server gives a
 * request up after 330 s (contract.md §1.7): until then it may still begin.
 */
export const UNKNOWN_MS = minutes(6);
/** The same behind a load balancer, which may show another node's missing flag meanwhile. */
export const UNKNOWN_UNSEEN_MS = minutes(60);
/** Of the whole run. The machine is ended after 48 h, without clean-up; what comes after the restore may need 5 of them. */
export const LATEST_MS = hours(42);
/** Requests without an answer, of which the manager shows nothing. */
export const MOST_REQUESTS = 3;
/** A worker raises its flag moments after it has begun, whatever somebody writes into its row meanwhile. */
export const STOPPED_MS = minutes(2);
/** The same behind a load balancer. */
export const STOPPED_UNSEEN_MS = minutes(60);
/** Services and a reboot after the end: minutes (hazard K19). */
export const RECOVERY_MS = minutes(45);
/** All must be well for so long: the password changes, and a reboot begins, moments after the flag has gone. */
export const SETTLE_MS = seconds(30);
/** The same when a reboot is due and has not been seen. */
export const SETTLE_BEFORE_REBOOT_MS = minutes(3);

/** Once all credentials were rejected: every one of them is a bad login, and enough of those lock an account. */
const PAUSE_WHILE_RUNNING_MS = minutes(5);
const PAUSE_AT_THE_END_MS = minutes(1);
/** The password changes within seconds of the flag's going. */
const SOON_MS = minutes(2);

/**
 * Whether to try credentials at this look. Locked accounts: contract.md §1.7. Where a node restores, or nobody can say
 * that none does, passwords change at the end at the earliest.
 */
export function mayTryAgain(restoring: Restoring, flags: readonly RestoreFlag[], now: Date): boolean {
  const { triedAt, flagGoneSince } = restoring;
  if (triedAt === null) return true;
  const passed = now.getTime() - Date.parse(triedAt);
  if (!isQuiet(flags, restoring.silentNodes)) return passed >= PAUSE_WHILE_RUNNING_MS;
  const isSoon = flagGoneSince === null || now.getTime() - Date.parse(flagGoneSince) <= SOON_MS;
  return isSoon || passed >= PAUSE_AT_THE_END_MS;
}

import type { OffsiteError } from '../../base/errors.ts';
import type { ListedExecution } from '../../manager/restore-executions.ts';
import type { RestoreFlag, RestoreLook } from '../../manager/restoring.ts';
import type { AccessName, Restoring } from '../course.ts';

/** What one look at a manager showed. */
export interface Observation {
  readonly now: Date;
  readonly flags: readonly RestoreFlag[];
  readonly look: RestoreLook;
  /** With which credentials, when any were accepted. */
  readonly access: AccessName | undefined;
  /** Those that were rejected at this look. */
  readonly rejectedAs?: readonly AccessName[] | undefined;
  /** Whether credentials were tried at all; see `mayTryAgain`. */
  readonly tried: boolean;
  /** Found by what it restores: where the answer with its id was lost, or where a second one has begun. */
  readonly executionId: string | undefined;
  /** False: another restore of our upload is at work, or may be in a moment. */
  readonly isAlone: boolean | 'unknown';
  /** Restores of something else that began after ours. */
  readonly others: readonly Pick<ListedExecution, 'id' | 'status'>[];
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
  /** The input names a secret with the credentials of the archive. */
  readonly namesArchiveSecret?: boolean;
  /** The manager restarts after it has put back the archive's certificates. */
  readonly reboots: boolean;
  /** The manager of the archive, if its credentials may not be sent to the one that is restored. */
  readonly withheld: string | undefined;
  /** Nodes that have no endpoint of their own, as behind a load balancer: any of them may hold the flag. */
  readonly unseenNodes: number;
  /** For the reason that the manager gives: one line, without credentials. */
  readonly clean: (text: string) => string;
}

/** Milliseconds from a time of the state to this look. */
export function since(time: string, { now }: Pick<Observation, 'now'>): number {
  return now.getTime() - Date.parse(time);
}

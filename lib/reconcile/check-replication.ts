import { hours } from '../base/durations.ts';
import { OffsiteError } from '../base/errors.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import type { StoredObject } from '../storage/archive-bucket.ts';
import type { Finding } from './findings.ts';
import type { Observed } from './observe.ts';

/** S3 copies most objects within minutes, some take hours (aws: S3 replication). */
const LATE_HOURS = 4;

type State = 'failed' | 'late' | 'none';

/**
 * Archives without a copy, one finding for each reason, however many there are. S3 tries a failed one never again, and
 * neither moves nor ends what is pending or failed (aws: S3 lifecycle and replication).
 */
export function judgeReplication(view: Observed, { isReplicated = false }: ManagerRules): Finding[] {
  const found = new Map<State, string[]>();
  for (const [{ manifest }, head] of view.heads) {
    const state = head && !(head instanceof OffsiteError) && stateOf(head, isReplicated, view.now);
    if (state) found.set(state, [...(found.get(state) ?? []), manifest.archive.key]);
  }
  return [...found].map(([state, keys]) => ({
    kind: 'NotReplicated',
    about: `${view.manager}, replication ${state}`,
    message: `${countOf(keys)} ${MESSAGES[state]}`,
  }));
}

/** Whether lifecycle rules leave an archive alone because of its copy. */
export function isHeldByReplication(head: ReturnType<Observed['heads']['get']>): boolean {
  return (
    head !== undefined && !(head instanceof OffsiteError) && ['PENDING', 'FAILED'].includes(head.replication ?? '')
  );
}

function stateOf({ replication, storedAt }: StoredObject, isReplicated: boolean, now: Date): State | undefined {
  if (replication === 'FAILED') return 'failed';
  const isLate = now.getTime() - storedAt.getTime() > hours(LATE_HOURS);
  if (replication === 'PENDING') return isLate ? 'late' : undefined;
  return replication === undefined && isReplicated && isLate ? 'none' : undefined;
}

function countOf(keys: readonly string[]): string {
  const newest = [...keys].sort().at(-1);
  return keys.length === 1 ? `${newest}` : `${keys.length} archives, the newest ${newest},`;
}

const MESSAGES: Readonly<Record<State, string>> = {
  failed:
    'could not be copied (ReplicationStatus FAILED). S3 does not try again, and lifecycle rules neither move nor end what has no copy: correct role, key, policy or Object Lock of the copies, then copy with S3 Batch Replication.',
  late: `could not be copied for more than ${LATE_HOURS} h (ReplicationStatus PENDING). Lifecycle rules neither move nor end what waits. Look at the replication metrics of the bucket.`,
  none: 'had no replication when stored, so no copy was made: copy with S3 Batch Replication.',
};

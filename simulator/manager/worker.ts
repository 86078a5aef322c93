import type { ByteSource } from '../archive/byte-source.ts';
import { truncated } from '../archive/tampered.ts';
import { RestoreWorker } from './restore-worker.ts';
import { CANCELLING_STATUSES, type CreatePlan, type ExecutionRow } from './rows.ts';
import type { ManagerState } from './state.ts';
import type { VersionLine } from './version-line.ts';

/** Makes the bytes of a new archive. */
export type ArchiveFactory = (create: { snapshotId: string; executionId: string; isLegacy: boolean }) => ByteSource;

/** A create is `pending` for this share of its time, then `started`. */
const PENDING_SHARE = 0.1;
/** Between `created` of the snapshot and the end of the execution lies a moment (contract §3.3), at most 0.5 s. */
const GAP_SHARE = 0.1;
const LONGEST_GAP_SECONDS = 0.5;

interface Due {
  readonly row: ExecutionRow;
  readonly plan: CreatePlan;
  readonly at: number;
}

/**
 * The management worker, without a timer: at each request it catches up on everything that the handed-in clock says has
 * happened since. Tests may therefore let an hour pass by setting their clock.
 */
export class Worker {
  readonly #state: ManagerState;
  readonly #line: VersionLine;
  readonly #makeArchive: ArchiveFactory;
  readonly #restores: RestoreWorker;

  constructor(state: ManagerState, line: VersionLine, makeArchive: ArchiveFactory) {
    this.#state = state;
    this.#line = line;
    this.#makeArchive = makeArchive;
    this.#restores = new RestoreWorker(state, line);
  }

  catchUp(): void {
    const now = this.#state.now().getTime();
    for (;;) {
      const due = this.#next();
      const step = this.#restores.next();
      const isStepFirst = step !== undefined && step.at < (due?.at ?? Number.POSITIVE_INFINITY);
      if (isStepFirst && step.at <= now) step.apply();
      else if (!isStepFirst && due !== undefined && due.at <= now) this.#apply(due);
      else return;
    }
  }

  #next(): Due | undefined {
    const dues = this.#state.executions.flatMap((row): Due[] => {
      const at = row.plan === undefined ? undefined : this.#dueOf(row, row.plan);
      return row.plan === undefined || at === undefined ? [] : [{ row, plan: row.plan, at }];
    });
    return dues.sort((a, b) => a.at - b.at)[0];
  }

  #dueOf(row: ExecutionRow, plan: CreatePlan): number | undefined {
    if (plan.since === undefined || plan.stage === 'done') return undefined;
    // The worker polls its own status and obeys a cancel at once; a status that an operator forced ends its work too.
    if (row.status === null || CANCELLING_STATUSES.includes(row.status)) return 0;
    if (row.status !== 'pending' && row.status !== 'started') return 0;
    const length = plan.seconds * 1000;
    if (plan.stage === 'sent') return plan.since + length * PENDING_SHARE;
    if (plan.outcome === 'never') return undefined;
    const gap = Math.min(LONGEST_GAP_SECONDS * 1000, length * GAP_SHARE);
    return plan.since + length - (plan.stage === 'started' ? gap : 0);
  }

  #apply({ row, plan, at }: Due): void {
    const isCancelled = row.status !== null && CANCELLING_STATUSES.includes(row.status);
    if (isCancelled) this.#state.setExecutionStatus(row, 'cancelled', '');
    if (row.status !== 'pending' && row.status !== 'started') {
      plan.stage = 'done';
    } else if (plan.stage === 'sent') {
      plan.stage = 'started';
      this.#state.setExecutionStatus(row, 'started', '', new Date(at));
      if (plan.leavesPartialZip) this.#leavePartialZip(row, plan, at);
    } else if (plan.stage === 'started') {
      plan.stage = 'archived';
      this.#archive(row, plan, at);
    } else {
      plan.stage = 'done';
      this.#end(row, plan, at);
    }
  }

  /** The zip grows at the very path that nginx serves (hazard K1). */
  #leavePartialZip(row: ExecutionRow, plan: CreatePlan, at: number): void {
    const whole = this.#makeArchive({ snapshotId: plan.snapshotId, executionId: row.id, isLegacy: plan.isLegacy });
    this.#state.writeFile(plan.snapshotId, truncated(whole, Math.floor(whole.size / 2)), plan.node, new Date(at));
  }

  #archive(row: ExecutionRow, plan: CreatePlan, at: number): void {
    const { snapshotId, outcome, isLegacy } = plan;
    const snapshot = this.#state.snapshot(snapshotId, row.tenant);
    if (typeof outcome === 'object') {
      this.#state.files.delete(snapshotId);
      if (snapshot !== undefined) Object.assign(snapshot, { status: 'failed', error: outcome.error });
      return;
    }
    const source = this.#makeArchive({ snapshotId, executionId: row.id, isLegacy });
    this.#state.writeFile(snapshotId, source, plan.node, new Date(at));
    if (snapshot !== undefined) snapshot.status = 'created';
    // From 7.0.3 the worker uploads the archive, and the upload makes the row that somebody deleted (observed).
    else if (this.#line.acceptsUploadToExisting) this.#state.addSnapshot(snapshotId, 'created', { tenant: row.tenant });
  }

  #end(row: ExecutionRow, plan: CreatePlan, at: number): void {
    const when = new Date(at);
    if (typeof plan.outcome !== 'object') this.#state.setExecutionStatus(row, 'terminated', '', when);
    else if (this.#line.hidesFailedCreate) this.#state.setExecutionStatus(row, 'terminated', '', when);
    else
      this.#state.setExecutionStatus(row, 'failed', `Traceback (most recent call last):\n${plan.outcome.error}`, when);
  }
}

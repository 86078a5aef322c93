import { Content, type Inventory } from './content.ts';
import { isReadable, verdictOfPlan } from './restore-checks.ts';
import { merge, type Skipped, withoutLost } from './restore-content.ts';
import type { RestorePlan, RunningRestore, TimedStep } from './restore-plan.ts';
import { failingSteps, legacySteps, newSteps } from './restore-timeline.ts';
import { CANCELLING_STATUSES, END_STATUSES, type ExecutionRow } from './rows.ts';
import type { ManagerState } from './state.ts';
import type { VersionLine } from './version-line.ts';

export interface DueStep {
  readonly at: number;
  apply(): void;
}

/** The `restore_snapshot` workflow, one step of its time line after the other (contract §7.4). */
export class RestoreWorker {
  readonly #state: ManagerState;
  readonly #line: VersionLine;

  constructor(state: ManagerState, line: VersionLine) {
    this.#state = state;
    this.#line = line;
  }

  /** What is to happen next, whenever that is. */
  next(): DueStep | undefined {
    const firsts = this.#state.restores.flatMap((restore) => {
      const [step] = restore.steps;
      return step === undefined ? [] : [{ at: step.at, apply: () => this.#take(restore, step) }];
    });
    return firsts.sort((a, b) => a.at - b.at)[0];
  }

  #take(restore: RunningRestore, step: TimedStep): void {
    restore.steps = restore.steps.slice(1);
    this.#apply(restore, step);
    if (restore.steps.length === 0) this.#state.restores = this.#state.restores.filter((one) => one !== restore);
  }

  #apply(restore: RunningRestore, step: TimedStep): void {
    const { plan } = restore;
    const flags = this.#state.restoreFlags;
    if (step.does === 'start') this.#start(restore, step.at);
    else if (step.does === 'raise flag') flags.add(plan.node);
    else if (step.does === 'validate') this.#validate(restore);
    else if (step.does === 'fail')
      this.#end(plan, 'failed', `Traceback (most recent call last):\n${step.error}`, step.at);
    else if (step.does === 'take database') this.#takeDatabase(plan);
    else if (step.does === 'write database') this.#writeDatabase(restore, step.at);
    else if (step.does === 'break schema') this.#breakSchema(plan);
    else if (step.does === 'stop rest') this.#stopRest(plan);
    else if (step.does === 'start rest') this.#state.restDownNodes.delete(plan.node);
    else if (step.does === 'merge') this.#merge(restore, step.at);
    else if (step.does === 'end') this.#end(plan, 'terminated', '', step.at);
    else if (step.does === 'remove flag') flags.delete(plan.node);
    else if (step.does === 'switch admin') this.#switchAdmin(plan);
    else this.#reboot(plan, step.at);
  }

  /** The row under its id: after the database was written it is another one. */
  #row({ executionId }: RestorePlan): ExecutionRow | undefined {
    return this.#state.execution(executionId);
  }

  /** Only before it has begun can a restore be cancelled: later the workflow does not look (§7.5). */
  #start(restore: RunningRestore, at: number): void {
    const row = this.#row(restore.plan);
    if (row?.status === 'pending') {
      this.#state.setExecutionStatus(row, 'started', '', new Date(at));
      return;
    }
    restore.steps = [];
    if (row !== undefined && CANCELLING_STATUSES.includes(String(row.status))) {
      this.#state.setExecutionStatus(row, 'cancelled', '', new Date(at));
    }
  }

  #validate(restore: RunningRestore): void {
    const { plan } = restore;
    const verdict = verdictOfPlan(this.#state, plan, this.#line);
    if ('error' in verdict) restore.steps = failingSteps(plan, verdict.error, verdict.flag);
    else if ('psqlError' in verdict) restore.steps = legacySteps(plan, verdict.psqlError);
    else {
      restore.restorable = verdict.restorable;
      restore.steps = verdict.format === 'legacy' ? legacySteps(plan) : newSteps(plan);
    }
  }

  /** An end that somebody set by hand stays: the worker's token is void then. */
  #end(plan: RestorePlan, status: string, error: string, at: number): void {
    const row = this.#row(plan);
    if (row === undefined || END_STATUSES.includes(String(row.status))) return;
    this.#state.setExecutionStatus(row, status, error, new Date(at));
    // From 6.3 on it goes with the row; before, it stays on the disk and blocks its id (§7.5, §11 no. 15).
    const isGone = this.#state.snapshots.every(({ id }) => id !== plan.snapshotId);
    if (status === 'terminated' && isGone && this.#line.removesRestoredArchive)
      this.#state.files.delete(plan.snapshotId);
  }

  #stopRest({ node }: Pick<RestorePlan, 'node'>): void {
    if (this.#line.stopsRestInRestore) this.#state.restDownNodes.add(node);
  }

  #takeDatabase({ node }: RestorePlan): void {
    this.#stopRest({ node });
    if (!this.#line.stopsRestInRestore) this.#state.schemaInFlux = { requests: 0 };
  }

  #giveDatabaseBack({ node }: RestorePlan): void {
    this.#state.restDownNodes.delete(node);
    this.#state.schemaInFlux = undefined;
  }

  #breakSchema(plan: RestorePlan): void {
    this.#giveDatabaseBack(plan);
    this.#state.isSchemaBroken = true;
  }

  /** The archive's tables take the place of the manager's, but for those that are no part of a dump (§7.5). */
  #writeDatabase(restore: RunningRestore, at: number): void {
    const state = this.#state;
    const { executionId, reading } = restore.plan;
    this.#giveDatabaseBack(restore.plan);
    state.content = Content.of(this.#received(restore, at));
    state.snapshots = [];
    state.tokens = [];
    state.executions = [];
    state.addExecution({
      id: executionId,
      workflowId: 'restore_snapshot',
      status: 'started',
      parameters: null,
      isSystem: true,
    });
    Object.assign(state.execution(executionId) ?? {}, { startedAt: null, createdAt: new Date(at) });
    // The admin's row is the target's own until the very end, with a hash that the new salt makes worthless (step 5).
    const { admin, salt } = isReadable(reading) ? reading : {};
    state.users = [...state.users.slice(0, 1), ...restore.restorable.users.filter(({ name }) => name !== admin?.name)];
    if (salt !== undefined) state.salt = salt;
  }

  #switchAdmin({ reading }: RestorePlan): void {
    const admin = isReadable(reading) ? reading.admin : undefined;
    if (admin === undefined) return;
    this.#state.users = [{ ...admin, role: 'sys_admin' }, ...this.#state.users.slice(1)];
  }

  /** Users come with the hashes that the source made with its salt; the manager keeps its own (contract §7.4). */
  #merge(restore: RunningRestore, at: number): void {
    const state = this.#state;
    this.#log(restore.plan, at, merge(state.content, this.#received(restore, at)));
    const known = new Set(state.users.map(({ name }) => name));
    state.users = [
      ...state.users,
      ...restore.restorable.users.filter(({ name }) => name !== 'admin' && !known.has(name)),
    ];
  }

  /** What arrives of the archive's content. */
  #received({ plan, restorable: { inventory } }: RunningRestore, at: number): Inventory {
    const { partial } = plan.faults;
    if (partial === undefined) return inventory;
    const { inventory: left, skipped } = withoutLost(inventory, partial.type, partial.count);
    this.#log(plan, at, skipped);
    return left;
  }

  #log({ executionId }: RestorePlan, at: number, skipped: readonly Skipped[]): void {
    const logs = skipped.map((one) => ({ ...one, executionId, at: new Date(at) }));
    this.#state.errorLogs = [...this.#state.errorLogs, ...logs];
  }

  #reboot({ node, rebootSeconds }: RestorePlan, at: number): void {
    this.#state.reboots.set(node, { from: at, until: at + rebootSeconds * 1000 });
    // Without a reboot they lie there, and nothing reads them.
    this.#state.recertifiedNodes.add(node);
    if (this.#line.losesFlagInReboot) this.#state.restoreFlags.delete(node);
  }
}

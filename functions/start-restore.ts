import type { InputOf } from '../lib/contracts.ts';
import { CredentialsRejected, ManagerBusy, ManagerUnavailable, OffsiteError, TargetClaimed } from '../lib/errors.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { NotConnected } from '../lib/manager/connection-errors.ts';
import {
  activeExecutions,
  isActive,
  isGhost,
  type ListedExecution,
  RESTORE_WORKFLOW,
  restoresOf,
} from '../lib/manager/restore-executions.ts';
import { type RestoreOptions, requestRestore, restoreFlags } from '../lib/manager/restoring.ts';
import { accessesOf, openWith } from '../lib/restore/access.ts';
import { ownsClaim } from '../lib/restore/claim.ts';
import type { RestoreInput } from '../lib/restore/input.ts';
import type { AccessName, Restoring } from '../lib/restore/parts.ts';
import { runtime } from '../lib/runtime.ts';
import { type Deps, defineStep, toHandler } from '../lib/step.ts';

type Input = InputOf<'StartRestore'>;
type Started = Pick<Restoring, 'executionId' | 'access'>;

/**
 * Asks the manager for the restore, once. Looks for its own first, whatever became of it: a reply may have been lost
 * while the restore began, and a second one would wipe what the first has just brought back.
 */
export const startRestore = defineStep('StartRestore', async (step, deps) => {
  const { run } = step;
  if (!(await ownsClaim(run, step.execution, deps))) {
    throw new TargetClaimed(`Manager ${run.manager} is claimed by another restore by now. This one asks for nothing.`);
  }
  const { executionId, access } = (await adopt(step, deps)) ?? (await request(step, deps));
  return {
    ...{ executionId, access },
    requestedAt: deps.clock.now().toISOString(),
    status: 'running' as const,
    ...{ lastStatus: null, flagSeen: false, flagGoneSince: null, rejectedSince: null, triedAt: null },
    ...{ terminatedSince: null, wellSince: null, outageSeen: false, endedAt: null },
    waitSeconds: 2,
  };
});

interface Own {
  readonly client: ManagerClient;
  readonly access: AccessName;
  /** Restores of our upload, the oldest first. */
  readonly rows: readonly ListedExecution[];
}

/** With any credentials: the restore that an earlier attempt started may have brought other passwords already. */
async function lookForOwn(step: Input, deps: Deps): Promise<Own> {
  let rejected: CredentialsRejected | undefined;
  for (const access of accessesOf(step).keys()) {
    const client = await openWith(access, step, deps);
    if (!client) continue;
    try {
      return { client, access, rows: await restoresOf(client, step.run) };
    } catch (error) {
      if (!(error instanceof CredentialsRejected)) throw error;
      rejected ??= error;
    }
  }
  throw rejected ?? new CredentialsRejected(`Manager ${step.run.manager} has no credentials.`);
}

/** A worker that lives takes a restore within seconds. */
const PICK_UP_LOOKS = [5, 10, 15, 30];

/**
 * Our own restore, if an earlier attempt got it started. One that no worker takes within a minute is a ghost of a call
 * that was refused, or its message is lost: it is ended, and asked for again.
 */
async function adopt(step: Input, deps: Deps): Promise<Started | undefined> {
  let own = await lookForOwn(step, deps);
  for (const seconds of PICK_UP_LOOKS) {
    const first = takenOf(own.rows) ?? (leavesNoGhosts(step.run.version) ? own.rows[0] : undefined);
    if (first) return { executionId: first.id, access: own.access };
    if (own.rows.length === 0) return undefined;
    await deps.clock.sleep(seconds * 1000, deps.signal);
    own = await lookForOwn(step, deps);
  }
  // Only what nobody has taken until this very look: one that is cancelled while its worker restores runs on beside the next.
  const flags = await restoreFlags(own.client);
  const isTaken = own.rows.some((row) => row.status !== 'pending') || flags.some(({ flag }) => flag !== 'not-running');
  if (isTaken && own.rows[0]) return { executionId: takenOf(own.rows)?.id ?? own.rows[0].id, access: own.access };
  for (const row of own.rows.filter(isActive)) await own.client.markCancelled(row.id);
  return undefined;
}

const takenOf = (rows: readonly ListedExecution[]) => rows.find((row) => row.status !== 'pending');

/** Up to 5.2 the check comes before the insert (contract.md §7.2). */
const leavesNoGhosts = (version: string) => version.startsWith('5.');

async function request(step: Input, deps: Deps): Promise<Started> {
  const { run, input } = step;
  const client = await deps.managers.open(run.manager, run.node, input.tenantName);
  await clearGhosts(client, step, deps);
  const reply = await post(client, step, deps);
  if (reply === 'refused') return await afterRefusal(client, step);
  return reply;
}

async function post(client: ManagerClient, step: Input, deps: Deps): Promise<Started | 'refused'> {
  const { run, input } = step;
  const { uploadTimeoutMs } = deps.settings;
  try {
    const reply = await requestRestore(client, run.snapshot, optionsOf(input), uploadTimeoutMs);
    return reply === 'refused' ? reply : { ...reply, access: 'current' };
  } catch (error) {
    if (!(error instanceof ManagerUnavailable) || error instanceof NotConnected) throw error;
    return await afterLostAnswer(step, error, deps);
  }
}

/** The row is written first, and answered later (hazard K26). */
const LATE_LOOKS = [0, 10, 30];

/**
 * What became of it is asked of the manager. Where it does not say, as while a restore exchanges its database, the restore
 * may be at work: CheckRestore finds out, with its patience. Only where it says that there is none it is asked again.
 */
async function afterLostAnswer(step: Input, lost: ManagerUnavailable, deps: Deps): Promise<Started> {
  let isKnown = false;
  for (const seconds of LATE_LOOKS) {
    await deps.clock.sleep(seconds * 1000, deps.signal);
    try {
      const { rows, access } = await lookForOwn(step, deps);
      if (rows[0]) return { executionId: rows[0].id, access };
      isKnown = true;
    } catch (error) {
      if (!(error instanceof OffsiteError)) throw error;
      isKnown = false;
    }
  }
  if (isKnown) throw lost;
  deps.log.warn(`Whether the restore was accepted is not known yet: ${lost.message}`);
  return { executionId: null, access: 'current' };
}

/** Nothing may run; what never will is cleared (contract.md §7.2: PATCH is what works, `cancel` and `kill` are not). */
async function clearGhosts(client: ManagerClient, { run }: Input, { log }: Deps): Promise<void> {
  const [active, flags] = [await activeExecutions(client), await restoreFlags(client)];
  const ghosts = active.filter((row) => isGhost(row, flags));
  for (const { id } of ghosts) {
    log.warn('Cleared a restore that was refused long ago and blocked the manager.', { execution: id });
    await client.markCancelled(id);
  }
  const busy = active.filter((row) => !ghosts.includes(row));
  if (busy.length > 0) throw busyError(run.manager, busy);
}

/**
 * The manager refuses while anything runs, and since 6.0 leaves a ghost of the refused call (hazard K25): of our rows the
 * newest. An older one is of a call that was on its way still; the next attempt will see whether a worker takes it.
 */
async function afterRefusal(client: ManagerClient, { run }: Input): Promise<Started> {
  const active = await activeExecutions(client);
  const own = active.filter((row) => row.workflowId === RESTORE_WORKFLOW && row.snapshot === run.snapshot);
  const [first, ...later] = own;
  if (first && leavesNoGhosts(run.version)) return { executionId: first.id, access: 'current' };
  const ghosts = (later.length > 0 ? later : own).filter((row) => row.status === 'pending');
  for (const ghost of ghosts) await client.markCancelled(ghost.id);
  throw busyError(
    run.manager,
    active.filter((row) => !own.includes(row)),
  );
}

function busyError(manager: string, rows: readonly ListedExecution[]): ManagerBusy {
  const shown = rows.slice(0, 3).map((row) => `${row.workflowId} ${row.id} (${row.status})`);
  const what = shown.length > 0 ? shown.join(', ') : 'something that has ended since';
  return new ManagerBusy(
    `Manager ${manager} accepts no restore while executions run: ${what}. Run the restore again when they have ended.`,
  );
}

function optionsOf(input: RestoreInput): RestoreOptions {
  return {
    force: input.force ?? false,
    recreate_deployments_envs: input.recreateDeploymentsEnvs ?? true,
    restore_certificates: input.restoreCertificates ?? false,
    no_reboot: input.noReboot ?? false,
    ...(input.tenantName === undefined ? {} : { tenant_name: input.tenantName }),
  };
}

export const handler = toHandler(startRestore, runtime);

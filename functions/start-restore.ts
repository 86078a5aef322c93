import { defined } from '../lib/base/defined.ts';
import { seconds } from '../lib/base/durations.ts';
import {
  CredentialsRejected,
  Interrupted,
  ManagerUnavailable,
  OffsiteError,
  SnapshotLost,
  TargetClaimed,
} from '../lib/base/errors.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { NotConnected } from '../lib/manager/connection-errors.ts';
import type { ListedExecution } from '../lib/manager/restore-executions.ts';
import { type RestoreOptions, requestRestore, restoreFlags } from '../lib/manager/restoring.ts';
import { approvalOfStarted, requireApproval } from '../lib/restore/approve/require-approval.ts';
import type { AccessName, Restoring } from '../lib/restore/course.ts';
import type { RestoreInput } from '../lib/restore/input.ts';
import { afterRefusal, clearGhosts } from '../lib/restore/target/busy.ts';
import { ownsClaim } from '../lib/restore/target/claim.ts';
import { accessesOf, openWith } from '../lib/restore/watch/credentials.ts';
import { findOurRestores, theOne } from '../lib/restore/watch/our-restores.ts';
import { timeLimit } from '../lib/restore/watch/time-limit.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Input = InputOf<'StartRestore'>;
type Started = Pick<Restoring, 'executionId' | 'access' | 'approval'>;

/** What CheckRestore finds out, look by look: nothing yet. */
const NOTHING_SEEN = {
  lastStatus: null,
  flagSeen: false,
  flagGoneSince: null,
  rejectedSince: null,
  triedAt: null,
  terminatedSince: null,
  stoppedSince: null,
  wellSince: null,
  outageSeen: false,
  endedAt: null,
} as const satisfies Partial<Restoring>;

/** The row is written first, and answered later (hazard K26): looks after a lost answer, seconds before each. */
const LATE_LOOKS = [0, 10, 30];
/** For these looks, of which the last may hang. */
const LATE_MS = seconds(45);

/**
 * Asks the manager for the restore, once. Looks for its own first, whatever became of it: a reply may have been lost
 * while the restore began, and a second one would wipe what the first has just brought back. What is there is taken as it
 * is, and never ended here to be asked for again: a worker may take it in that very moment.
 */
export const startRestore = defineStep('StartRestore', async (step, deps) => {
  const { run, before } = step;
  // The manager may need all of its time for the request, and what became of it has to be looked for after that.
  const early = timeLimit('StartRestore', deps, deps.settings.uploadTimeoutMs + LATE_MS);
  const late = timeLimit('StartRestore', deps);
  if (!(await ownsClaim(run, step.execution, deps))) {
    throw new TargetClaimed(`Manager ${run.manager} is claimed by another restore by now. This one asks for nothing.`);
  }
  const beforehand = { ...deps, managers: early.managers };
  const afterwards = { ...deps, managers: late.managers, until: late.until };
  const started = (await adopt(step, beforehand)) ?? (await request(step, beforehand, afterwards));
  const now = deps.clock.now().toISOString();
  return {
    ...started,
    approval: started.approval ?? before?.approval ?? (await approvalOfStarted(step, deps)),
    ...NOTHING_SEEN,
    requestedAt: now,
    firstRequestedAt: before?.firstRequestedAt ?? now,
    requests: (before?.requests ?? 0) + 1,
    status: 'running' as const,
    restoringOn: [],
    silentNodes: run.nodes.away,
    waitSeconds: 2,
  };
});

interface Own {
  readonly client: ManagerClient;
  readonly access: AccessName;
  readonly rows: readonly ListedExecution[];
}

/** With any credentials: the restore that an earlier attempt started may have brought other passwords already. */
async function lookForOwn(step: Input, deps: Deps): Promise<Own> {
  let rejected: CredentialsRejected | undefined;
  for (const access of accessesOf(step, deps.rulesOf(step.run.manager)).keys()) {
    const client = await openWith(access, step, deps);
    if (!client) continue;
    try {
      const { own } = await findOurRestores(client, { ...step.run, executionId: null }, deps.clock.now());
      return { client, access, rows: own };
    } catch (error) {
      if (!(error instanceof CredentialsRejected)) throw error;
      rejected ??= error;
    }
  }
  throw rejected ?? new CredentialsRejected(`Manager ${step.run.manager} has no credentials.`);
}

/** Our own restore, if an earlier attempt got it as far as a row: CheckRestore sees whether a worker takes it. */
async function adopt(step: Input, deps: Deps): Promise<Started | undefined> {
  const { rows, access } = await lookForOwn(step, deps);
  const one = theOne(rows);
  return one && { executionId: one.id, access };
}

type AfterDeps = Deps & { readonly until: number };

async function request(step: Input, before: Deps, after: AfterDeps): Promise<Started> {
  const { run, input } = step;
  const client = await before.managers.open(run.manager, run.node, input.tenantName);
  const approval = await requireApproval(step, client, before);
  await clearGhosts(client, run, before);
  return { ...(await ask(step, after)), approval };
}

async function ask(step: Input, after: AfterDeps): Promise<Started> {
  const { run, input } = step;
  const asking = await after.managers.open(run.manager, run.node, input.tenantName);
  let reply: Awaited<ReturnType<typeof requestRestore>>;
  try {
    reply = await requestRestore(asking, run.snapshot, optionsOf(input), after.settings.uploadTimeoutMs);
  } catch (error) {
    if (!(error instanceof ManagerUnavailable) || error instanceof NotConnected) throw error;
    return await afterLostAnswer(step, error, after);
  }
  if (reply === 'refused') return { executionId: await afterRefusal(asking, run, after), access: 'current' };
  if (reply === 'gone') return await withoutUpload(asking, step, after);
  return { ...reply, access: 'current' };
}

/**
 * What became of it is asked of the manager. Where it shows nothing, the request may be on its way still: a manager works
 * on one for up to 330 s. CheckRestore finds out, with its patience, and has it asked for again if it must be.
 */
async function afterLostAnswer(step: Input, lost: ManagerUnavailable, deps: AfterDeps): Promise<Started> {
  for (const seconds of LATE_LOOKS) {
    if (deps.clock.now().getTime() + seconds * 1000 > deps.until) break;
    await deps.clock.sleep(seconds * 1000, deps.signal);
    try {
      const found = await adopt(step, deps);
      if (found) return found;
    } catch (error) {
      if (!(error instanceof OffsiteError) || error instanceof Interrupted) throw error;
    }
  }
  deps.log.warn(`Whether the restore was accepted is not known yet: ${lost.message}`);
  return { executionId: null, access: 'current' };
}

/** A legacy restore empties the list of snapshots (contract.md §7.5); else somebody has deleted the upload. */
async function withoutUpload(client: ManagerClient, step: Input, deps: AfterDeps): Promise<Started> {
  const found = await adopt(step, deps);
  if (found) return found;
  const flags = await restoreFlags(client);
  if (flags.some(({ flag, node }) => flag === 'running' || (flag === 'unknown' && !step.run.nodes.away.includes(node))))
    return { executionId: null, access: 'current' };
  throw new SnapshotLost(
    `The uploaded snapshot ${step.run.snapshot} is missing from manager ${step.run.manager}. Find out who deleted it, and start the restore again.`,
  );
}

function optionsOf(input: RestoreInput): RestoreOptions {
  return {
    force: input.force ?? false,
    recreate_deployments_envs: input.recreateDeploymentsEnvs ?? true,
    restore_certificates: input.restoreCertificates ?? false,
    no_reboot: input.noReboot ?? false,
    ...defined({ tenant_name: input.tenantName }),
  };
}

export const handler = toHandler(startRestore, runtime);

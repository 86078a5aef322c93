import type { InputOf } from '../lib/contracts.ts';
import { CertificateUntrusted, ManagerUnavailable, OffsiteError, RestoreUnknown } from '../lib/errors.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { checkServices } from '../lib/manager/probe.ts';
import { isActive, restoresOf } from '../lib/manager/restore-executions.ts';
import { type Look, lookAtRestore, restoreFlags } from '../lib/manager/restoring.ts';
import { oneLine } from '../lib/redact.ts';
import { accessesOf, openWith } from '../lib/restore/access.ts';
import { mayTryAgain } from '../lib/restore/deadlines.ts';
import type { AccessName } from '../lib/restore/parts.ts';
import { judge, type Seen } from '../lib/restore/verdict.ts';
import { runtime } from '../lib/runtime.ts';
import { type Deps, defineStep, toHandler } from '../lib/step.ts';
import { waitAfter } from '../lib/wait.ts';

type Input = InputOf<'CheckRestore'>;

/** Towards the end things happen within seconds: the flag goes, the password changes, the machine restarts. */
const LONGEST_WAIT_AT_THE_END = 10;

/**
 * One look at the restore, whatever it does to the manager meanwhile: stopped services, a database that is exchanged,
 * passwords that change twice, a reboot (contract.md §7.4). What it means is said in lib/restore/verdict.ts.
 */
export const checkRestore = defineStep('CheckRestore', async (step, deps) => {
  const { input, run, restoring } = step;
  const seen = await look(step, deps);
  const next = judge(
    {
      manager: run.manager,
      restoring,
      startedAt: run.startedAt,
      deadlineSeconds: deps.settings.restoreDeadlineSeconds,
      format: step.selection.format,
      reboots: input.restoreCertificates === true && input.noReboot !== true && step.selection.format === 'legacy',
      nodesAway: run.nodes.known - run.nodes.healthy,
      unseenNodes: Math.max(0, run.nodes.registered - run.nodes.known),
      clean: (text) => oneLine(deps.redactor.clean(text), 300),
    },
    seen,
  );
  if (next.status === 'ended') await refuseSecond(step, next.executionId, seen.client);
  const elapsed = (seen.now.getTime() - Date.parse(restoring.requestedAt)) / 1000;
  const longest = next.terminatedSince === null ? 60 : LONGEST_WAIT_AT_THE_END;
  return { ...next, waitSeconds: Math.min(waitAfter(elapsed), longest) };
});

type Looked = Omit<Seen, 'now' | 'flags'> & {
  /** Whose CA the manager's certificate is of. */
  readonly client: ManagerClient | undefined;
};

const NOTHING = { access: undefined, executionId: undefined, healthy: false, untrusted: undefined } as const;

/** Flags first: they cost no login, and say whether one makes sense. */
async function look(step: Input, deps: Deps): Promise<Seen & Looked> {
  const now = deps.clock.now();
  try {
    const { run, input, restoring } = step;
    const before = await restoreFlags(await deps.managers.open(run.manager, run.node, input.tenantName));
    if (!mayTryAgain(restoring, before, now)) {
      return { now, flags: before, ...NOTHING, look: { seen: 'rejected' }, tried: false, client: undefined };
    }
    const looked = await lookWithAny(step, deps);
    // By who got in: behind certificates of the archive's own CA, flags are seen by nobody else.
    const unseen = before.every(({ flag }) => flag === 'unknown');
    const flags = unseen && looked.client ? await restoreFlags(looked.client) : before;
    return { now, flags, ...looked };
  } catch (error) {
    // Not even the secret could be read just now. That says nothing about the restore.
    if (!(error instanceof ManagerUnavailable)) throw error;
    return { now, flags: [], ...NOTHING, look: { seen: 'away', why: error.message }, tried: false, client: undefined };
  }
}

/** With the credentials that worked last, then with every other that may be good by now. */
async function lookWithAny(step: Input, deps: Deps): Promise<Looked> {
  const names = [...new Set<AccessName>([step.restoring.access, ...accessesOf(step).keys()])];
  let untrusted: CertificateUntrusted | undefined;
  let rejected: ManagerClient | undefined;
  for (const access of names) {
    const client = await openWith(access, step, deps);
    if (!client) continue;
    try {
      const { executionId, ...rest } = await lookWith(client, step);
      if (rest.look.seen === 'rejected') {
        rejected ??= client;
        continue;
      }
      const healthy = hasEndedWell(rest.look) && (await isHealthy(access, step, deps));
      const accepted = rest.look.seen === 'away' ? undefined : access;
      return { ...rest, executionId, access: accepted, healthy, untrusted: undefined, tried: true, client };
    } catch (error) {
      // With the archive's certificates the manager has another CA; it may stand in another secret.
      if (!(error instanceof CertificateUntrusted)) throw error;
      untrusted = error;
    }
  }
  return {
    ...NOTHING,
    look: { seen: 'rejected' },
    untrusted: rejected ? undefined : untrusted,
    tried: true,
    client: rejected,
  };
}

/** By its id; where the answer with the id was lost, by what it restores. */
async function lookWith(
  client: ManagerClient,
  { run, restoring }: Input,
): Promise<{ look: Look; executionId: string | undefined }> {
  if (restoring.executionId !== null) {
    return { look: await lookAtRestore(client, restoring.executionId), executionId: undefined };
  }
  try {
    const rows = await restoresOf(client, run);
    const executionId = (rows.find(({ status }) => status !== 'pending') ?? rows[0])?.id;
    if (executionId === undefined) return { look: { seen: 'absent' }, executionId };
    return { look: await lookAtRestore(client, executionId), executionId };
  } catch (error) {
    if (!(error instanceof OffsiteError) || error instanceof CertificateUntrusted) throw error;
    if (error.name === 'CredentialsRejected') return { look: { seen: 'rejected' }, executionId: undefined };
    return { look: { seen: 'away', why: error.message }, executionId: undefined };
  }
}

const hasEndedWell = (seen: Look) => seen.seen === 'row' && seen.status === 'terminated';

/** One node is enough: one that is down does not make the others' database a bad one. */
async function isHealthy(access: AccessName, step: Input, deps: Deps): Promise<boolean> {
  // The tenant of the input may not be one of the archive's, and a manager of 5.x then says nothing of its services.
  const client = await openWith(access, { ...step, input: { ...step.input, tenantName: 'default_tenant' } }, deps);
  for (const http of client?.nodes ?? []) {
    try {
      await checkServices(http, http.node);
      return true;
    } catch (error) {
      if (!(error instanceof OffsiteError)) throw error;
    }
  }
  return false;
}

/** A request that was given up may have been on its way still. What a second restore makes of the manager is not known. */
async function refuseSecond({ run }: Input, executionId: string | null, client: ManagerClient | undefined) {
  const rows = client ? await restoresOf(client, run).catch(() => []) : [];
  const second = rows.find((row) => row.id !== executionId && isActive(row) && row.status !== 'pending');
  if (!second) return;
  throw new RestoreUnknown(
    `Manager ${run.manager} is restoring the archive a second time (execution ${second.id}, after ${executionId}): a request that had been given up was accepted after all. Wait for its end and look at what the manager holds.`,
  );
}

export const handler = toHandler(checkRestore, runtime);

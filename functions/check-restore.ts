import { CertificateUntrusted, ContractViolation, Interrupted, OffsiteError } from '../lib/base/errors.ts';
import { pollInterval } from '../lib/base/poll-interval.ts';
import { quoted } from '../lib/base/redact.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { checkServices } from '../lib/manager/node-probe.ts';
import { isActive } from '../lib/manager/restore-executions.ts';
import { lookAtRestore, type RestoreFlag, type RestoreLook, restoreFlags } from '../lib/manager/restoring.ts';
import type { AccessName } from '../lib/restore/course.ts';
import { unseenNodes } from '../lib/restore/state.ts';
import { advance } from '../lib/restore/watch/advance.ts';
import { accessesOf, openWith, restoredSecretOf, withheldFrom } from '../lib/restore/watch/credentials.ts';
import { mayTryAgain } from '../lib/restore/watch/deadlines.ts';
import type { Observation } from '../lib/restore/watch/observation.ts';
import {
  cancelIfUntaken,
  findOurRestores,
  type OurRestores,
  strays,
  theOne,
} from '../lib/restore/watch/our-restores.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Input = InputOf<'CheckRestore'>;

/** Towards the end things happen within seconds: the flag goes, the password changes, the machine restarts. */
const LONGEST_WAIT_AT_THE_END = 10;

/**
 * One look at the restore, whatever it does to the manager meanwhile: stopped services, a database that is exchanged,
 * passwords that change twice, a reboot (contract.md §7.4). What it means is said in lib/restore/watch/advance.ts.
 */
export const checkRestore = defineStep('CheckRestore', async (step, deps) => {
  const { input, run, restoring } = step;
  const authority = deps.rulesOf(run.manager);
  const seen = await lookAtManager(step, inTime('CheckRestore', deps));
  const next = advance(
    {
      manager: run.manager,
      restoring,
      startedAt: run.startedAt,
      deadlineSeconds: deps.settings.restoreDeadlineSeconds,
      format: step.selection.format,
      namesArchiveSecret: restoredSecretOf(input, authority) !== undefined,
      reboots: input.restoreCertificates === true && input.noReboot !== true && step.selection.format === 'legacy',
      unseenNodes: unseenNodes(run),
      withheld: withheldFrom(step, authority),
      clean: (text) => quoted(deps.redactor.clean(text), 300),
    },
    seen,
  );
  const elapsed = (seen.now.getTime() - Date.parse(restoring.requestedAt)) / 1000;
  const longest = next.terminatedSince === null ? 60 : LONGEST_WAIT_AT_THE_END;
  // A look may be a bad login of every credential, and enough of those lock an account.
  const wait = Math.max(2, pollInterval(elapsed));
  return { ...next, waitSeconds: Math.min(wait, longest) };
});

type Looked = Omit<Observation, 'now' | 'flags'> & {
  /** Whose CA the manager's certificate is of. */
  readonly client: ManagerClient | undefined;
};

const NOTHING: Omit<Looked, 'look' | 'tried'> = {
  access: undefined,
  executionId: undefined,
  healthy: false,
  untrusted: undefined,
  client: undefined,
  isAlone: 'unknown',
  others: [],
};

/** Flags first: they cost no login, and say whether one makes sense, and which node answers. */
async function lookAtManager(step: Input, deps: Deps): Promise<Observation> {
  const now = deps.clock.now();
  try {
    const { run, input, restoring } = step;
    const before = await restoreFlags(await deps.managers.open(run.manager, run.node, input.tenantName));
    if (!mayTryAgain(restoring, before, now)) {
      return { ...NOTHING, now, flags: before, look: { seen: 'rejected' }, tried: false };
    }
    const { client, ...looked } = await lookWithAny({ ...step, run: { ...run, node: nodeOf(step, before) } }, deps);
    // By who got in: behind certificates of the archive's own CA, flags are seen by nobody else.
    const unseen = before.every(({ flag }) => flag === 'unknown');
    const flags = unseen && client ? await restoreFlags(client) : before;
    return { now, flags, ...looked };
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { ...NOTHING, now, flags: [], look: { seen: 'away', why: error.message }, tried: false };
  }
}

/** Not even the secret could be read just now, or it is no good. That says nothing about the restore. */
function isPassing(error: unknown): error is OffsiteError {
  return error instanceof OffsiteError && !(error instanceof Interrupted || error instanceof ContractViolation);
}

/** The pinned node, unless it is one that says nothing now and another one does: each that hangs costs 20 s. */
function nodeOf({ run }: Input, flags: readonly RestoreFlag[]): string {
  const answering = flags.filter(({ flag }) => flag !== 'unknown').map(({ node }) => node);
  return answering.includes(run.node) ? run.node : (answering[0] ?? run.node);
}

/** With the credentials that worked last, then with every other that may be good by now. */
async function lookWithAny(step: Input, deps: Deps): Promise<Looked> {
  const authority = deps.rulesOf(step.run.manager);
  const names = [...new Set<AccessName>([step.restoring.access, ...accessesOf(step, authority).keys()])];
  let untrusted: CertificateUntrusted | undefined;
  let rejected: ManagerClient | undefined;
  const rejectedAs: AccessName[] = [];
  for (const access of names) {
    const client = await openWith(access, step, deps);
    if (!client) continue;
    try {
      const looked = await lookWith(client, step, deps);
      if (looked.look.seen === 'rejected') {
        rejected ??= client;
        rejectedAs.push(access);
        continue;
      }
      const healthy = hasEndedWell(looked.look) && (await isHealthy(access, step, deps));
      const accepted = looked.look.seen === 'away' ? undefined : access;
      return { ...looked, access: accepted, healthy, untrusted: undefined, tried: true, client };
    } catch (error) {
      // With the archive's certificates the manager has another CA; it may stand in another secret.
      if (!(error instanceof CertificateUntrusted)) throw error;
      untrusted = error;
    }
  }
  const certificate = rejected ? undefined : untrusted;
  return { ...NOTHING, look: { seen: 'rejected' }, untrusted: certificate, tried: true, rejectedAs, client: rejected };
}

type OneLook = Pick<Looked, 'look' | 'executionId' | 'isAlone' | 'others'>;

/**
 * At our execution, by its id, and at every other restore: a request that had been given up may have been accepted after
 * all, and anybody may restore something. The last restore of our upload is the one that counts.
 */
async function lookWith(client: ManagerClient, step: Input, deps: Deps): Promise<OneLook> {
  const { run, restoring } = step;
  const { executionId: id } = restoring;
  const known = id === null ? undefined : await lookAtRestore(client, id);
  const alone = { isAlone: 'unknown', others: [], executionId: undefined } as const;
  if (known?.seen === 'rejected' || known?.seen === 'away') return { ...alone, look: known };
  try {
    const found = await findOurRestores(client, { ...run, executionId: id }, deps.clock.now());
    const one = theOne(found.own);
    const row: RestoreLook | undefined = one && { seen: 'row', status: one.status, error: one.error };
    const look = (one?.id === id ? known : row) ?? known ?? { seen: 'absent' };
    const isAlone = await endStrays(client, found, one?.id ?? id, look);
    return { look, executionId: one?.id, isAlone, others: found.others };
  } catch (error) {
    if (!isPassing(error) || error instanceof CertificateUntrusted) throw error;
    // These may not look at executions at all: others may.
    const isRejected = error.name === 'CredentialsRejected' || error.name === 'PermissionDenied';
    const rejected = isRejected ? ({ seen: 'rejected' } as const) : undefined;
    return { ...alone, look: known ?? rejected ?? { seen: 'away', why: error.message } };
  }
}

/**
 * Whether no other restore of our upload is at work, or may be in a moment. Once ours is over, what no worker has taken by
 * then is ended, so that none will.
 */
async function endStrays(
  client: ManagerClient,
  found: OurRestores,
  id: string | null,
  look: RestoreLook,
): Promise<boolean> {
  if (found.own.some((row) => row.id !== id && isActive(row) && row.status !== 'pending')) return false;
  if (!hasEndedWell(look)) return true;
  for (const row of strays(found, id)) if (!(await cancelIfUntaken(client, row))) return false;
  return true;
}

const hasEndedWell = (seen: RestoreLook) => seen.seen === 'row' && seen.status === 'terminated';

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

export const handler = toHandler(checkRestore, runtime);

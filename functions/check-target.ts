import { ChecksumMismatch, InvalidSecret, ManagerBusy, type OffsiteError } from '../lib/base/errors.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { isEmpty, readContent } from '../lib/manager/content.ts';
import { activeExecutions, listRestores } from '../lib/manager/restore-executions.ts';
import { maintenanceOf, restoreFlags } from '../lib/manager/restoring.ts';
import { needsApproval } from '../lib/restore/approve/require-approval.ts';
import { sourceOf, storedOf } from '../lib/restore/choose/archive-source.ts';
import { adviceFor } from '../lib/restore/choose/next-good.ts';
import { spansOf } from '../lib/restore/choose/stored-spans.ts';
import { chooseMethod } from '../lib/restore/choose/transfer-method.ts';
import type { Plan } from '../lib/restore/state.ts';
import { estimateOf } from '../lib/restore/target/estimate.ts';
import { notesForAfterwards, planNotes } from '../lib/restore/target/plan-notes.ts';
import { type RestoreRequest, refusalsOf, sortActive, type Target } from '../lib/restore/target/suitability.ts';
import { requireAllowedSecret } from '../lib/restore/watch/credentials.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** A state carries as many at most. */
const MOST = 20;

/**
 * Checks what managers do not check, or only when it is too late, and makes the plan. Changes nothing. A dry run gets
 * every refusal in its plan; otherwise the first one is thrown, `ManagerBusy` last, as it alone passes.
 */
export const checkTarget = defineStep('CheckTarget', async (asked, allDeps) => {
  const deps = inTime('CheckTarget', allDeps);
  const { input } = asked;
  const stored = await checkStored(asked, deps);
  const target = await readTarget(asked, deps);
  const choice = await chooseMethod(asked, deps);
  const secrets = await checkSecret(asked, deps);
  const isApprovalNeeded = await needsApproval(input, target.content, deps);
  const refusals = [...secrets, ...stored.refusals, ...refusalsOf(asked, target), ...choice.refusals].sort(busyLast);
  if (refusals[0] && !input.dryRun) throw refusals[0];
  return {
    outcome: input.dryRun ? ('planned' as const) : ('proceed' as const),
    method: choice.method,
    compareSpans: isReadBefore(asked, choice.method) ? spansOf(asked.selection) : [],
    mayStream: choice.mayStream,
    target: {
      isEmpty: isEmpty(target.content),
      totals: { ...target.content.totals },
      maintenance: target.maintenance,
      ghosts: sortActive(target)
        .ghosts.map(({ id }) => id)
        .slice(0, MOST),
    },
    needsApproval: isApprovalNeeded,
    refusals: refusals
      .slice(0, MOST)
      .map(({ name, message }) => ({ error: name, message: deps.redactor.clean(message) })),
    notes: [...approvalNotes(isApprovalNeeded), ...planNotes(asked, target, deps.rulesOf(asked.run.manager))].slice(
      0,
      MOST,
    ),
    afterwards: [...stored.notes, ...choice.notes, ...notesForAfterwards(asked, target)].slice(0, MOST),
    estimate: await estimateOf(asked, deps),
    checkedAt: target.now.toISOString(),
  } satisfies Plan;
});

const approvalNotes = (isNeeded: boolean) =>
  isNeeded ? ['The manager is not empty: before anything is uploaded, the restore waits for an approval.'] : [];

/**
 * By URL the manager fetches the bytes itself, and nobody could compare them on the way. To pass a damaged archive over,
 * that must be known before anything is sent.
 */
function isReadBefore({ input, selection }: RestoreRequest, method: Plan['method']): boolean {
  if (selection.from === 'url' || (method === 'url' && input.trustStorage)) return false;
  return method === 'url' || selection.maySkip === true;
}

const busyLast = (a: OffsiteError, b: OffsiteError) =>
  Number(a instanceof ManagerBusy) - Number(b instanceof ManagerBusy);

interface Looked {
  readonly refusals: readonly OffsiteError[];
  readonly notes: readonly string[];
}

/** The archive once more: days may lie between its verification and this. Some stores keep no checksum. */
async function checkStored({ input, selection }: RestoreRequest, deps: Deps): Promise<Looked> {
  const at = storedOf(selection);
  if (!at) {
    await sourceOf(input, selection, deps);
    return { refusals: [], notes: [] };
  }
  const found = await deps.archive.head(at.key, at.versionId);
  if (found?.size === selection.size && (found.crc32 ?? selection.crc32) === selection.crc32) {
    const unknown = 'The store keeps no checksum of the archive: only its size was compared with the manifest.';
    return { refusals: [], notes: found.crc32 === undefined ? [unknown] : [] };
  }
  const is = found ? `${found.size} bytes with CRC-32 ${found.crc32 ?? 'unknown'}` : 'not there';
  const message = `The archive in storage is not what its manifest says: ${at.key} (version ${at.versionId}) is ${is}, and should be ${selection.size} bytes with CRC-32 ${selection.crc32}. Do not restore it. ${adviceFor(selection, deps.clock.now())}`;
  return { refusals: [new ChecksumMismatch(message)], notes: [] };
}

/** Credentials that are asked for when nobody can do without them any more. */
async function checkSecret({ input, selection }: RestoreRequest, { managers, rulesOf }: Deps): Promise<OffsiteError[]> {
  const authority = rulesOf(input.manager);
  requireAllowedSecret(input, authority);
  const isNeeded = selection.format === 'legacy' && selection.manager !== input.manager;
  const secret = input.restoredCredentialsSecret ?? (isNeeded ? authority.restoredCredentials : undefined);
  if (secret === undefined) return [];
  try {
    await managers.checkSecret({ secret, version: 'current' });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidSecret)) throw error;
    return [new InvalidSecret(`The credentials for after the restore are of no use: ${error.message}`)];
  }
}

async function readTarget({ input, run }: RestoreRequest, { managers, clock }: Deps): Promise<Target> {
  const client = await managers.open(run.manager, run.node, input.tenantName);
  const [active, restores] = [await activeExecutions(client), await listRestores(client)];
  const flags = await restoreFlags(client);
  const maintenance = await maintenanceOf(client);
  const content = await readContent(client, { totalsOnly: true, version: run.version, clock });
  return { content, active, restores, flags, maintenance, now: clock.now() };
}

export const handler = toHandler(checkTarget, runtime);

import * as z from 'zod';
import {
  ArchiveNotFound,
  CredentialsRejected,
  InvalidInput,
  ManagerUnavailable,
  SourceChanged,
} from '../lib/base/errors.ts';
import { readRecord } from '../lib/catalogue/read-record.ts';
import type { Manifest } from '../lib/catalogue/records.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { ALWAYS_SHOWN, type Content, readContent } from '../lib/manager/content.ts';
import { BYPASS } from '../lib/manager/http.ts';
import { checkServices } from '../lib/manager/node-probe.ts';
import { bodyOf, errorOf } from '../lib/manager/replies.ts';
import { sourceOf } from '../lib/restore/choose/archive-source.ts';
import type { RestoreInput } from '../lib/restore/input.ts';
import { compareContent, coreTotals, verdictOf } from '../lib/restore/prove/compare.ts';
import type { Selection } from '../lib/restore/state.ts';
import { openWith } from '../lib/restore/watch/credentials.ts';
import { requireExclusive } from '../lib/restore/watch/require-exclusive.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import { inspectArchive } from '../lib/snapshot/inspect.ts';
import type { Inventory } from '../lib/snapshot/inventory.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * The proof: what the manager holds now against what the archive holds. A restore that ended well is not enough, as
 * new-format ones only log what they leave out (contract.md §7.3), and those of the console are ignored (hazards.md K11).
 */
export const verifyRestore = defineStep('VerifyRestore', async (given, allDeps) => {
  const { input, run, selection, plan, restoring } = given;
  // First, and outside the limit: an archive from a URL is read again, which on one machine may take its time.
  const archive = await inventoryOf(input, selection, allDeps);
  const deps = inTime('VerifyRestore', allDeps);
  // All tenants are read, and that of the input may not be one of the archive's.
  const client = await openWith(
    restoring.access,
    { ...given, input: { ...input, tenantName: 'default_tenant' } },
    deps,
  );
  if (!client) {
    throw new CredentialsRejected(
      `Manager ${run.manager} was restored, but the ${restoring.access} credentials that it took a moment ago are not there any more.`,
    );
  }
  await requireExclusive(client, given, deps);
  await requireServices(client, deps);
  const content = await readContent(client, { version: run.version, clock: deps.clock });
  requireShown(content, client.name);
  const entityErrors = await errorsOf(client, restoring.executionId ?? '');
  // Minutes have passed: somebody may have begun another restore, which would be proven as ours.
  await requireExclusive(client, given, deps);
  const { format, snapshotVersion } = selection;
  const verdict = verdictOf(compareContent(archive, content, snapshotVersion), {
    format,
    entityErrors,
    allowPartial: input.allowPartial === true,
  });
  return {
    ...verdict,
    before: plan.target.totals,
    after: coreTotals(content),
    verifiedAt: deps.clock.now().toISOString(),
  };
});

/** One healthy node is enough: others may be kept down during a restore. A console that is down is no reason to fail. */
async function requireServices(client: ManagerClient, deps: Pick<Deps, 'log'>): Promise<void> {
  let failure: ManagerUnavailable | undefined;
  for (const http of client.nodes) {
    try {
      const down = await checkServices(http, `Manager ${http.manager} at ${http.node}`);
      if (down.length > 0) deps.log.warn(`${http.node} has services that are down after the restore.`, { down });
      return;
    } catch (error) {
      if (!(error instanceof ManagerUnavailable)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
}

/** What the archive holds: as its manifest says, or looked into again. */
async function inventoryOf(input: RestoreInput, selection: Selection, deps: Deps): Promise<Inventory> {
  const { manager, snapshot, totals } = selection;
  if (manager !== null && snapshot !== null) {
    const accepts = input.acceptUnsigned ? 'any' : 'genuine';
    const entry = await readRecord('manifest', { manager, snapshot }, deps.archive.records, accepts);
    if (entry) return toInventory(entry.value.inventory);
  }
  try {
    const source = await sourceOf(input, selection, deps);
    return (await inspectArchive(source, selection.key ?? 'The archive at its URL', { signal: deps.signal })).inventory;
  } catch (error) {
    // A signed URL may have expired during a restore of hours, or its host may be gone. The totals are known since then.
    const isGone = [ArchiveNotFound, SourceChanged, InvalidInput].some((kind) => error instanceof kind);
    if (!isGone) throw error;
    return { totals, tenants: {}, truncated: true };
  }
}

function toInventory({ truncated, upperBounds, ...inventory }: Manifest['inventory']): Inventory {
  return { ...inventory, ...(truncated && { truncated }), ...(upperBounds && { upperBounds }) };
}

const Page = z.object({ metadata: z.object({ pagination: z.object({ total: z.number().int().nonnegative() }) }) });

/** What every manager shows is never left out of the comparison: without it nobody may say that all agrees. */
function requireShown({ unavailable }: Content, at: string): void {
  const hidden = ALWAYS_SHOWN.filter((type) => unavailable.includes(type));
  if (hidden.length === 0) return;
  throw new ManagerUnavailable(`${at} does not show its ${hidden.join(', ')}, so it cannot be compared.`);
}

/** Log entries of level error of the restore, wherever it ran. Undefined when this version does not tell. */
async function errorsOf(client: ManagerClient, execution: string): Promise<number | undefined> {
  const query = { execution_id: execution, type: 'cloudify_log', level: 'error', _size: '1', _all_tenants: 'true' };
  const reply = await client.call({ path: '/events', query, headers: BYPASS });
  // In its own words: a page of a proxy says nothing of the manager.
  if ((reply.status === 404 || reply.status === 400) && reply.json !== undefined) return undefined;
  const at = `${client.name} (log of the restore)`;
  if (reply.status === 404) throw new ManagerUnavailable(`${at} answered HTTP 404 with something that is not JSON.`);
  if (reply.status !== 200) throw errorOf(reply, at);
  return bodyOf(Page, reply, at).metadata.pagination.total;
}

export const handler = toHandler(verifyRestore, runtime);

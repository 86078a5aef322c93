import {
  CertificateUntrusted,
  CredentialsRejected,
  InvalidSecret,
  ManagerBusy,
  type OffsiteError,
  PermissionDenied,
} from '../errors.ts';
import { ENDED, type ManagerClient, type SnapshotRow } from '../manager/client.ts';
import {
  activeExecutions,
  isActive,
  type ListedExecution,
  RESTORE_WORKFLOW,
  restoresOf,
} from '../manager/restore-executions.ts';
import { lookAtRestore, restoreFlags } from '../manager/restoring.ts';
import { DEAD_AFTER_MS, type Deps } from '../step.ts';
import { openWith } from './access.ts';
import { clearDrill } from './drill.ts';
import { type RestoreInput, type RestoreRef, timeOfUpload, UPLOAD_PREFIX } from './input.ts';
import type { AccessName } from './parts.ts';
import type { Gathered } from './phases.ts';

/** One restore whose traces on its manager are to go. `gathered` only helps: all may be null. */
export interface Tidying {
  readonly ref: RestoreRef;
  readonly input: RestoreInput;
  readonly gathered: Pick<Gathered, 'run' | 'selection' | 'plan' | 'restoring'>;
  /** Asked first. */
  readonly node: string;
}

/**
 * Removes what a restore left on its manager, and says what was done and what stays. Only ever touches what is ours by
 * name: executions that restore our upload, and that upload. A restore at work is left alone, with its archive. May be
 * repeated at any time. Throws `ManagerUnavailable` while the manager does not answer.
 */
export async function tidy(work: Tidying, deps: Deps): Promise<string[]> {
  const { manager, snapshot } = work.ref;
  try {
    const opened = await openAny(work, deps);
    if ('refusal' in opened) {
      return [
        `Nothing could be removed from manager ${manager}: ${opened.refusal.message} Snapshot ${snapshot} may still be there; delete it by hand.`,
      ];
    }
    return await tidyWith(opened, work, deps);
  } catch (error) {
    if (!(error instanceof ManagerBusy)) throw error;
    return [`Nothing was removed: ${error.message} Delete snapshot ${snapshot} by hand when that is over.`];
  }
}

interface Opened {
  readonly client: ManagerClient;
  readonly active: readonly ListedExecution[];
}

async function tidyWith({ client, active }: Opened, work: Tidying, deps: Deps): Promise<string[]> {
  const { ref } = work;
  const { notes, isAtWork } = await settle(client, active, work, deps);
  if (isAtWork) {
    return [
      ...notes,
      `The restore is, or may be, still at work on manager ${ref.manager}; snapshot ${ref.snapshot} stays. Delete it when the restore has ended.`,
    ];
  }
  notes.push(...(await removeUpload(client, work)), ...(await removeAbandonedUploads(client, deps)));
  return [...notes, ...(await afterDrill(client, work, deps))];
}

/** Never before a restore of ours was accepted: what a refused drill finds on a manager is not the drill's. */
async function afterDrill(client: ManagerClient, { ref, input, gathered }: Tidying, deps: Deps): Promise<string[]> {
  if (input.purpose !== 'drill' || !gathered.restoring) return [];
  if (!(await deps.managers.isDrillTarget(ref.manager))) return [];
  if (isAllOfDrill(gathered)) return await clearDrill(client, ref.manager, deps, gathered.run?.version);
  const before = gathered.plan ? 'it held content before' : 'what it held before is not known';
  return [
    `Nothing that manager ${ref.manager} holds was removed after the drill: ${before}, and the drill may not have replaced all of it. Remove by hand what is not to stay.`,
  ];
}

/** A legacy restore replaces everything, but not when it is refused or breaks off (contract.md §7.3, §7.4). */
function isAllOfDrill({ plan, selection, restoring }: Tidying['gathered']): boolean {
  if (plan?.target.isEmpty) return true;
  return selection?.format === 'legacy' && (restoring?.terminatedSince ?? null) !== null;
}

/** With the first credentials that the manager takes: a restore may have brought others back (contract.md §7.4). */
async function openAny(work: Tidying, deps: Deps): Promise<Opened | { refusal: OffsiteError }> {
  const { ref, gathered, node } = work;
  const likely = gathered.restoring?.access ?? 'current';
  const names = new Set<AccessName>([likely, 'current', 'previous', 'source', 'restored']);
  // The archive may not have the tenant that we came with; every manager has this one.
  const tenants = [work.input, { ...work.input, tenantName: 'default_tenant' }];
  let refusal: OffsiteError | undefined;
  for (const name of names) {
    for (const input of tenants) {
      const context = { input, run: { manager: ref.manager, node }, selection: gathered.selection ?? undefined };
      try {
        const client = await openWith(name, context, deps);
        if (!client) break;
        return { client, active: await activeExecutions(client) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal ??= error;
        if (!(error instanceof PermissionDenied)) break;
      }
    }
  }
  return { refusal: refusal ?? new CredentialsRejected(`Manager ${ref.manager} has no credentials.`) };
}

function isRefusal(error: unknown): error is OffsiteError {
  const kinds = [CredentialsRejected, PermissionDenied, CertificateUntrusted, InvalidSecret];
  return kinds.some((kind) => error instanceof kind);
}

/** A worker that lives picks a restore up within seconds: what was asked for a moment ago gets them. */
const SETTLE_MS = 20_000;

/**
 * Ends restores of ours that nobody has started: those that no worker takes, and what a refused call leaves behind since
 * 6.0 (contract.md §7.2). Their end is written, never asked for with `cancel` or `kill` (hazard K25).
 */
async function settle(
  client: ManagerClient,
  first: readonly ListedExecution[],
  work: Tidying,
  deps: Deps,
): Promise<{ notes: string[]; isAtWork: boolean }> {
  let rows = first.filter((row) => isOurs(row, work));
  if (rows.some(isPending)) {
    await deps.clock.sleep(SETTLE_MS, deps.signal);
    rows = (await activeExecutions(client)).filter((row) => isOurs(row, work));
  }
  const started = rows.filter((row) => !isPending(row));
  const flags = await restoreFlags(client);
  const isFlagged = flags.some(({ flag }) => flag === 'running');
  // A node restores, and nothing else says what: then it may be this one, whose row is not written yet.
  if (started.length === 0 && isFlagged && rows.length > 0) return { notes: [], isAtWork: true };
  const notes: string[] = [];
  for (const { id } of rows.filter(isPending)) {
    await client.markCancelled(id);
    notes.push(`Restore ${id} on manager ${work.ref.manager} was never started; it is marked as cancelled.`);
  }
  if (started.length > 0) return { notes, isAtWork: true };
  // A node whose services are stopped for the restore says nothing, and its fellows know of no flag (hazard K21).
  const mayBeAtWork = flags.some(({ flag }) => flag !== 'not-running');
  return { notes, isAtWork: mayBeAtWork && !(await isOver(client, work)) };
}

const isPending = (row: ListedExecution) => row.status === 'pending';

/** By its upload; a legacy restore writes its own row anew, without parameters (contract.md §7.5). */
function isOurs(row: ListedExecution, { ref, gathered }: Tidying): boolean {
  if (row.workflowId !== RESTORE_WORKFLOW) return false;
  return row.snapshot === ref.snapshot || row.id === gathered.restoring?.executionId;
}

/**
 * Whether our restore has ended, for when a node's flag says that one is running: the flag outlives a crash (hazard K8),
 * and while the database is exchanged the executions of a restore at work are gone for a while (contract.md §7.4).
 */
async function isOver(client: ManagerClient, { ref, gathered: { restoring } }: Tidying): Promise<boolean> {
  if (!restoring?.executionId) {
    // Whether it was accepted is not known: its answer may have been lost.
    const own = await restoresOf(client, ref);
    return !own.some(isActive) && (restoring === null || own.length > 0);
  }
  const look = await lookAtRestore(client, restoring.executionId);
  return look.seen === 'row' && ENDED.has(look.status);
}

async function removeUpload(client: ManagerClient, { ref, gathered }: Tidying): Promise<string[]> {
  const here = `Snapshot ${ref.snapshot} on manager ${ref.manager}`;
  // Looked for first: after a refusal nothing on the manager is even asked to change.
  const row = await client.snapshot(ref.snapshot);
  const result = row ? await client.deleteSnapshot(ref.snapshot) : 'absent';
  if (result === 'deleted') return [`${here}, which this restore had uploaded, has been deleted.`];
  if (result === 'refused') return [`${here} stays: the manager refuses to delete it. Delete it by hand.`];
  if (!leavesFile(gathered)) return [];
  const file = `/opt/manager/resources/snapshots/${ref.snapshot}`;
  return [`The uploaded archive is still on the disk of manager ${ref.manager}; remove ${file} on every node.`];
}

/** The function has minutes for all of it. */
const MOST_ABANDONED = 5;

/** What restores uploaded whose executions were killed: nobody else knows of it, and the manager's disk fills. */
async function removeAbandonedUploads(client: ManagerClient, { clock }: Pick<Deps, 'clock'>): Promise<string[]> {
  const before = clock.now().getTime() - DEAD_AFTER_MS;
  const isAbandoned = ({ id, status }: SnapshotRow) =>
    status === 'uploaded' && (timeOfUpload(id)?.getTime() ?? Number.POSITIVE_INFINITY) < before;
  const abandoned = (await client.snapshots(UPLOAD_PREFIX)).filter(isAbandoned).slice(0, MOST_ABANDONED);
  const notes: string[] = [];
  for (const { id } of abandoned) {
    if ((await client.deleteSnapshot(id)) === 'deleted')
      notes.push(`Snapshot ${id}, which a restore that was killed had left, has been deleted.`);
  }
  return notes;
}

/** A legacy restore forgets every snapshot, but only since 6.3 removes the file of its own (contract.md §7.5). */
function leavesFile({ run, selection, restoring }: Tidying['gathered']): boolean {
  if (!run || !restoring || selection?.format !== 'legacy') return false;
  const [major = 0, minor = 0] = run.version.split('.').map(Number);
  return major < 6 || (major === 6 && minor < 3);
}

import {
  CertificateUntrusted,
  CredentialsRejected,
  InvalidSecret,
  ManagerBusy,
  type OffsiteError,
  PermissionDenied,
} from '../../base/errors.ts';
import { DEAD_AFTER_MS } from '../../base/ports.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient, SnapshotRow } from '../../manager/client.ts';
import type { ListedExecution } from '../../manager/restore-executions.ts';
import type { AccessName } from '../course.ts';
import { timeOfUpload, UPLOAD_PREFIX } from '../input.ts';
import { openWith } from '../watch/credentials.ts';
import { findOurRestores, type OurRestores } from '../watch/our-restores.ts';
import { clearDrill } from './clear-drill.ts';
import { stopRestore, type Tidying, wantedOf } from './stop-restore.ts';

type TidyDeps = Pick<Deps, 'managers' | 'rulesOf' | 'clock' | 'signal' | 'log'>;

/**
 * Removes what a restore left on its manager, and says what was done and what stays. Only ever touches what is ours by
 * name: executions that restore our upload, and that upload. A restore at work is left alone, with its archive. May be
 * repeated at any time. Throws `ManagerUnavailable` while the manager does not answer.
 */
export async function tidy(work: Tidying, deps: TidyDeps): Promise<string[]> {
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
  readonly found: OurRestores;
}

async function tidyWith({ client, found }: Opened, work: Tidying, deps: TidyDeps): Promise<string[]> {
  const { ref } = work;
  const { notes, isAtWork } = await stopRestore(client, found, work, deps);
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
async function afterDrill(client: ManagerClient, work: Tidying, deps: TidyDeps): Promise<string[]> {
  const { ref, input, gathered, latest } = work;
  if (input.purpose !== 'drill' || !gathered.restoring) return [];
  if (!(await deps.managers.isDrillTarget(ref.manager))) return [];
  if (isAllOfDrill(gathered)) {
    const version = gathered.run?.version;
    return await clearDrill(client, ref.manager, deps, { version, latest, second: () => secondOf(client, work, deps) });
  }
  const before = gathered.plan ? 'it had content before' : 'what it had before is not known';
  return [
    `Nothing that manager ${ref.manager} holds was removed after the drill: ${before}, and the drill may not have replaced all of it. Remove by hand what is not to stay.`,
  ];
}

/** What somebody else has restored since, or is about to: it brings things that are not the drill's. */
async function secondOf(client: ManagerClient, work: Tidying, deps: TidyDeps): Promise<ListedExecution | undefined> {
  const { others, waiting } = await findOurRestores(client, wantedOf(work), deps.clock.now());
  return others.at(-1) ?? waiting.at(-1);
}

/** A legacy restore replaces everything, but not when it is refused or breaks off (contract.md §7.3, §7.4). */
function isAllOfDrill({ plan, selection, restoring }: Tidying['gathered']): boolean {
  if (plan?.target.isEmpty) return true;
  return selection?.format === 'legacy' && (restoring?.terminatedSince ?? null) !== null;
}

/** With the first credentials that the manager takes: a restore may have brought others back (contract.md §7.4). */
async function openAny(work: Tidying, deps: TidyDeps): Promise<Opened | { refusal: OffsiteError }> {
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
        const found = await findOurRestores(client, wantedOf(work), deps.clock.now());
        // Executions are listed from any tenant; the snapshot is asked for in this one, if it is there still.
        await client.snapshot(work.ref.snapshot);
        return { client, found };
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

import { OffsiteError, StorageUnavailable } from '../lib/base/errors.ts';
import { OUR_PREFIX, timeOfSnapshotId } from '../lib/base/ids.ts';
import { retryOrError } from '../lib/base/retry.ts';
import { isMarkedDamaged, recordedArchive } from '../lib/catalogue/verified-archive.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Removes our older snapshots from the manager, which never expires any (hazard K17). The newest few stay: restoring
 * from home is fastest. Only those go whose off-site copy is verified, still there and not found damaged since, and only
 * they count: any other may be the only copy, and must not take the place of a good one. One that cannot be checked stays,
 * and is told of; the others are removed all the same.
 */
export const pruneManager = defineStep('PruneManager', async ({ manager, node, snapshot }, deps) => {
  const client = await deps.managers.open(manager, node);
  const ours = (await client.snapshots(OUR_PREFIX))
    .filter((row) => timeOfSnapshotId(row.id) !== undefined && row.status === 'created')
    .sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
  const verified: typeof ours = [];
  const unknown: Unknown[] = [];
  for (const row of ours) {
    // Storage that was away for half a minute is not waited for again at each of them.
    const isAway = unknown.some(({ isPassing }) => isPassing);
    const copy = await copyOf({ manager, snapshot: row.id }, isAway ? [] : undefined, deps);
    if (copy === 'good') verified.push(row);
    if (copy instanceof OffsiteError)
      unknown.push({ id: row.id, why: copy.message, isPassing: copy instanceof StorageUnavailable });
  }
  let deleted = 0;
  const keep = deps.rulesOf(manager).keepOnManager ?? deps.settings.keepOnManager;
  for (const row of verified.slice(keep)) {
    if (row.id === snapshot) continue;
    if ((await client.deleteSnapshot(row.id)) === 'deleted') deleted += 1;
  }
  return { kept: verified.length - deleted, deleted, ...(unknown.length > 0 ? { notes: notesOf(unknown) } : {}) };
});

/** A snapshot of which nobody can tell whether it has a good copy. */
interface Unknown {
  readonly id: string;
  readonly why: string;
  readonly isPassing: boolean;
}

/** What is known of the off-site copy of a snapshot. An error: nobody can tell, so it counts as none. */
async function copyOf(
  of: { readonly manager: string; readonly snapshot: string },
  waits: readonly number[] | undefined,
  deps: Pick<Deps, 'archive' | 'clock' | 'signal'>,
) {
  const found = await retryOrError(
    async () => {
      const manifest = await recordedArchive(of, deps);
      return manifest && !(await isMarkedDamaged(manifest, deps)) ? 'good' : 'none';
    },
    deps,
    waits,
  );
  if (found instanceof OffsiteError && deps.signal.aborted) throw found;
  return found;
}

/** As many as a person reads. */
const MOST_NAMED = 5;

function notesOf(unknown: readonly Unknown[]): string[] {
  const more = unknown.length - MOST_NAMED;
  return [
    ...unknown
      .slice(0, MOST_NAMED)
      .map(({ id, why }) => `Snapshot ${id} stays on the manager, as its archive could not be checked: ${why}`),
    ...(more > 0 ? [`${more} more snapshots stay for the same reason.`] : []),
  ];
}

export const handler = toHandler(pruneManager, runtime);

import { OUR_PREFIX, timeOfSnapshotId } from '../lib/base/ids.ts';
import { isMarkedDamaged, recordedArchive } from '../lib/catalogue/verified-archive.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Removes our older snapshots from the manager, which never expires any (hazard K17). The newest few stay: restoring
 * from home is fastest. Only those go whose off-site copy is verified, still there and not found damaged since, and only
 * they count: any other may be the only copy, and must not take the place of a good one.
 */
export const pruneManager = defineStep('PruneManager', async ({ manager, node, snapshot }, deps) => {
  const client = await deps.managers.open(manager, node);
  const ours = (await client.snapshots(OUR_PREFIX))
    .filter((row) => timeOfSnapshotId(row.id) !== undefined && row.status === 'created')
    .sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
  const verified: typeof ours = [];
  for (const row of ours) {
    const manifest = await recordedArchive({ manager, snapshot: row.id }, deps);
    if (manifest && !(await isMarkedDamaged(manifest, deps))) verified.push(row);
  }
  let deleted = 0;
  const keep = deps.rulesOf(manager).keepOnManager ?? deps.settings.keepOnManager;
  for (const row of verified.slice(keep)) {
    if (row.id === snapshot) continue;
    if ((await client.deleteSnapshot(row.id)) === 'deleted') deleted += 1;
  }
  return { kept: verified.length - deleted, deleted };
});

export const handler = toHandler(pruneManager, runtime);

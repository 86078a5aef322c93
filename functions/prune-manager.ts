import { Manifest } from '../lib/archive/records.ts';
import { keysOf, OUR_PREFIX, timeOfSnapshotId } from '../lib/names.ts';
import { runtime } from '../lib/runtime.ts';
import { defineStep, toHandler } from '../lib/step.ts';

/**
 * Removes our older snapshots from the manager, which never expires any (hazard K17). The newest few stay: restoring
 * from home is fastest. Only those go whose off-site copy has a manifest; an unverified one may be the only copy.
 */
export const pruneManager = defineStep('PruneManager', async ({ manager, node, snapshot }, deps) => {
  const client = await deps.managers.open(manager, node);
  const ours = (await client.snapshots(OUR_PREFIX))
    .filter((row) => timeOfSnapshotId(row.id) !== undefined && row.status === 'created')
    .sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
  let deleted = 0;
  for (const row of ours.slice(deps.settings.keepOnManager)) {
    if (row.id === snapshot) continue;
    if (!(await deps.archive.ledger.read(keysOf(manager, row.id).manifest, Manifest))) continue;
    if ((await client.deleteSnapshot(row.id)) === 'deleted') deleted += 1;
  }
  return { kept: ours.length - deleted, deleted };
});

export const handler = toHandler(pruneManager, runtime);

import { DrillRefused } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { findNode } from '../lib/manager/healthy-node.ts';
import { restoreOf } from '../lib/restore/input.ts';
import { claimTarget } from '../lib/restore/target/claim.ts';
import { requireAllowedSecret } from '../lib/restore/watch/credentials.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Picks the node that this restore talks to and claims the manager, so that the same restore started twice runs once. A
 * drill may only overwrite a manager whose secret says so, and credentials of others are used only as configured. A dry run claims nothing: it changes nothing.
 */
export const findTarget = defineStep('FindTarget', async ({ input, execution }, allDeps) => {
  const deps = inTime('FindTarget', allDeps);
  const ref = restoreOf(input, execution);
  const { manager, restore, snapshot, startedAt } = ref;
  requireAllowedSecret(input, deps.rulesOf(manager));
  const purpose = input.purpose ?? 'recovery';
  if (purpose === 'drill' && !(await deps.managers.isDrillTarget(manager))) {
    throw new DrillRefused(
      `The secret of manager ${manager} does not say "drillTarget": true, so no drill may overwrite it. Nothing was started.`,
    );
  }
  if (!input.dryRun) await claimTarget(ref, execution.id, deps);
  const { node, version, edition, healthy, known, shown, away } = await findNode(manager, deps);
  const nodes = { known, healthy, registered: shown.hosts.length, away: [...away] };
  return { manager, restore, snapshot, startedAt, purpose, node, nodes, version, edition };
});

export const handler = toHandler(findTarget, runtime);

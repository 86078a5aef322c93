import { ApprovalRequest } from '../../lib/approval/records.ts';
import { RestoreWorld, type RestoreWorldOptions } from './restore-world.ts';
import { playIn, type RestoreCase } from './restores.ts';
import type { Hooks } from './virtual-run.ts';
import type { RunResult } from './world.ts';

/** m2 holds a manager's content, and the configuration wants approvals. */
export const PRODUCTION: RestoreWorldOptions = {
  target: { holds: 'archive', archive: { inventory: { tenants: 3, users: 5 }, seed: 3 } },
  rules: { approvalHours: 24 },
};
export const legacy = {
  ...PRODUCTION,
  source: { archive: { format: 'legacy', sizeBytes: 120_000, seed: 7 } },
} as const;

/** One restore in a world of its own, with all that must hold after any. */
export async function play(
  world: RestoreWorldOptions,
  one: (both: RestoreWorld) => RestoreCase | Promise<RestoreCase>,
) {
  const both = await RestoreWorld.start(world);
  try {
    return await playIn(both, await one(both));
  } finally {
    await both.stop();
  }
}

/** What waits for an approval; the newest. */
export async function waiting(both: RestoreWorld): Promise<ApprovalRequest> {
  const key = (await both.world.files('approval-requests')).sort().at(-1) ?? '';
  return ApprovalRequest.parse(JSON.parse(await both.world.text(key)));
}

/** Starts the approve machine about it, as an approver does, with what the message has. */
export async function decideOn(both: RestoreWorld, more: Record<string, unknown> = {}): Promise<RunResult> {
  const { what, digest } = await waiting(both);
  const input = { manager: what.manager, restore: what.restore, request: digest, ...more };
  return await both.world.run({ machine: 'approve', input });
}

/** An approver who decides when the restore has waited for a while. */
export function approver(both: () => RestoreWorld, more: Record<string, unknown> = {}): Pick<Hooks, 'before'> {
  return {
    before: async (step, call) => {
      if (step === 'CheckApproval' && call === 3) await decideOn(both(), more);
    },
  };
}

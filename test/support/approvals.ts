import { ApprovalRequest } from '../../lib/approval/records.ts';
import type { RestoreWorld } from './restore-world.ts';
import type { Hooks } from './virtual-run.ts';
import type { RunResult } from './world.ts';

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

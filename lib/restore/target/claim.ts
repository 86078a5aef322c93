import * as z from 'zod';
import { RecordConflict, TargetClaimed } from '../../base/errors.ts';
import { ManagerId } from '../../base/ids.ts';
import { DEAD_AFTER_MS } from '../../base/ports.ts';
import type { Deps } from '../../deps.ts';
import { restoreKeysOf } from '../../storage/layout.ts';
import type { RestoreRef } from '../input.ts';

/** `claims/<manager>.json`: which restore is at work on a manager. There is one at a time. */
export const RestoreClaim = z.strictObject({
  schema: z.literal('cloudify-offsite/claim/1'),
  manager: ManagerId,
  restore: z.string(),
  execution: z.string(),
  claimedAt: z.iso.datetime(),
  state: z.enum(['held', 'released']),
});
export type RestoreClaim = z.infer<typeof RestoreClaim>;

type Claiming = Pick<Deps, 'archive' | 'executions' | 'clock'>;

/**
 * Makes this execution the only one that restores this manager: the same restore started twice would wipe what the
 * first one has just brought back. Throws `TargetClaimed` while another execution is at work. A claim whose execution
 * has ended is taken over; released records stay, so that no delete has to be ordered after a write.
 */
export async function claimTarget(ref: RestoreRef, execution: string, deps: Claiming): Promise<void> {
  const { claim: key } = restoreKeysOf(ref.manager, ref.restore);
  for (let attempt = 0; attempt < 5; attempt++) {
    const entry = await deps.archive.records.read(key, RestoreClaim);
    if (entry && entry.value.execution !== execution && (await isHeld(entry.value, deps))) {
      throw new TargetClaimed(
        `Restore ${entry.value.restore} is at work on manager ${ref.manager} (execution ${entry.value.execution}, since ${entry.value.claimedAt}). Wait for it, or stop that execution first.`,
      );
    }
    if (entry?.value.execution === execution && entry.value.state === 'held') return;
    const claim: RestoreClaim = {
      schema: 'cloudify-offsite/claim/1',
      manager: ref.manager,
      restore: ref.restore,
      execution,
      claimedAt: deps.clock.now().toISOString(),
      state: 'held',
    };
    if (await deps.archive.records.write(key, claim, entry ? { etag: entry.etag } : 'absent')) return;
  }
  throw new RecordConflict(`${key} changed five times while it was claimed. Which executions restore this manager?`);
}

async function isHeld(claim: RestoreClaim, deps: Claiming): Promise<boolean> {
  if (claim.state === 'released') return false;
  const life = await deps.executions.isRunning(claim.execution);
  if (life !== 'unknown') return life === 'running';
  return deps.clock.now().getTime() - Date.parse(claim.claimedAt) < DEAD_AFTER_MS;
}

/** Whether the manager is this execution's to touch. One that was stopped and lives on for a moment must touch nothing. */
export async function ownsClaim(ref: RestoreRef, execution: string, deps: Pick<Deps, 'archive'>): Promise<boolean> {
  const entry = await deps.archive.records.read(restoreKeysOf(ref.manager, ref.restore).claim, RestoreClaim);
  return entry?.value.execution === execution && entry.value.state === 'held';
}

/** Lets the next restore of this manager begin. Another execution's claim is left alone. */
export async function releaseClaim(ref: RestoreRef, execution: string, deps: Pick<Deps, 'archive'>): Promise<void> {
  const { claim: key } = restoreKeysOf(ref.manager, ref.restore);
  const entry = await deps.archive.records.read(key, RestoreClaim);
  if (entry?.value.execution !== execution || entry.value.state === 'released') return;
  // False: somebody took it over in this very moment, and it is theirs.
  await deps.archive.records.write(key, { ...entry.value, state: 'released' }, { etag: entry.etag });
}

import * as z from 'zod';
import { RecordConflict, TargetClaimed } from '../../base/errors.ts';
import { ManagerId } from '../../base/ids.ts';
import { DEAD_AFTER_MS } from '../../base/ports.ts';
import { isUnread, readOrError } from '../../catalogue/read-record.ts';
import type { Deps } from '../../deps.ts';
import type { Entry } from '../../storage/json-records.ts';
import { restoreKeysOf } from '../../storage/layout.ts';
import { UnreadableRecord } from '../../storage/record-text.ts';
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
    const entry = await claimAt(key, ref.manager, deps);
    if (entry?.value && entry.value.execution !== execution && (await isHeld(entry.value, deps))) {
      throw new TargetClaimed(
        `Restore ${entry.value.restore} is at work on manager ${ref.manager} (execution ${entry.value.execution}, since ${entry.value.claimedAt}). Wait for it, or stop that execution first.`,
      );
    }
    if (entry?.value?.execution === execution && entry.value.state === 'held') return;
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
  throw new RecordConflict(
    `${key} changed five times while it was claimed. Find out which executions restore this manager.`,
  );
}

/**
 * The claim as it stands; without a value when it cannot be read and is older than any execution can be. Throws
 * `UnreadableRecord` when it is younger: the restore that holds it may be at work.
 */
async function claimAt(
  key: string,
  manager: string,
  { archive: { records }, clock }: Claiming,
): Promise<{ readonly value?: RestoreClaim; readonly etag: string } | undefined> {
  const entry = await readOrError(() => records.read(key, RestoreClaim));
  const isOurs = entry && !isUnread(entry) && entry.value.manager === manager;
  if (entry === undefined || isOurs) return entry as Entry<RestoreClaim> | undefined;
  const listed = (await records.list(key)).find((one) => one.key === key);
  if (listed && clock.now().getTime() - listed.lastModified.getTime() >= DEAD_AFTER_MS) return { etag: listed.etag };
  if (isUnread(entry)) throw entry;
  throw new UnreadableRecord(
    `${key} is the claim of manager ${entry.value.manager}: something copied it there. Move it away when no restore of ${manager} is at work.`,
  );
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

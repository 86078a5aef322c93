import { ManagerUnavailable, UnexpectedReply } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { ManagerClient } from '../lib/manager/client.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Asks the manager for a snapshot under an id that follows from the scheduled time, so that asking twice makes one. After a 5xx or
 * a time-out it looks before it fails: the manager writes its rows first and answers later (contract.md §3.2).
 */
export const createSnapshot = defineStep('CreateSnapshot', async ({ manager, node, snapshot }, { managers, clock }) => {
  const client = await managers.open(manager, node);
  await client.refuseDuringRestore();
  const now = clock.now();
  const requested = await request(client, snapshot);
  const made: Made = requested === null ? await adopt(client, manager, snapshot) : { executionId: requested };
  return {
    executionId: made.executionId,
    // An adopted snapshot shows the manager as it was when it was made, not as it is now.
    requestedAt: (made.at && made.at < now ? made.at : now).toISOString(),
    status: 'creating' as const,
    createdSeenAt: null,
    readyAt: null,
    waitSeconds: 1,
  };
});

interface Made {
  readonly executionId: string | null;
  /** By the manager's clock; undefined when it is made only now. */
  readonly at?: Date | undefined;
}

/** The execution's id; null when the snapshot is there already, or is there after all. */
async function request(client: ManagerClient, snapshot: string): Promise<string | null> {
  try {
    return await client.requestSnapshot(snapshot);
  } catch (error) {
    if (error instanceof ManagerUnavailable && (await client.snapshot(snapshot))) return null;
    throw error;
  }
}

/** A snapshot of this id exists: made by an earlier attempt of this run, or by one that died. */
async function adopt(client: ManagerClient, manager: string, snapshot: string): Promise<Made> {
  const existing = await client.snapshot(snapshot);
  if (existing && ['creating', 'created'].includes(existing.status)) {
    const execution = await client.creationOf(existing);
    return { executionId: execution?.id ?? null, at: existing.createdAt };
  }
  if (existing && existing.status !== 'failed') {
    throw new UnexpectedReply(
      `Snapshot ${snapshot} on manager ${manager} was uploaded by another program (it is "${existing.status}"). Move it away and run again.`,
    );
  }
  // It failed in an attempt that nobody is left to clean up after: once more, from the start.
  if (existing) await client.deleteSnapshot(snapshot);
  return { executionId: await client.requestSnapshot(snapshot) };
}

export const handler = toHandler(createSnapshot, runtime);

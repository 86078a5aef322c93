import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { LoggedRequest } from '../../simulator/manager/front.ts';
import type { ExecutionRow, SnapshotRow, StoredFile } from '../../simulator/manager/rows.ts';
import type { SimulatedManager } from '../../simulator/manager/server.ts';
import type { World, WorldOptions } from './world.ts';

/** A world as it was, for others to begin with: its folder, its time, and the snapshots that its manager has. */
export interface KeptWorld {
  readonly dir: string;
  /** By its clock, in ms. */
  readonly at: number;
  /** The snapshots of its runs; those that the manager has may be fewer. The oldest first. */
  readonly runs: readonly string[];
  readonly snapshots: readonly SnapshotRow[];
  readonly executions: readonly ExecutionRow[];
  readonly files: readonly (readonly [string, StoredFile])[];
  /** What its manager was asked. */
  readonly requests: SimulatedManager['requests'];
}

/** Of all files of tests that this process runs. */
const kept = new Map<string, KeptWorld>();

/**
 * Good nights that many worlds begin with are played once by each process, a quarter of a CPU second each, and copied. Gives the
 * kept world, if there is one for these options, and else what keeps one.
 */
export function beginning(what: string, options: WorldOptions) {
  const key = keyOf(what, options);
  const keep = async (world: World, runs: readonly string[]): Promise<void> => {
    if (key !== undefined) kept.set(key, { ...(await keptOf(world)), runs: [...runs] });
  };
  return { kept: key === undefined ? undefined : kept.get(key), keep };
}

/** None of options that no text tells apart: a clock, functions. */
function keyOf(what: string, options: WorldOptions): string | undefined {
  let isPlain = options.clock === undefined;
  const text = JSON.stringify([what, options], (_, value: unknown) => {
    if (typeof value === 'function' || value instanceof RegExp) isPlain = false;
    return typeof value === 'number' ? String(value) : value;
  });
  return isPlain ? text : undefined;
}

async function keptOf({ dir: from, clock, manager: { state, requests } }: World): Promise<Omit<KeptWorld, 'runs'>> {
  const dir = await mkdtemp(join(inject('runFolder'), 'kept-'));
  await cp(from, dir, { recursive: true, preserveTimestamps: true });
  const { snapshots, executions } = structuredClone({ snapshots: state.snapshots, executions: state.executions });
  return { dir, at: clock.now().getTime(), snapshots, executions, files: [...state.files], requests: [...requests] };
}

/** A new manager gets what the kept one had. */
export function putBack({ state, requests }: SimulatedManager, kept: KeptWorld): void {
  const { snapshots, executions, files } = kept;
  // Tests count what was asked since the world began.
  (requests as LoggedRequest[]).push(...kept.requests);
  for (const row of snapshots) state.snapshots.push({ ...row, storageId: state.nextStorageId('snapshots') });
  for (const row of executions) state.executions.push({ ...row, storageId: state.nextStorageId('executions') });
  for (const [path, file] of files) state.files.set(path, file);
}

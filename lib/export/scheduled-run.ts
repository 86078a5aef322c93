import { defined } from '../base/defined.ts';
import { RecordConflict } from '../base/errors.ts';
import { snapshotIdAt, timeOfSnapshotId } from '../base/ids.ts';
import { DEAD_AFTER_MS } from '../base/ports.ts';
import type { ExecutionRef } from '../base/schemas.ts';
import { lockRecorded } from '../catalogue/object-lock.ts';
import { readRecord } from '../catalogue/read-record.ts';
import type { RunRecord } from '../catalogue/records.ts';
import { recordedArchive, requireListed } from '../catalogue/verified-archive.ts';
import type { Deps } from '../deps.ts';
import { type RetainDeps, retain } from '../retention/retain.ts';
import type { StoredObject } from '../storage/archive-bucket.ts';
import { keysOf } from '../storage/layout.ts';
import type { ExportInput } from './contract.ts';

/**
 * One scheduled run of one manager: the snapshot it makes and who works on it. Everything here follows from the execution's own
 * input and start, so clean-up can find what to clean without any state of the steps before it.
 */
export interface ScheduledRun {
  readonly manager: string;
  readonly snapshot: string;
  readonly scheduledTime: string;
  readonly reason: string | undefined;
}

export function scheduledRunOf(input: ExportInput, execution: ExecutionRef): ScheduledRun {
  const snapshot = snapshotIdAt(new Date(input.scheduledTime ?? execution.startTime));
  const scheduledTime = (timeOfSnapshotId(snapshot) ?? new Date(execution.startTime)).toISOString();
  return { manager: input.manager, snapshot, scheduledTime, reason: input.reason };
}

/** Whether a run lives is asked of Step Functions, and where it does not know, of the clock. */
export type LifeDeps = Pick<Deps, 'executions' | 'clock'>;
type ClaimDeps = LifeDeps & RetainDeps & Pick<Deps, 'archive' | 'rulesOf' | 'redactor'>;

export type Claim = { outcome: 'claimed' | 'recorded' | 'duplicate'; owner: string };

/**
 * Makes this execution the owner of the run, or says who is. A second delivery of the same time meets the first one's
 * record; a record whose execution has failed or died is taken over, after what it left is cleared away. Throws
 * `RecordConflict` when the record keeps changing under us.
 */
export async function claimRun(run: ScheduledRun, execution: string, deps: ClaimDeps): Promise<Claim> {
  const key = keysOf(run.manager, run.snapshot).run;
  for (let attempt = 0; attempt < 5; attempt++) {
    const entry = await readRecord('run', run, deps.archive.records);
    const owner = entry?.value.execution;
    if (entry && owner !== execution && (await isHeld(entry.value, deps))) {
      return { outcome: 'duplicate', owner: entry.value.execution };
    }
    if (!entry || owner !== execution || entry.value.state !== 'running') {
      const record = newRecord(run, { execution, before: entry?.value }, deps);
      const expected = entry ? { etag: entry.etag } : ('absent' as const);
      if (!(await deps.archive.records.write(key, record, expected))) continue;
    }
    return { outcome: await clearTheWay(run, deps), owner: execution };
  }
  throw new RecordConflict(
    `${key} changed five times while it was claimed. Another execution keeps updating the record of this run.`,
  );
}

async function isHeld(record: RunRecord, deps: LifeDeps): Promise<boolean> {
  return record.state === 'succeeded' || (await isAtWork(record, deps));
}

/** Whether the execution of this record still works, as far as anybody can tell. */
export async function isAtWork(record: RunRecord, deps: LifeDeps): Promise<boolean> {
  if (record.state !== 'running') return false;
  const life = await deps.executions.isRunning(record.execution);
  if (life !== 'unknown') return life === 'running';
  return deps.clock.now().getTime() - Date.parse(record.claimedAt) < DEAD_AFTER_MS;
}

interface NewRecord {
  readonly execution: string;
  /** The record that is taken over, or was this execution's own. */
  readonly before: RunRecord | undefined;
}

function newRecord(run: ScheduledRun, { execution, before }: NewRecord, { clock, redactor }: ClaimDeps): RunRecord {
  const afterFailure = before !== undefined && (before.afterFailure === true || before.state !== 'succeeded');
  return {
    schema: 'cloudify-offsite/run/1',
    manager: run.manager,
    snapshot: run.snapshot,
    execution,
    ...defined({ reason: run.reason && redactor.clean(run.reason) }),
    claimedAt: clock.now().toISOString(),
    state: 'running',
    ...(afterFailure ? { afterFailure } : {}),
  };
}

/** What an earlier execution of this run left: a recorded archive is finished, anything less is cleared away. */
async function clearTheWay(run: ScheduledRun, deps: ClaimDeps): Promise<'claimed' | 'recorded'> {
  const manifest = await recordedArchive(run, deps);
  if (!manifest) {
    await clearUnrecorded(run, deps);
    await removeFalseManifest(run, deps);
    return 'claimed';
  }
  // It may have been killed between the manifest, the lock and the tags.
  await lockRecorded(manifest, deps);
  await requireListed(manifest, deps);
  await retain(run.manager, deps);
  return 'recorded';
}

/** A manifest whose archive is gone would stand in the way of the true one. Looked for first: a delete leaves a marker. */
async function removeFalseManifest(run: ScheduledRun, { archive }: Pick<Deps, 'archive'>): Promise<void> {
  const key = keysOf(run.manager, run.snapshot).manifest;
  if (await archive.head(key)) await archive.records.remove(key);
}

/** Whether this execution still owns the run. One that was stopped and lives on for a moment must touch nothing. */
export async function ownsRun(
  run: Pick<ScheduledRun, 'manager' | 'snapshot'>,
  execution: string,
  { archive }: Pick<Deps, 'archive'>,
) {
  const record = await readRecord('run', run, archive.records);
  return record?.value.execution === execution;
}

/** Every upload of ours names the execution that made it. */
const makerOf = ({ metadata }: StoredObject) => metadata['offsite-execution'];

/**
 * Removes what no manifest vouches for: open uploads of the run, its archive, its inspection. Gives sentences about
 * what was removed. Looks for the manifest itself, first: a recorded archive is never touched. `only`: what this
 * execution made, for a clean-up that another one may have overtaken.
 */
export async function clearUnrecorded(
  run: ScheduledRun,
  deps: Pick<Deps, 'archive'>,
  only?: string,
): Promise<string[]> {
  if (await recordedArchive(run, deps)) return [];
  const keys = keysOf(run.manager, run.snapshot);
  const notes: string[] = [];
  const aborted = await deps.archive.abortUploads(keys.archive);
  if (aborted > 0) notes.push(`Aborted ${aborted} unfinished upload${aborted > 1 ? 's' : ''} of ${keys.archive}.`);
  const stored = await deps.archive.head(keys.archive);
  if (stored) {
    const maker = makerOf(stored);
    if (maker !== undefined && only !== undefined && maker !== only) return notes;
    if (maker === undefined) {
      throw new RecordConflict(
        `${keys.archive} exists and is not of any export. It stays; find out who wrote it, and move it away.`,
      );
    }
    await deps.archive.removeUnrecorded(keys.archive, stored.versionId);
    await deps.archive.records.remove(keys.inspection);
    notes.push(`Removed ${keys.archive} (${stored.size} bytes), which was not verified.`);
  }
  return notes;
}

import { RecordConflict } from '../base/errors.ts';
import { DEAD_AFTER_MS } from '../base/ports.ts';
import { RunRecord } from '../catalogue/records.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { runsOf } from '../storage/layout.ts';

/** How the export of a manager ended that was begun or ended last. */
export interface LastRun {
  readonly snapshot: string;
  /** `lost`: it says that it is running, and is older than any execution can be. */
  readonly state: 'running' | 'succeeded' | 'failed' | 'lost';
  /** When it ended; while it runs: when it began. */
  readonly at: string;
  readonly error: string | null;
  readonly message: string | null;
  readonly execution: string;
}

/** Undefined: none was ever begun, or its record cannot be read. */
export async function lastRunOf(
  manager: string,
  records: Pick<JsonRecords, 'list' | 'read'>,
  now: Date,
): Promise<LastRun | undefined> {
  const listed = (await records.list(runsOf(manager))).filter(({ key }) => key.endsWith('.json'));
  const newest = listed.reduce((a, b) => (b.lastModified > a.lastModified ? b : a), listed[0] ?? NONE);
  if (newest === NONE) return undefined;
  const record = await read(newest.key, records);
  if (!record) return undefined;
  const { snapshot, state, claimedAt, endedAt, error = null, message = null, execution } = record;
  const isLost = state === 'running' && now.getTime() - Date.parse(claimedAt) > DEAD_AFTER_MS;
  return { snapshot, state: isLost ? 'lost' : state, at: endedAt ?? claimedAt, error, message, execution };
}

const NONE = { key: '', lastModified: new Date(0), etag: '' };

async function read(key: string, records: Pick<JsonRecords, 'read'>): Promise<RunRecord | undefined> {
  try {
    return (await records.read(key, RunRecord))?.value;
  } catch (error) {
    if (error instanceof RecordConflict) return undefined;
    throw error;
  }
}

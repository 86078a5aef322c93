import { DEAD_AFTER_MS } from '../base/ports.ts';
import { isUnread, readOrError, readRecord, type Unread } from '../catalogue/read-record.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { runsOf, snapshotOfRunKey } from '../storage/layout.ts';

/** How the export of a manager ended that was begun or ended last. */
export interface LastRun {
  readonly snapshot: string;
  /** `lost`: it says that it is running, and is older than any execution can be. `unreadable`: its record says nothing. */
  readonly state: 'running' | 'succeeded' | 'failed' | 'lost' | 'unreadable';
  /** When it ended; while it runs: when it began. */
  readonly at: string;
  readonly error: string | null;
  readonly message: string | null;
  readonly execution: string;
  /** When it began; null: its record cannot be read. */
  readonly startedAt: string | null;
  /** Notification targets that were not notified of its end, and why. */
  readonly undelivered: readonly { readonly target: string; readonly error: string }[];
}

/** Undefined: none was ever begun. */
export async function lastRunOf(
  manager: string,
  records: Pick<JsonRecords, 'names' | 'read'>,
  now: Date,
): Promise<LastRun | undefined> {
  const listed = (await records.names(runsOf(manager))).filter(({ key }) => key.endsWith('.json'));
  const newest = listed.reduce((a, b) => (b.lastModified > a.lastModified ? b : a), listed[0] ?? NONE);
  if (newest === NONE) return undefined;
  const snapshot = snapshotOfRunKey(newest.key) ?? '';
  const entry = await readOrError(() => readRecord('run', { manager, snapshot }, records));
  if (isUnread(entry)) return unreadableRun(snapshot, newest.lastModified, entry);
  if (!entry) return undefined;
  const { state, claimedAt, endedAt, error = null, message = null, execution, undelivered = [] } = entry.value;
  const isLost = state === 'running' && now.getTime() - Date.parse(claimedAt) > DEAD_AFTER_MS;
  const at = endedAt ?? claimedAt;
  const told = { error, message, execution, startedAt: claimedAt, undelivered };
  return { snapshot, state: isLost ? 'lost' : state, at, ...told };
}

const NONE = { key: '', lastModified: new Date(0) };

/** How it ended nobody can tell; that its record is there can be told. */
function unreadableRun(snapshot: string, storedAt: Date, { name: error, message }: Unread): LastRun {
  return {
    snapshot,
    state: 'unreadable',
    at: storedAt.toISOString(),
    error,
    message,
    execution: '',
    startedAt: null,
    undelivered: [],
  };
}

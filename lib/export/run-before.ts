import { isUnread, readOrError, readRecord } from '../catalogue/read-record.ts';
import type { RunRecord } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { runsOf, snapshotOfRunKey } from '../storage/layout.ts';
import { isAtWork, type LifeDeps, type ScheduledRun } from './scheduled-run.ts';

/** What the run before this one came to, as the records tell. */
export interface RunBefore {
  /** It failed or died: if this one succeeds, that is a recovery. */
  readonly hasFailed: boolean;
  /** Notification targets that could not be told of it. */
  readonly silent: readonly string[];
}

export const NOTHING_BEFORE: RunBefore = { hasFailed: false, silent: [] };

/** Records that are read at most: those that cannot be read, and runs that are at work beside this one, say nothing. */
const MOST = 5;

type Records = LifeDeps & Pick<Deps, 'archive'>;

/**
 * The run whose record was written last before this one's. A run that was taken over has no record any more: the one that
 * took it over remembers that it failed.
 */
export async function runBefore(run: Pick<ScheduledRun, 'manager' | 'snapshot'>, deps: Records): Promise<RunBefore> {
  const { records } = deps.archive;
  const { manager } = run;
  const own = await readOrError(() => readRecord('run', run, records));
  const hasFailedItself = !isUnread(own) && own?.value.afterFailure === true;
  const others = (await records.list(runsOf(manager)))
    .flatMap(({ key, lastModified }) => ({ snapshot: snapshotOfRunKey(key), lastModified }))
    .filter(({ snapshot }) => snapshot !== undefined && snapshot !== run.snapshot)
    .sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
  for (const { snapshot = '' } of others.slice(0, MOST)) {
    const entry = await readOrError(() => readRecord('run', { manager, snapshot }, records));
    if (isUnread(entry) || !entry || (await isAtWork(entry.value, deps))) continue;
    return { hasFailed: hasFailedItself || hasFailed(entry.value), silent: silentIn(entry.value) };
  }
  return { ...NOTHING_BEFORE, hasFailed: hasFailedItself };
}

const hasFailed = ({ state }: RunRecord) => state !== 'succeeded';
const silentIn = ({ undelivered = [] }: RunRecord) => undelivered.map(({ target }) => target);

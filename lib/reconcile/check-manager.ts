import { days } from '../base/durations.ts';
import { OffsiteError } from '../base/errors.ts';
import { isRestorable } from '../catalogue/entry.ts';
import type { Finding } from './findings.ts';
import type { Observed } from './observe.ts';

/** Younger ones may be of a run that has just ended. */
const OLD_MS = days(1);

/** Snapshots on the manager × runs × manifests. `keep`: as many as stay there anyway. */
export function judgeManager(view: Observed, keep: number): Finding[] {
  const { manager, snapshots, now } = view;
  if (snapshots === undefined) return [];
  if (snapshots instanceof OffsiteError) {
    const message = `Its snapshots were not compared: ${snapshots.message}`;
    return [{ kind: 'ManagerNotSeen', about: manager, message }];
  }
  const copied = new Set(
    view.retention.decisions.filter(({ entry }) => isRestorable(entry)).map(({ entry }) => entry.manifest.snapshot.id),
  );
  const idle = snapshots.filter(({ id }) => view.runs.get(id)?.isAtWork !== true);
  const stale = idle.filter(({ id, status }) => ['creating', 'failed'].includes(status) && view.runs.has(id));
  const alone = idle.filter(
    ({ id, status, createdAt }) =>
      status === 'created' && !copied.has(id) && now.getTime() - (createdAt?.getTime() ?? 0) >= OLD_MS,
  );
  return [
    ...stale.map(
      ({ id, status }): Finding => ({
        kind: 'StaleSnapshot',
        about: id,
        message: `Snapshot ${id} on manager ${manager} is "${status}", and the run that asked for it is over.`,
      }),
    ),
    ...(alone.length > keep ? [pilingUp(manager, alone.map(({ id }) => id).sort())] : []),
  ];
}

function pilingUp(manager: string, ids: readonly string[]): Finding {
  const shown = `${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ` and ${ids.length - 3} more` : ''}`;
  return {
    kind: 'UnverifiedSnapshots',
    about: manager,
    message: `${ids.length} complete snapshots of ours on manager ${manager} have no good copy off-site, so nobody removes them: ${shown}. Run their nights again ("scheduledTime" is in the name), or delete them by hand.`,
  };
}

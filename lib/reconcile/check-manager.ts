import { isRestorable } from '../catalogue/entry.ts';
import type { Finding } from './findings.ts';
import type { Observed } from './observe.ts';

/** Snapshots on the manager × manifests. `keep`: as many as stay there anyway. */
export function judgeManager({ manager, snapshots, retention, runs }: Observed, keep: number): Finding[] {
  if (snapshots.notSeen !== null) {
    const message = `Its snapshots were not compared: ${snapshots.notSeen}`;
    return [{ kind: 'ManagerNotSeen', about: manager, message }];
  }
  const copied = new Set(
    retention.decisions.filter(({ entry }) => isRestorable(entry)).map(({ entry }) => entry.manifest.snapshot.id),
  );
  const alone = snapshots.whole.filter((id) => !copied.has(id) && runs.get(id)?.isAtWork !== true);
  return alone.length > keep ? [pilingUp(manager, alone)] : [];
}

function pilingUp(manager: string, ids: readonly string[]): Finding {
  const shown = `${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ` and ${ids.length - 3} more` : ''}`;
  return {
    kind: 'UnverifiedSnapshots',
    about: manager,
    message: `${ids.length} complete snapshots of this product on manager ${manager} have no valid copy off-site, so no run removes them: ${shown}. Start their runs again ("scheduledTime" is in the name), or delete them by hand.`,
  };
}

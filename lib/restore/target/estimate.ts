import { isUnread, readOrError } from '../../catalogue/read-record.ts';
import type { Deps } from '../../deps.ts';
import { restoresOf } from '../../storage/layout.ts';
import { RestoreEvidence } from '../prove/evidence-record.ts';
import type { Plan, RestoreRun, Selection } from '../state.ts';

/** When nothing is known: a round number, and called a guess. */
const UNKNOWN_SECONDS = 600;
/** A restore does what a creation does, and the checks, the schema and the agents on top. */
const RESTORE_PER_CREATION = 2;
/** Records that are looked through for a restore that succeeded. */
const MOST_RECORDS = 10;

interface EstimateFacts {
  readonly run: Pick<RestoreRun, 'manager'>;
  readonly selection: Pick<Selection, 'size' | 'format' | 'creationSeconds'>;
}

/**
 * How long the upload and the restore will take, and how we know: measured on this manager, else from the snapshot's own
 * time. Only people read it; nothing depends on it.
 */
export async function estimateOf(
  asked: EstimateFacts,
  deps: Pick<Deps, 'settings' | 'archive'>,
): Promise<Plan['estimate']> {
  const { size, creationSeconds } = asked.selection;
  const uploadSeconds = Math.ceil(size / deps.settings.urlBytesPerSecond);
  const measured = await lastRestore(asked, deps);
  if (measured) {
    const restoreSeconds = Math.ceil((measured.seconds * size) / measured.size);
    const basis = `restore ${measured.restore} took ${measured.seconds} s for ${measured.size} bytes`;
    return { uploadSeconds, restoreSeconds, basis };
  }
  if (creationSeconds !== null && creationSeconds > 0) {
    const restoreSeconds = creationSeconds * RESTORE_PER_CREATION;
    return { uploadSeconds, restoreSeconds, basis: `twice the ${creationSeconds} s that the snapshot took` };
  }
  return { uploadSeconds, restoreSeconds: UNKNOWN_SECONDS, basis: 'a guess: nothing was measured yet' };
}

/** The newest restore of such an archive to this manager that ended well; their names begin with their time. */
async function lastRestore({ run, selection }: EstimateFacts, { archive: { records } }: Pick<Deps, 'archive'>) {
  const listed = await records.list(restoresOf(run.manager));
  const newest = listed
    .map(({ key }) => key)
    .sort()
    .slice(-MOST_RECORDS)
    .reverse();
  for (const key of newest) {
    const evidence = await readOrError(() => records.read(key, RestoreEvidence));
    if (!evidence || isUnread(evidence) || evidence.value.state === 'failed') continue;
    const { archive, phases, restore } = evidence.value;
    if (archive?.format !== selection.format || !archive.size || !phases.restore) continue;
    return { restore, seconds: phases.restore, size: archive.size };
  }
  return undefined;
}

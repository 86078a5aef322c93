import { defined } from '../base/defined.ts';
import { ArchiveNotFound } from '../base/errors.ts';
import { readIndex } from '../catalogue/archive-index.ts';
import { readRecord } from '../catalogue/read-record.ts';
import type { AcceptRecord, Manifest } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';

export interface Accepted {
  /**
   * `nothing odd`: it has no flags, so there was nothing to accept, and nothing was written. `accepted as missing`: the
   * index has it, and its manifest is gone.
   */
  readonly outcome: 'accepted' | 'already accepted' | 'nothing odd' | 'accepted as missing';
  /** Undefined: it is gone. */
  readonly manifest: Manifest | undefined;
}

/**
 * Writes down that the content of a flagged archive is as it should be: it counts as a good one from then on, and later
 * runs are compared with it. Of an archive whose manifest is gone it says that it may stay gone. Done again it changes
 * nothing. Throws `ArchiveNotFound`.
 */
export async function acceptDrift(
  { manager, snapshot, reason }: { readonly manager: string; readonly snapshot: string; readonly reason?: string },
  { archive, clock }: Pick<Deps, 'archive' | 'clock'>,
): Promise<Accepted> {
  const keys = keysOf(manager, snapshot);
  const manifest = (await readRecord('manifest', { manager, snapshot }, archive.records))?.value;
  const at = clock.now().toISOString();
  if (!manifest) {
    const scope = { snapshots: [snapshot], isPart: true };
    const { rows } = await readIndex(manager, archive.records, scope);
    if (rows.has(snapshot)) {
      const record: AcceptRecord = {
        ...{ schema: 'cloudify-offsite/accept/1', manager, snapshot, missing: true, at },
        ...defined({ reason }),
      };
      await archive.records.write(keys.accept, record, 'any');
      return { outcome: 'accepted as missing', manifest };
    }
    throw new ArchiveNotFound(
      `Manager ${manager} has no archive ${snapshot}: there is no ${keys.manifest} in ${archive.place}.`,
    );
  }
  if (manifest.flags === undefined) return { outcome: 'nothing odd', manifest };
  const record: AcceptRecord = {
    schema: 'cloudify-offsite/accept/1',
    manager,
    snapshot,
    at,
    ...defined({ reason }),
  };
  const isNew = await archive.records.write(keys.accept, record, 'absent');
  return { outcome: isNew ? 'accepted' : 'already accepted', manifest };
}

import { defined } from '../base/defined.ts';
import { ArchiveNotFound } from '../base/errors.ts';
import { readRecord } from '../catalogue/read-record.ts';
import type { AcceptRecord, Manifest } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';

export interface Accepted {
  /** `nothing odd`: it has no flags, so there was nothing to accept, and nothing was written. */
  readonly outcome: 'accepted' | 'already accepted' | 'nothing odd';
  readonly manifest: Manifest;
}

/**
 * Writes down that the content of a flagged archive is as it should be: it counts as a good one from then on, and later
 * runs are compared with it. Done again it changes nothing. Throws `ArchiveNotFound`.
 */
export async function acceptDrift(
  { manager, snapshot, reason }: { readonly manager: string; readonly snapshot: string; readonly reason?: string },
  { archive, clock }: Pick<Deps, 'archive' | 'clock'>,
): Promise<Accepted> {
  const keys = keysOf(manager, snapshot);
  const manifest = (await readRecord('manifest', { manager, snapshot }, archive.records))?.value;
  if (!manifest) {
    throw new ArchiveNotFound(
      `Manager ${manager} has no archive ${snapshot}: there is no ${keys.manifest} in bucket ${archive.bucketName}.`,
    );
  }
  if (manifest.flags === undefined) return { outcome: 'nothing odd', manifest };
  const at = clock.now().toISOString();
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

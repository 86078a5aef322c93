import type { ArchiveReading, ReadableArchive } from './archive-reading.ts';
import { NOTHING, type Restorable } from './content.ts';
import type { RestorePlan } from './restore-plan.ts';
import type { ManagerState } from './state.ts';
import { compareVersions, parseVersion, type VersionLine } from './version-line.ts';

/** The members that a restore opens unconditionally (contract §10.1). */
const LEGACY_MEMBERS = ['pg_data', 'admin_account.json', 'rest-security.conf', 'networks.json'];

export type Verdict =
  | { readonly format: 'legacy' | 'new'; readonly restorable: Restorable }
  /** The dump fails when services are down and the schema is that of the archive (contract §11 no. 6). */
  | { readonly format: 'legacy'; readonly psqlError: string }
  | { readonly error: string; readonly flag: 'detached' | 'at once' | 'stays' };

export const isReadable = (reading: ArchiveReading): reading is ReadableArchive => !('error' in reading);

/** From 7.0.0 on an archive is legacy if it names all three schema revisions, which community ones do not. */
const isLegacy = ({ namesRevisions }: ReadableArchive, line: VersionLine): boolean => !line.isSeven || namesRevisions;

/** What the workflow makes of the archive before it changes anything. */
export function verdictOfPlan(state: ManagerState, plan: RestorePlan, line: VersionLine): Verdict {
  const { reading, node, snapshotId } = plan;
  // Replication may not have brought the file to this node, and it may be gone by now.
  const isThere = state.fileOn(node, snapshotId) !== undefined;
  if (!isReadable(reading) || !isThere) {
    // From 7.0.0 on the clean-up fails with another error, which is the one that shows, and the flag stays (§8).
    if (line.isSeven) return { error: "TypeError: argument of type 'NoneType' is not iterable", flag: 'stays' };
    const missing = `FileNotFoundError: [Errno 2] No such file or directory: '/opt/manager/resources/snapshots/${snapshotId}/${snapshotId}.zip'`;
    return { error: isReadable(reading) ? missing : reading.error, flag: 'detached' };
  }
  const failure = plan.faults.fails?.error ?? reading.damage;
  if (isLegacy(reading, line)) {
    const error = failure ?? reading.clash ?? refusal(state, plan, reading, line);
    if (error !== undefined) return { error, flag: 'detached' };
    const { dump = NOTHING } = reading;
    return 'error' in dump ? { format: 'legacy', psqlError: dump.error } : { format: 'legacy', restorable: dump };
  }
  if (failure !== undefined) return { error: failure, flag: 'at once' };
  if ('error' in reading.pages) return { error: reading.pages.error, flag: 'at once' };
  // Each of the two layouts is unknown to the managers of the other (contract §10.2).
  const isKnown = reading.pages.isFirstLayout === line.isLegacyByDefault;
  return { format: 'new', restorable: isKnown ? reading.pages : NOTHING };
}

/** Texts of the vendor; managers of 7.x ask none of this of new-format archives (§7.3). */
function refusal(
  state: ManagerState,
  { isBootstrapAdmin, force }: RestorePlan,
  { version: archived, members }: ReadableArchive,
  line: VersionLine,
): string | undefined {
  const wrong = (text: string): string => `cloudify.exceptions.NonRecoverableError: ${text}`;
  if (!/^\d+\.\d+\.\d+/.test(archived)) return `ValueError: ${archived}`;
  const version = parseVersion(archived);
  if (compareVersions(version, parseVersion(line.text)) > 0) {
    return wrong(`Cannot restore a newer manager's snapshot on this manager [${archived} > ${line.text}]`);
  }
  if (compareVersions(version, [4, 0, 0]) < 0) {
    return wrong(`Restoring snapshot from version ${archived} is not supported`);
  }
  if (!isBootstrapAdmin) {
    return wrong(
      'The current user is not authorized to restore v4 snapshots. Only the bootstrap admin is allowed to perform this action',
    );
  }
  if (!force && (state.content.inventory().totals['blueprints'] ?? 0) > 0) {
    return wrong(
      'Snapshot restoration on a non-empty manager is not permitted. Pass the --force flag to force the restore and delete existing data',
    );
  }
  const missing = LEGACY_MEMBERS.find((name) => !members.has(name));
  return missing === undefined
    ? undefined
    : `FileNotFoundError: [Errno 2] No such file or directory: '/tmp/tmpx-snapshot-data/${missing}'`;
}

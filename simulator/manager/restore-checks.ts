import type { ArchiveReading, ReadableArchive } from './archive-reading.ts';
import type { RestorePlan } from './restore-plan.ts';
import type { ManagerState } from './state.ts';
import { compareVersions, parseVersion, type VersionLine } from './version-line.ts';

/** The members that a restore opens unconditionally (contract §10.1). */
const LEGACY_MEMBERS = ['pg_data', 'admin_account.json', 'rest-security.conf', 'networks.json'];

export type Verdict =
  | { readonly format: 'legacy' | 'new'; readonly archive: ReadableArchive }
  | { readonly error: string; readonly flag: 'detached' | 'at once' | 'stays' };

export const isReadable = (reading: ArchiveReading): reading is ReadableArchive => !('error' in reading);

/** From 7.0.0 on an archive is legacy if it names all three schema revisions, which community ones do not. */
function isLegacy({ metadata }: ReadableArchive, line: VersionLine): boolean {
  const { schemaRevision, stageSchemaRevision, composerSchemaRevision } = metadata;
  const revisions = [schemaRevision, stageSchemaRevision, composerSchemaRevision];
  return !line.isSeven || revisions.every((revision) => revision !== undefined);
}

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
  const format = isLegacy(reading, line) ? 'legacy' : 'new';
  const flag = format === 'legacy' ? 'detached' : 'at once';
  const error = plan.faults.fails?.error ?? (format === 'legacy' ? refusal(state, plan, reading, line) : undefined);
  const found = error ?? reading.contentError;
  return found === undefined ? { format, archive: reading } : { error: found, flag };
}

/** Texts of the vendor; managers of 7.x ask none of this of new-format archives (§7.3). */
function refusal(
  state: ManagerState,
  { isBootstrapAdmin, force }: RestorePlan,
  { metadata, members }: ReadableArchive,
  line: VersionLine,
): string | undefined {
  const wrong = (text: string): string => `cloudify.exceptions.NonRecoverableError: ${text}`;
  if (!/^\d+\.\d+\.\d+/.test(metadata.snapshotVersion)) return `ValueError: ${metadata.snapshotVersion}`;
  const version = parseVersion(metadata.snapshotVersion);
  if (compareVersions(version, parseVersion(line.text)) > 0) {
    return wrong(
      `Cannot restore a newer manager's snapshot on this manager [${metadata.snapshotVersion} > ${line.text}]`,
    );
  }
  if (compareVersions(version, [4, 0, 0]) < 0) {
    return wrong(`Restoring snapshot from version ${metadata.snapshotVersion} is not supported`);
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

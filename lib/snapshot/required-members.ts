import { MemberMissing } from '../base/errors.ts';
import type { Inventory } from './inventory.ts';
import type { Metadata } from './metadata.ts';
import { METADATA } from './metadata.ts';

/** `legacy`: a database dump (5.0.5-6.4, and 7.x on request). `new`: JSON pages written through REST (7.0.0 and later). */
export type ArchiveFormat = 'legacy' | 'new';

export const PG_DATA = 'pg_data';

/** A restore opens these unconditionally, the last three since 4.4. */
const LEGACY = [METADATA, PG_DATA];
const LEGACY_SINCE_4_4 = [...LEGACY, 'admin_account.json', 'rest-security.conf', 'networks.json'];

/** Folders that every new archive has, be it only as an entry of their own; both before and since 7.0.1. */
const NEW_FOLDERS = ['mgmt/', 'tenants/'];

/** Every manager has a tenant (`default_tenant`) and a user (`admin`): without them there is nothing to restore. */
const NEVER_EMPTY = ['tenants', 'users'];

/** Databases of the two UIs, where the manager has them (premium). */
export const UI_DUMPS = ['stage_data', 'composer_data'];

/** Files that a legacy restore reads with json.load, beside `metadata.json`. */
export const JSON_FILES = ['admin_account.json', 'rest-security.conf', 'networks.json', 'agents.json'];

/** Members to be looked for by name while the directory is read. */
export const KNOWN_NAMES: ReadonlySet<string> = new Set([...LEGACY_SINCE_4_4, ...UI_DUMPS, ...JSON_FILES]);

export const KNOWN_FOLDERS: readonly string[] = NEW_FOLDERS;

/**
 * A dump, or the revision of the database that it was taken from, makes an archive legacy. Managers of 7.x ask for all
 * three revisions instead, and so take a community archive (which has one) for a new one; the members tell the truth.
 */
export function formatOf(metadata: Metadata, found: ReadonlySet<string>): ArchiveFormat {
  return found.has(PG_DATA) || metadata.schemaRevision !== undefined ? 'legacy' : 'new';
}

/** The required members, all of which are in `found`. Throws `MemberMissing` with those that are not. */
export function requireMembers(
  format: ArchiveFormat,
  metadata: Metadata,
  found: ReadonlySet<string>,
  label: string,
): string[] {
  const legacy = isBefore44(metadata.snapshotVersion) ? LEGACY : LEGACY_SINCE_4_4;
  const required = format === 'legacy' ? legacy : [METADATA, ...NEW_FOLDERS];
  const missing = required.filter((name) => !found.has(name));
  if (missing.length > 0) {
    const kind = `a ${format} archive of a manager ${metadata.snapshotVersion}`;
    throw new MemberMissing(`${label} lacks ${missing.join(', ')}: ${kind} cannot be restored without.`);
  }
  return required;
}

/** Throws `MemberMissing` when the archive holds no tenants or no users, which is no archive of a manager. */
export function requireContent(format: ArchiveFormat, { totals }: Inventory, label: string): void {
  const place = format === 'legacy' ? `in ${PG_DATA}` : 'in any page of mgmt/';
  const missing = NEVER_EMPTY.filter((type) => !totals[type]);
  if (missing.length > 0) throw new MemberMissing(`${label} has no ${missing.join(' and no ')} ${place}.`);
}

function isBefore44(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 4 || (major === 4 && minor < 4);
}

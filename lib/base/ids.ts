import * as z from 'zod';

/**
 * A manager's name in this installation: part of S3 keys, of the secret's name and of metrics. Lower case, so that two
 * managers never differ by case only on a file system that ignores it.
 */
export const ManagerId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be 1-63 lower-case letters, digits or hyphens and begin with a letter');

/**
 * A snapshot id as managers accept it (contract.md §3.1: letter first, then letters, digits, `-`, `.`, `_`, at most 256).
 * Narrower than theirs on purpose: an id that could hold a slash or a dot segment deletes every snapshot of the manager
 * (`PUT /snapshots/../archive`, hazards.md K22). Ours also fit an S3 key and a file name.
 */
export const SnapshotId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,199}$/, 'must begin with a letter and hold only letters, digits, ".", "_" and "-"');

/** `20261122T020000Z-0a1b2c3d`, as lib/restore/input.ts names a restore. */
export const RestoreId = z
  .string()
  .regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/, 'must be the name of a restore, such as 20261123T020000Z-1a2b3c4d');

/** `report-20261101T070000Z`: a report that is kept, by the time that it was due or asked for. */
export const ReportId = z
  .string()
  .regex(/^report-\d{8}T\d{6}Z$/, 'must be the name of a report, such as report-20261101T070000Z');

export const reportIdAt = (time: Date): string => `report-${compactTime(time)}`;

/** As an HTTP header carries it. */
export const TenantName = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1-256 letters, digits and signs of ASCII, without blanks');

/** Everything we make on a manager begins with this; nothing else is ever deleted there. */
export const OUR_PREFIX = 'offsite-';

/**
 * The snapshot id of a scheduled time: `offsite-20261122T020000Z`. Deterministic, so that a second delivery of the same
 * time meets the first one's claim and not a second snapshot. Seconds are kept: two manual runs a minute apart differ.
 */
export function snapshotIdAt(time: Date): string {
  return OUR_PREFIX + compactTime(time);
}

/** `20261122T020000Z`: a time that fits into ids and sorts by itself. */
export function compactTime(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

/** The time inside one of our snapshot ids, or undefined for anybody else's, such as one of a 13th month or a 30th of February. */
export function timeOfSnapshotId(id: string): Date | undefined {
  const match = /^offsite-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(id);
  if (!match) return undefined;
  const [, y, mo, d, h, mi, s] = match;
  const time = new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return time.getUTCDate() === Number(d) ? time : undefined;
}

/** The month inside one of our snapshot ids, `2026-11`, or undefined for anybody else's. */
export function monthOfSnapshotId(id: string): string | undefined {
  const at = OUR_PREFIX.length;
  return timeOfSnapshotId(id) && `${id.slice(at, at + 4)}-${id.slice(at + 4, at + 6)}`;
}

import { printable } from '../base/printable.ts';
import type { FleetRow } from './model/fleet-row.ts';
import type { Run } from './model/runs.ts';

/**
 * One field (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it: managers and
 * people choose names and messages (OWASP: CSV injection). A number that is negative stays a number.
 */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = printable(value);
  const safe = /^[\s]*[=+\-@|%\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r;\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const lineOf = (fields: readonly (string | number | null)[]) => `${fields.map(csvField).join(',')}\r\n`;

const RUN_HEADS = [
  'manager',
  'due',
  'day',
  'snapshot',
  'state',
  'content_at',
  'size_bytes',
  'seconds',
  'error',
  'message',
  'flags',
  'reason',
  'execution',
];
export const RUNS_HEAD = lineOf(RUN_HEADS);

/** A line for each run. */
export function runsCsv(manager: string, runs: readonly Run[]): string {
  return runs
    .map(({ at, day, snapshot, state, contentAt, size, phases, error, message, flags, reason, execution }) => {
      const spent = phases.length === 0 ? null : phases.reduce((sum, { seconds }) => sum + seconds, 0);
      const falls = flags.map(({ type, before, now }) => `${type} ${before} to ${now}`).join('; ');
      return lineOf([
        manager,
        at,
        day,
        snapshot,
        state,
        contentAt,
        size,
        spent,
        error,
        message,
        falls,
        reason,
        execution,
      ]);
    })
    .join('');
}

const MANAGER_HEADS = [
  'manager',
  'verdict',
  'why',
  'newest_archive',
  'age_seconds',
  'target_hours',
  'success_rate',
  'longest_gap_seconds',
  'archives',
  'bytes',
  'last_restore_test',
  'rto_seconds',
  'findings',
  'unsigned_records',
  'forged_records',
];

/** A line for each manager. */
export function managersCsv(rows: readonly FleetRow[]): string {
  const lines = rows.map((row) => {
    const { manager, verdict, newestAt, ageSeconds, timing, successRate, longestGapSeconds, lastTest, records } = row;
    const rate = successRate === null ? null : Math.round(successRate * 1e4) / 1e4;
    return lineOf([
      ...[manager, verdict.state, verdict.why, newestAt, ageSeconds, timing.targetHours, rate, longestGapSeconds],
      ...[
        row.archives,
        row.bytes,
        lastTest?.at ?? null,
        lastTest?.rtoSeconds ?? null,
        row.findingCount,
        records.unsigned,
        records.forged,
      ],
    ]);
  });
  return lineOf(MANAGER_HEADS) + lines.join('');
}

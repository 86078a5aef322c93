import { printable } from '../base/printable.ts';
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

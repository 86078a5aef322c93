import { csvLine } from '../base/csv.ts';
import type { Run } from './model/runs.ts';

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
export const RUNS_HEAD = csvLine(RUN_HEADS);

/** A line for each run. */
export function runsCsv(manager: string, runs: readonly Run[]): string {
  return runs
    .map(({ at, day, snapshot, state, contentAt, size, phases, error, message, flags, reason, execution }) => {
      const spent = phases.length === 0 ? null : phases.reduce((sum, { seconds }) => sum + seconds, 0);
      const falls = flags.map(({ type, before, now }) => `${type} ${before} to ${now}`).join('; ');
      return csvLine([
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

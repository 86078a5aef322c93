import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { nextRun } from '../../config/schedule.ts';
import type { FleetRow } from './fleet-row.ts';
import type { PolicyLine } from './policy-line.ts';

const WORDS = {
  clean: 'nothing was odd',
  repaired: 'what was found was repaired',
  findings: 'something is for a person',
} as const;

/** When each manager was last compared with its schedule, records and objects, and what came of it. */
export function reconciliationLine(
  config: OffsiteConfig | undefined,
  rows: readonly FleetRow[],
  now: Date,
): PolicyLine {
  const schedule = config?.reconciliation.schedule ?? null;
  const configured = config ? (schedule ?? 'by hand only') : null;
  const late = rows.filter((row) => isLate(row, schedule, now));
  const [only] = rows;
  const deployed = rows.length === 1 && only ? ofOne(only) : ofAll(rows);
  const lateText = late.length === 0 ? '' : ` Late: ${namesOf(late, rows)}.`;
  return { what: 'Reconciliation', configured, deployed: `${deployed}${lateText}`, differs: late.length > 0 };
}

function ofOne({ reconciliation }: FleetRow): string {
  if (reconciliation === null) return 'none is recorded.';
  const { outcome, at, message } = reconciliation;
  if (outcome === 'unreadable' || at === null) return `its record cannot be relied on: ${message}`;
  return `last ${at.slice(0, 16).replace('T', ' ')} UTC: ${WORDS[outcome]}. ${message}`;
}

function ofAll(rows: readonly FleetRow[]): string {
  if (rows.length === 0) return 'there is no manager.';
  const of = (...wanted: readonly string[]) =>
    rows.filter(({ reconciliation }) => wanted.includes(reconciliation?.outcome ?? 'none'));
  const last = rows
    .flatMap(({ reconciliation }) => reconciliation?.at ?? [])
    .sort()
    .at(-1);
  const parts = [
    `${of('clean', 'repaired').length} of ${rows.length} managers with nothing left to do`,
    ...named('something is for a person', of('findings')),
    ...named('a record that cannot be relied on', of('unreadable')),
    ...named('none is recorded', of('none')),
  ];
  return `${parts.join('; ')}${last ? `; the last one ${last.slice(0, 16).replace('T', ' ')} UTC` : ''}.`;
}

const MOST_NAMED = 3;

function named(what: string, rows: readonly FleetRow[]): string[] {
  return rows.length === 0 ? [] : [`${what}: ${namesOf(rows)}`];
}

function namesOf(rows: readonly FleetRow[], all?: readonly FleetRow[]): string {
  if (all?.length === 1) return 'more than one was due since';
  const names = rows.slice(0, MOST_NAMED).map(({ manager }) => manager);
  return `${names.join(', ')}${rows.length > MOST_NAMED ? ` and ${rows.length - MOST_NAMED} more` : ''}`;
}

/** One may be under way, or have been repeated by hand; two that were due and did not come are a schedule that is off. */
function isLate({ reconciliation, timing }: FleetRow, schedule: string | null, now: Date): boolean {
  if (schedule === null || !reconciliation?.at) return false;
  const due = nextRun(schedule, timing.timeZone, new Date(reconciliation.at));
  const again = due && nextRun(schedule, timing.timeZone, due);
  return again !== undefined && again < now;
}

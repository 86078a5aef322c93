import type { Occasion } from '../base/ports.ts';
import type { ManagerStatus } from './status.ts';

/** One message about all managers: successes are counted, what needs somebody is named. */
export interface Digest {
  readonly outcome: 'good' | 'attention';
  readonly message: string;
  readonly managers: number;
  /** Managers with an archive that is recent enough, and whose last run did not fail. */
  readonly good: number;
  readonly failed: readonly { readonly manager: string; readonly error: string }[];
  /** Without an archive, or with one that is older than the configuration allows. */
  readonly overdue: readonly { readonly manager: string; readonly takenAt: string | null }[];
  /** One sentence for each manager that needs somebody; the first 50. */
  readonly notes: readonly string[];
}

const MOST_NOTES = 50;

export function digestOf(managers: readonly ManagerStatus[]): Digest {
  const failed = managers.flatMap(({ manager, lastRun }) =>
    lastRun && ['failed', 'lost', 'unreadable'].includes(lastRun.state)
      ? [{ manager, error: lastRun.error ?? (lastRun.state === 'lost' ? 'the run died' : 'unknown') }]
      : [],
  );
  const overdue = managers.flatMap(({ manager, archive, stale, needsAttention }) =>
    stale || (archive === null && needsAttention) ? [{ manager, takenAt: archive?.takenAt ?? null }] : [],
  );
  const named = new Set([...failed, ...overdue].map(({ manager }) => manager));
  const odd = managers.filter(
    ({ manager, marks, needsAttention }) => needsAttention || named.has(manager) || marks.length > 0,
  );
  const good = managers.filter(({ manager, needsAttention }) => !needsAttention && !named.has(manager)).length;
  return {
    outcome: good === managers.length ? 'good' : 'attention',
    message: [
      `${good} of ${managers.length} managers are backed up as configured.`,
      ...(failed.length > 0 ? [`Last run failed: ${listOf(failed)}.`] : []),
      ...(overdue.length > 0 ? [`Overdue: ${listOf(overdue)}.`] : []),
    ].join(' '),
    managers: managers.length,
    good,
    failed: failed.slice(0, MOST_NAMED),
    overdue: overdue.slice(0, MOST_NAMED),
    notes: [
      ...odd
        .slice(0, MOST_NOTES)
        .map(({ manager, marks }) => `${manager}: ${marks.join('; ') || 'see offsite status'}`),
      ...(odd.length > MOST_NOTES ? [`and ${odd.length - MOST_NOTES} more managers: see offsite status`] : []),
    ],
  };
}

/** As many as a message has room for; the rest is counted. */
const MOST_NAMED = 100;
const MOST_LISTED = 30;

function listOf(named: readonly { readonly manager: string }[]): string {
  const shown = named.slice(0, MOST_LISTED).map(({ manager }) => manager);
  return `${shown.join(', ')}${named.length > MOST_LISTED ? ` and ${named.length - MOST_LISTED} more` : ''}`;
}

/** One that is good is news as well: whoever has asked for it hears that it still comes. */
export const digestOccasion = ({ outcome }: Digest): Occasion => ({
  about: 'digest',
  outcome: outcome === 'good' ? 'success' : 'attention',
  manager: null,
});

export function digestSubject({ good, managers, outcome }: Digest): string {
  const what = outcome === 'good' ? 'backed up' : 'backed up, attention needed';
  return `cloudify-offsite: ${good} of ${managers} managers ${what}`;
}

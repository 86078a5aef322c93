import { days, hours, minutes, seconds } from '../../base/durations.ts';
import { snapshotIdAt, timeOfSnapshotId } from '../../base/ids.ts';
import { DEAD_AFTER_MS } from '../../base/ports.ts';
import { type Entry, isDamaged, isFlagged, isStored } from '../../catalogue/entry.ts';
import type { Flag } from '../../catalogue/records.ts';
import type { ManagerRules } from '../../config/manager-rules.ts';
import { runsBetween } from '../../config/schedule.ts';
import { inStep } from '../../reconcile/check-schedule.ts';
import type { GoneArchive, ManagerFacts, RunSeen } from '../facts/manager-facts.ts';
import { dayOf, type Period } from './period.ts';

/**
 * How a run ended. `verified`, `flagged`: it made an archive that was verified, and whose content is odd; `damaged`: and a
 * later verification found it damaged, or it is gone before its time; `missing`: it was due, and nothing was started.
 */
export const RUN_STATES = ['damaged', 'failed', 'missing', 'flagged', 'running', 'verified'] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface Run {
  /** ISO time of the slot. */
  readonly at: string;
  /** On the walls of the manager's time zone. */
  readonly day: string;
  readonly snapshot: string;
  readonly state: RunState;
  /** ISO time of the content; of an archive that has left the index as well that of the slot, the last that is known. */
  readonly contentAt: string | null;
  readonly size: number | null;
  /** Seconds of each phase; none where manifest and index have nothing of it. */
  readonly phases: readonly { readonly phase: Phase; readonly seconds: number }[];
  readonly error: string | null;
  readonly message: string | null;
  readonly reason: string | null;
  readonly flags: readonly Flag[];
  readonly totals: Readonly<Record<string, number>> | null;
  readonly execution: string | null;
  /** Its archive has expired, and its manifest with it. */
  readonly isExpired: boolean;
}

export const PHASES = ['prepare', 'snapshot', 'copy', 'verify'] as const;
type Phase = (typeof PHASES)[number];

type Rules = Pick<ManagerRules, 'schedule' | 'timeZone' | 'flexibleMinutes'>;

/** A slot of which nothing is known yet may still be on its way, as reconciliation has it. */
const GRACE_MS = hours(4);

/** Every run of the period, and every slot of the schedule that has none, by their time. */
export function runsOf(facts: ManagerFacts, rules: Rules, period: Period): Run[] {
  const { timeZone } = rules;
  const inPeriod = (id: string) => {
    const time = timeOfSnapshotId(id);
    return time !== undefined && time >= period.since && time < period.until;
  };
  const recorded = facts.entries.filter(({ manifest }) => inPeriod(manifest.snapshot.id));
  const known = [
    ...recorded.map((entry) => runOfEntry(entry, facts, timeZone)),
    ...facts.gone.map((gone) => runOfGone(gone, timeZone)),
    ...facts.runs.map((seen) => runOfRecord(seen, timeZone, period.now)),
  ];
  return [...known, ...missingRuns(known, facts, rules, period)].sort((a, b) => (a.at < b.at ? -1 : 1));
}

const NOTHING = {
  ...{ contentAt: null, size: null, phases: [], error: null, message: null, reason: null },
  ...{ flags: [], totals: null, execution: null, isExpired: false },
} as const satisfies Partial<Run>;

const slotOf = (snapshot: string) => timeOfSnapshotId(snapshot)?.toISOString() ?? '';

function runOfEntry(entry: Entry, { details }: ManagerFacts, timeZone: string): Run {
  const { manifest, mark } = entry;
  const { id } = manifest.snapshot;
  const detail = details.get(id);
  const at = slotOf(id);
  return {
    ...NOTHING,
    ...{ at, day: dayOf(Date.parse(at), timeZone), snapshot: id, state: stateOf(entry) },
    contentAt: manifest.times.snapshotReady,
    size: manifest.archive.size,
    phases: phasesOf(manifest.times, detail?.startedAt),
    error: mark?.error ?? (entry.missing === null ? null : 'ArchiveGone'),
    message: mark?.message ?? (entry.missing === null ? null : `The archive is ${MISSING[entry.missing]}.`),
    flags: manifest.flags ?? [],
    totals: manifest.inventory.totals,
    execution: detail?.execution ?? null,
  };
}

const MISSING = { gone: 'not there', 'other version': 'of another version', 'other size': 'of another size' } as const;

function stateOf(entry: Entry): RunState {
  if (isDamaged(entry) || !isStored(entry)) return 'damaged';
  return isFlagged(entry) ? 'flagged' : 'verified';
}

function phasesOf(times: Entry['manifest']['times'], startedAt: string | undefined): Run['phases'] {
  const marks = [startedAt ?? times.snapshotRequested, times.snapshotRequested, times.snapshotReady];
  const ends = [...marks, times.stored, times.recorded].map((time) => Date.parse(time));
  // Storage tells its time in whole seconds, which may be a moment before the snapshot's end.
  return PHASES.map((phase, at) => {
    const span = (ends[at + 1] ?? 0) - (ends[at] ?? 0);
    return { phase, seconds: Math.max(0, Math.round(span / seconds(1))) };
  });
}

function runOfGone({ row, isExpired }: GoneArchive, timeZone: string): Run {
  const at = slotOf(row.snapshot);
  const lost = isExpired
    ? {}
    : ({ state: 'damaged', error: 'ManifestGone', message: LOST_MANIFEST[row.fate] } as const);
  return {
    ...NOTHING,
    ...{ at, day: dayOf(Date.parse(at), timeZone), snapshot: row.snapshot, isExpired },
    state: row.flags ? 'flagged' : 'verified',
    contentAt: row.times.snapshotReady,
    size: row.archive.size,
    // When it began stood in the manifest alone.
    phases: phasesOf(row.times, undefined).filter(({ phase }) => phase !== 'prepare'),
    flags: row.flags ?? [],
    totals: row.totals,
    ...lost,
  };
}

const LOST_MANIFEST = {
  recorded: 'Its manifest is missing before its time.',
  accepted: 'It is missing, and a person has accepted that.',
  expired: '',
} as const;

function runOfRecord({ snapshot, record, why }: RunSeen, timeZone: string, now: Date): Run {
  const at = slotOf(snapshot);
  const run = { ...NOTHING, at, day: dayOf(Date.parse(at), timeZone), snapshot };
  if (!record) return { ...run, state: 'failed', error: 'UnreadableRecord', message: why ?? 'Its record is missing.' };
  const { state, claimedAt, error = null, message = null, reason = null, execution } = record;
  const told = { ...run, error, message, reason, execution };
  if (state === 'failed') return { ...told, state: 'failed' };
  if (state === 'succeeded') return { ...told, state: 'verified', contentAt: at, isExpired: true };
  const isLost = now.getTime() - Date.parse(claimedAt) > DEAD_AFTER_MS;
  return isLost ? { ...told, state: 'failed', error: 'Lost', message: LOST } : { ...told, state: 'running' };
}

const LOST = 'It died and was never closed.';

function missingRuns(known: readonly Run[], facts: ManagerFacts, rules: Rules, { since, until, now }: Period): Run[] {
  const { schedule, timeZone, flexibleMinutes = 0 } = rules;
  if (schedule === undefined || facts.firstRunAt === null) return [];
  const times = known.map(({ at }) => Date.parse(at));
  const from = new Date(Math.max(since.getTime(), Date.parse(facts.firstRunAt)));
  const slots = runsBetween(schedule, timeZone, inStep(from, schedule, times), until).map((slot) => slot.getTime());
  const grace = GRACE_MS + minutes(flexibleMinutes);
  return slots.flatMap((slot, at): Run[] => {
    const [before, after] = [slots[at - 1] ?? slot - days(1), slots[at + 1] ?? Number.POSITIVE_INFINITY];
    // Somebody may have moved the schedule, or have repeated the run by hand at another time.
    if (times.some((time) => time === slot || (time > before && time < after))) return [];
    if (now.getTime() - slot < grace) return [];
    const time = new Date(slot);
    const facts = { at: time.toISOString(), day: dayOf(slot, timeZone), snapshot: snapshotIdAt(time) };
    return [{ ...NOTHING, ...facts, state: 'missing', message: 'It was due, and nothing was started.' }];
  });
}

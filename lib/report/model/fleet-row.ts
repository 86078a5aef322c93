import { EXPIRE_TAGS, type ExpireTag } from '../../config/lifecycle.ts';
import type { RestoreFact } from '../facts/restore-facts.ts';
import type { ReportFinding } from './findings.ts';
import type { ManagerReport, Records, Timing } from './manager-report.ts';
import { RUN_STATES, type RunState } from './runs.ts';
import type { Verdict } from './verdict.ts';

/** The runs of one day, by the worst of them; null: none was due, and none ran. */
export interface Day {
  readonly day: string;
  readonly state: RunState | null;
  readonly runs: number;
}

export interface Restored {
  readonly at: string;
  readonly rtoSeconds: number | null;
  readonly state: string;
}

/** What the page of all managers holds of one: little, since there may be hundreds. */
export interface FleetRow {
  readonly manager: string;
  readonly verdict: Verdict;
  readonly timing: Timing;
  readonly newestAt: string | null;
  readonly ageSeconds: number | null;
  readonly stale: boolean | null;
  readonly successRate: number | null;
  readonly counts: ManagerReport['counts'];
  readonly longestGapSeconds: number | null;
  readonly gapsOver: number;
  readonly days: readonly Day[];
  /** Sizes of archives of the period, thinned to be drawn in a line. */
  readonly sizes: readonly number[];
  readonly archives: number;
  readonly bytes: number;
  readonly monthlyCost: number;
  readonly held: Readonly<Record<ExpireTag, number>>;
  /** The last test of an archive of this manager, as `offsite status` has it. */
  readonly lastTest: Restored | null;
  /** The last restore of one, in a test or after a loss. */
  readonly lastRestore: (Restored & { readonly isTest: boolean }) | null;
  /** The last one that succeeded. */
  readonly lastProof: Restored | null;
  readonly testsInPeriod: number;
  readonly oldestVerifiedAt: string | null;
  readonly findings: readonly ReportFinding[];
  readonly findingCount: number;
  readonly reconciliation: ManagerReport['reconciliation'];
  readonly damaged: number;
  readonly records: Records;
}

const MOST_FINDINGS = 3;
const MOST_SIZES = 40;

export function rowOf(report: ManagerReport, daysOfPeriod: readonly string[]): FleetRow {
  const { manager, verdict, timing, status, successRate, counts, recoveryPoint, archives, findings, records } = report;
  const restores = report.restores.filter((one) => one.manager === manager);
  const tests = restores.filter(({ isDrill }) => isDrill);
  const last = restores.at(-1);
  const proof = restores.findLast(({ state }) => state === 'succeeded');
  const { lastDrill } = status;
  return {
    ...{ manager, verdict, timing, successRate, counts, records },
    newestAt: status.archive?.takenAt ?? null,
    ageSeconds: status.archive?.ageSeconds ?? null,
    stale: status.stale,
    longestGapSeconds: recoveryPoint.longest?.seconds ?? null,
    gapsOver: recoveryPoint.over.length,
    days: dayCells(report.runs, daysOfPeriod),
    sizes: thinned(report.runs.flatMap(({ size }) => size ?? [])),
    archives: archives.length,
    bytes: report.bytes,
    monthlyCost: report.monthlyCost,
    held: Object.fromEntries(
      EXPIRE_TAGS.map((tag) => [tag, archives.filter(({ expire }) => expire === tag).length]),
    ) as FleetRow['held'],
    lastTest: lastDrill && { at: lastDrill.at, rtoSeconds: lastDrill.rtoSeconds, state: lastDrill.state },
    lastRestore: last ? { ...restoredOf(last), isTest: last.isDrill } : null,
    lastProof: proof ? restoredOf(proof) : null,
    testsInPeriod: tests.filter(({ startedAt }) => startedAt.slice(0, 10) >= (daysOfPeriod[0] ?? '')).length,
    oldestVerifiedAt: archives.map(({ verifiedAt }) => verifiedAt).sort()[0] ?? null,
    findings: findings.slice(0, MOST_FINDINGS).map((one) => ({ ...one, message: one.message.slice(0, 400) })),
    findingCount: findings.length,
    reconciliation: report.reconciliation && {
      ...report.reconciliation,
      message: report.reconciliation.message.slice(0, 400),
    },
    damaged: archives.filter(({ is }) => is === 'damaged' || is === 'gone').length,
  };
}

const restoredOf = ({ recordedAt: at, rtoSeconds, state }: RestoreFact): Restored => ({ at, rtoSeconds, state });

/** Of several runs of a day the worst counts. */
export function dayCells(runs: ManagerReport['runs'], daysOfPeriod: readonly string[]): Day[] {
  const byDay = Map.groupBy(runs, ({ day }) => day);
  return daysOfPeriod.map((day) => {
    const own = byDay.get(day) ?? [];
    return cellOf(day, RUN_STATES.find((state) => own.some((run) => run.state === state)) ?? null, own.length);
  });
}

/** Rows of all managers are held at once, 400 days each, and most of their days are alike. */
const cells = new Map<string, Day>();
const MOST_CELLS = 5000;

function cellOf(day: string, state: Day['state'], runs: number): Day {
  const name = `${day} ${state} ${runs}`;
  const cell = cells.get(name) ?? { day, state, runs };
  if (cells.size >= MOST_CELLS) cells.clear();
  cells.set(name, cell);
  return cell;
}

function thinned(sizes: readonly number[]): number[] {
  if (sizes.length <= MOST_SIZES) return [...sizes];
  return Array.from(
    { length: MOST_SIZES },
    (_, at) => sizes[Math.round((at * (sizes.length - 1)) / (MOST_SIZES - 1))] ?? 0,
  );
}

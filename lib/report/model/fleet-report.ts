import type { OffsiteConfig } from '../../config/offsite-config.ts';
import type { Deployed } from '../facts/protection-facts.ts';
import type { RestoreFacts } from '../facts/restore-facts.ts';
import { type Control, controlsOf } from './controls.ts';
import { ofEvidence, type ReportFinding } from './findings.ts';
import type { FleetRow, Restored } from './fleet-row.ts';
import type { Period } from './period.ts';
import { policyOf } from './policy.ts';
import type { PolicyLine } from './policy-line.ts';
import { VERDICTS, type VerdictState } from './verdict.ts';

/** Where a report is about and when it was made; on every page of it. */
export interface Origin {
  readonly place: string;
  /** Name of the stack; null: archives on this machine. */
  readonly installation: string | null;
  /** Whether a configuration was at hand: without one nobody knows what is due. */
  readonly configured: boolean;
  readonly software: string;
  readonly period: Period;
}

/** What the page of all managers says. */
export interface FleetReport {
  readonly origin: Origin;
  readonly rows: readonly FleetRow[];
  readonly verdicts: Readonly<Record<VerdictState, number>>;
  readonly state: VerdictState;
  /** The manager whose newest archive is the oldest in relation to its target; null: there is no archive. */
  readonly worst: FleetRow | null;
  readonly lastTest: ({ readonly manager: string } & Restored) | null;
  readonly lastRestore: ({ readonly manager: string } & NonNullable<FleetRow['lastRestore']>) | null;
  readonly damaged: number;
  readonly unsigned: number;
  readonly forged: number;
  readonly missing: number;
  readonly unreadable: number;
  readonly openFindings: number;
  /** Of no manager of this report: restore reports of managers that have nothing else here. */
  readonly otherFindings: readonly ReportFinding[];
  readonly policy: readonly PolicyLine[];
  readonly controls: readonly Control[];
}

interface Known {
  readonly origin: Origin;
  readonly config: OffsiteConfig | undefined;
  readonly deployed: Deployed;
  readonly evidence: RestoreFacts;
  readonly isDeployed: boolean | null;
}

export function fleetReport(
  rows: readonly FleetRow[],
  { origin, config, deployed, evidence, isDeployed }: Known,
): FleetReport {
  const many = (state: VerdictState) => rows.filter(({ verdict }) => verdict.state === state).length;
  const sum = (of: (row: FleetRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  // Those of the managers of this report are among their records.
  const others = evidence.unreadable.filter(({ onto }) => !rows.some(({ manager }) => manager === onto));
  const forgedEvidence = others.filter(({ isForged }) => isForged).length;
  const inOrder = [...rows].sort(byUrgency);
  const verdicts = { 'at-risk': many('at-risk'), unknown: many('unknown'), protected: many('protected') };
  const tests = rows.flatMap(({ manager, lastTest }) => (lastTest ? [{ manager, ...lastTest }] : []));
  const restores = rows.flatMap(({ manager, lastRestore }) => (lastRestore ? [{ manager, ...lastRestore }] : []));
  const newest = (a: Restored, b: Restored) => (a.at < b.at ? 1 : -1);
  return {
    origin,
    rows: inOrder,
    verdicts,
    state: VERDICTS.find((state) => verdicts[state] > 0) ?? 'unknown',
    worst: [...rows].filter(({ ageSeconds }) => ageSeconds !== null).sort((a, b) => strain(b) - strain(a))[0] ?? null,
    lastTest: tests.sort(newest)[0] ?? null,
    lastRestore: restores.sort(newest)[0] ?? null,
    damaged: sum(({ damaged }) => damaged),
    unsigned: sum(({ records }) => records.unsigned),
    forged: sum(({ records }) => records.forged) + forgedEvidence,
    missing: sum(({ records }) => records.missing),
    unreadable: sum(({ records }) => records.unreadable) + others.length - forgedEvidence,
    openFindings: sum(({ findingCount }) => findingCount) + others.length,
    otherFindings: ofEvidence(others),
    policy: policyOf(config, deployed, { isDeployed, rows, now: origin.period.now }),
    controls: controlsOf({ rows, config, deployed, now: origin.period.now }),
  };
}

function byUrgency(a: FleetRow, b: FleetRow): number {
  const urgency = ({ verdict }: FleetRow) => VERDICTS.indexOf(verdict.state);
  return urgency(a) - urgency(b) || (a.manager < b.manager ? -1 : 1);
}

/** Age in targets; of managers without a target, in days, far below any that has one and is near to it. */
function strain({ ageSeconds, timing }: FleetRow): number {
  return (ageSeconds ?? 0) / (timing.targetHours === null ? 1e9 : timing.targetHours * 3600);
}

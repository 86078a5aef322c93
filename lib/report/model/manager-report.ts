import { newestRestorable } from '../../catalogue/entry.ts';
import { defaultRules, type ManagerRules, rulesOf } from '../../config/manager-rules.ts';
import { timingOf } from '../../config/manager-timing.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import type { Expected } from '../../status/expected.ts';
import { concernsOf, type ManagerStatus } from '../../status/status.ts';
import type { ManagerFacts } from '../facts/manager-facts.ts';
import type { RestoreFact, RestoreFacts, UnreadableEvidence } from '../facts/restore-facts.ts';
import type { Input, SigningKey } from '../facts/witness.ts';
import { type SimulatedArchive, simulatedOf } from '../page/simulation.ts';
import { type ArchiveFact, archivesOf } from './archives.ts';
import { findingsOf, type ReportFinding } from './findings.ts';
import type { Period } from './period.ts';
import { type RecoveryPoint, recoveryPointOf } from './recovery-point.ts';
import { type Run, type RunState, runsOf } from './runs.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** When a manager is exported, as it is configured; null: nobody has said. */
export interface Timing {
  readonly schedule: string | null;
  readonly timeZone: string;
  readonly flexibleMinutes: number;
  readonly targetHours: number | null;
}

/** Records by how they stand to their signature. */
export interface Records {
  readonly signed: number;
  readonly unsigned: number;
  /** The parts of the index that cannot be relied on are among them, and among the unreadable ones. */
  readonly forged: number;
  /** Manifests that are gone before their time. */
  readonly missing: number;
  readonly unreadable: number;
}

/** All that a report says of one manager. */
export interface ManagerReport {
  readonly manager: string;
  readonly verdict: Verdict;
  readonly status: ManagerStatus;
  readonly timing: Timing;
  readonly rules: ManagerRules;
  readonly version: string | null;
  readonly counts: Readonly<Record<RunState, number>>;
  /** Of the runs that were due or started and have ended; null: there was none. */
  readonly successRate: number | null;
  readonly recoveryPoint: RecoveryPoint;
  readonly runs: readonly Run[];
  readonly archives: readonly ArchiveFact[];
  /** The same for the page's script. */
  readonly simulated: readonly SimulatedArchive[];
  readonly bytes: number;
  readonly monthlyCost: number;
  /** With an archive of this manager, or onto it; of any time, the newest last. */
  readonly restores: readonly RestoreFact[];
  readonly findings: readonly ReportFinding[];
  readonly reconciliation: ManagerFacts['reconciliation'];
  readonly records: Records;
  readonly inputs: readonly Input[];
  /** Those that have signed its records. */
  readonly keys: readonly SigningKey[];
}

export interface Known {
  readonly config: OffsiteConfig | undefined;
  readonly evidence: Pick<RestoreFacts, 'restores' | 'unreadable' | 'keys'>;
  readonly period: Period;
  /** Where the archives are, Object Lock can hold: not in a folder. */
  readonly canLock: boolean;
  /** As `offsite status` has it: by the scheduler where it was asked, else by the configuration. */
  readonly expected: (manager: string) => Expected;
}

export function managerReport(
  facts: ManagerFacts,
  { config, evidence, period, canLock, ...known }: Known,
): ManagerReport {
  const { manager, entries, reconciliation } = facts;
  const rules = config ? rulesOf(config, manager) : defaultRules;
  const expected = known.expected(manager);
  const own = evidence.restores.filter((one) => one.manager === manager || one.onto === manager);
  const unproven = evidence.unreadable.filter(({ onto }) => onto === manager);
  const status = statusIn(facts, own, expected, period.now);
  const runs = runsOf(facts, rules, period);
  const restores = own.filter((one) => one.manager === manager);
  const findings = findingsOf({ facts, status, expected, runs, restores, evidence: unproven });
  const locked = canLock ? rules : { ...rules, lock: undefined };
  const { archives, bytes, monthlyCost } = archivesOf(manager, entries, locked, period.now);
  const counts = countsOf(runs);
  const inputs = [...facts.inputs, ...own.flatMap(({ input }) => input ?? [])];
  return {
    manager,
    verdict: verdictOf(status, findings, {
      targetHours: expected.alarmAfterHours,
      isUnnamed: config !== undefined && !config.managers.some(({ id }) => id === manager),
    }),
    status,
    timing: timingFor(manager, config, rules),
    rules,
    version: facts.details.get(entries.at(-1)?.manifest.snapshot.id ?? '')?.version ?? null,
    counts,
    successRate: successRate(counts),
    recoveryPoint: recoveryPointOf(facts, runs, period, expected.alarmAfterHours),
    simulated: entries.map(simulatedOf),
    ...{ runs, archives, bytes, monthlyCost, restores: own, findings, reconciliation },
    records: recordsOf(inputs, facts, unproven),
    inputs,
    keys: keysOf([...facts.keys, ...evidence.keys], inputs),
  };
}

/** As `offsite status` has it. */
function statusIn(facts: ManagerFacts, own: readonly RestoreFact[], expected: Expected, now: Date): ManagerStatus {
  const { manager, entries, doubts, replication, lastRun } = facts;
  const lastDrill = drillOf(own.findLast((one) => one.isDrill && one.manager === manager));
  const lost = [...manifestsOnly(facts), ...entries.flatMap((entry) => entry.unreadable)];
  const good = newestRestorable(entries);
  return concernsOf(
    manager,
    { catalogue: { entries }, lost, doubts, good, replication, lastRun, lastDrill },
    expected,
    now,
  );
}

/** The catalogue has the others with their entries, and the status adds them up by itself. */
const manifestsOnly = ({ unreadable }: ManagerFacts) => unreadable.filter(({ kind }) => kind === 'manifest');

function keysOf(keys: readonly SigningKey[], inputs: readonly Input[]): SigningKey[] {
  const signers = new Set(inputs.flatMap(({ signedBy }) => signedBy ?? []));
  return [...signers].sort().flatMap((signer) => keys.find(({ fingerprint }) => fingerprint === signer) ?? []);
}

function drillOf(test: RestoreFact | undefined): ManagerStatus['lastDrill'] {
  if (!test) return null;
  const { restore, onto, recordedAt: at, state, snapshot, rtoSeconds } = test;
  return { restore, onto, at, state, snapshot, rtoSeconds };
}

function timingFor(manager: string, config: OffsiteConfig | undefined, { timeZone }: ManagerRules): Timing {
  const own = config?.managers.find(({ id }) => id === manager);
  if (!config || !own) return { schedule: null, timeZone, flexibleMinutes: 0, targetHours: null };
  const { alarmAfterHours = null, ...timing } = timingOf(config, own);
  return { ...timing, targetHours: alarmAfterHours };
}

function countsOf(runs: readonly Run[]): ManagerReport['counts'] {
  const many = (state: RunState) => runs.filter((run) => run.state === state).length;
  return {
    ...{ verified: many('verified'), flagged: many('flagged'), damaged: many('damaged') },
    ...{ failed: many('failed'), missing: many('missing'), running: many('running') },
  };
}

/** An archive that was damaged later was a success of its night, and is none now. */
export function successRate({ verified, flagged, damaged, failed, missing }: ManagerReport['counts']): number | null {
  const due = verified + flagged + damaged + failed + missing;
  return due === 0 ? null : (verified + flagged) / due;
}

function recordsOf(
  inputs: readonly Input[],
  { unreadable, doubts }: ManagerFacts,
  unproven: readonly UnreadableEvidence[],
): Records {
  const many = (state: Input['signature']) => inputs.filter(({ signature }) => signature === state).length;
  const forged = unreadable.filter(({ isForged }) => isForged).length;
  const missing = unreadable.filter(({ fault }) => fault === 'missing').length;
  const forgedEvidence = unproven.filter(({ isForged }) => isForged).length;
  const cutOff = doubts.filter(({ fault }) => fault === 'unreadable').length;
  return {
    ...{ signed: many('signed'), unsigned: many('unsigned'), missing },
    forged: forged + forgedEvidence + doubts.length - cutOff,
    unreadable: unreadable.length - forged - missing + unproven.length - forgedEvidence + cutOff,
  };
}

import type { ManagerStatus } from '../../status/status.ts';
import type { ReportFinding } from './findings.ts';

export const VERDICTS = ['at-risk', 'unknown', 'protected'] as const;
export type VerdictState = (typeof VERDICTS)[number];

/** The word on one manager, and why in one sentence. */
export interface Verdict {
  readonly state: VerdictState;
  readonly why: string;
}

interface Target {
  readonly targetHours: number | undefined;
  /** There is a configuration, and it has no such manager. */
  readonly isUnnamed: boolean;
}

/**
 * **At risk**: somebody has to act, as `offsite status` says with exit code 1, or a finding is critical. **Unknown**: there
 * is an archive, and nobody has said how old it may become. **Protected** otherwise.
 */
export function verdictOf(
  status: ManagerStatus,
  findings: readonly ReportFinding[],
  { targetHours, isUnnamed }: Target,
): Verdict {
  const critical = findings.find(({ weight }) => weight === 'critical');
  if (critical) return { state: 'at-risk', why: critical.message };
  if (status.needsAttention) return { state: 'at-risk', why: 'The newest archive cannot be restored.' };
  if (status.archive === null)
    return { state: 'unknown', why: 'There is no archive, and no schedule says that there should be one.' };
  const age = ageText(status.archive.ageSeconds);
  if (status.stale === null || targetHours === undefined)
    return { state: 'unknown', why: `The newest archive is ${age} old; ${nobodySays(isUnnamed)}` };
  const also =
    findings.length === 0 ? '' : ` ${findings.length === 1 ? 'One thing' : `${findings.length} things`} to look at.`;
  return {
    state: 'protected',
    why: `The newest archive is verified, ${age} old, within its target of ${targetHours} h.${also}`,
  };
}

/** A manager that was removed keeps its archives, and nothing is due any more. */
const nobodySays = (isUnnamed: boolean) =>
  isUnnamed
    ? 'the configuration does not name this manager, so nothing says how old it may become.'
    : 'no configuration says how old it may become.';

function ageText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return hours >= 48 ? `${Math.floor(hours / 24)} days` : hours >= 1 ? `${hours} h` : `${Math.floor(seconds / 60)} min`;
}

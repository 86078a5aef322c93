import type { DeployedSchedule } from '../base/deployed-schedule.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { type ManagerTiming, timingOf } from '../config/manager-timing.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { nextRun, parseSchedule } from '../config/schedule.ts';

/** What the configuration says about the exports of one manager. */
export interface Expected {
  /**
   * ISO time; `none`: by hand only, or never again; `unknown`: there is no configuration at hand, or it is a rate, which
   * counts from when its schedule was made.
   */
  readonly nextRun: string;
  /** Without an archive for so long somebody is called; undefined: nobody can tell when one is due. */
  readonly alarmAfterHours: number | undefined;
  /** It is configured to have no schedule. */
  readonly byHand: boolean;
  /** Whose word `nextRun` is: that of the scheduler, or that of a file that may not be deployed. */
  readonly nextRunBy: 'schedule' | 'file';
  /** Null: by hand only. Undefined: the file does not name this manager, or there is none. */
  readonly configured: { readonly expression: string; readonly timeZone: string } | null | undefined;
  /** As it is deployed; null: there is none. Undefined: nobody has asked the scheduler. */
  readonly schedule?: DeployedSchedule | null;
  /** What a person should look at about the schedule. */
  readonly oddities: readonly string[];
  /** Nothing will run although it should. */
  readonly isBroken: boolean;
}

const UNKNOWN: Expected = {
  ...{ nextRun: 'unknown', alarmAfterHours: undefined, byHand: false },
  ...{ nextRunBy: 'file', configured: undefined, oddities: [], isBroken: false },
};

/** Of a manager that the configuration does not name nothing is expected: somebody exports it by hand, or did once. */
export function expectedOf(config: OffsiteConfig | undefined, manager: string, now: Date): Expected {
  const own = config?.managers.find(({ id }) => id === manager);
  if (!config) return UNKNOWN;
  if (!own) return { ...UNKNOWN, nextRun: 'none' };
  return expectedAt(timingOf(config, own), now);
}

/** The same by the rules of a manager; undefined: the configuration does not name it. */
export function expectedBy(rules: ManagerRules | undefined, now: Date): Expected {
  if (!rules) return { ...UNKNOWN, nextRun: 'none' };
  const { schedule = null, timeZone, alarmAfterHours } = rules;
  return expectedAt({ schedule, timeZone, alarmAfterHours }, now);
}

function expectedAt(
  { schedule, timeZone, alarmAfterHours }: Pick<ManagerTiming, 'schedule' | 'timeZone' | 'alarmAfterHours'>,
  now: Date,
): Expected {
  const known = { ...UNKNOWN, alarmAfterHours };
  if (schedule === null) return { ...known, nextRun: 'none', byHand: true, configured: null };
  const configured = { expression: schedule, timeZone };
  if (parseSchedule(schedule).kind === 'rate') return { ...known, configured };
  return { ...known, configured, nextRun: nextRun(schedule, timeZone, now)?.toISOString() ?? 'none' };
}

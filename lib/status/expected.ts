import { timingOf } from '../config/manager-timing.ts';
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
}

const UNKNOWN: Expected = { nextRun: 'unknown', alarmAfterHours: undefined, byHand: false };

/** Of a manager that the configuration does not name nothing is expected: somebody exports it by hand, or did once. */
export function expectedOf(config: OffsiteConfig | undefined, manager: string, now: Date): Expected {
  const own = config?.managers.find(({ id }) => id === manager);
  if (!config) return UNKNOWN;
  if (!own) return { ...UNKNOWN, nextRun: 'none' };
  const { schedule, timeZone, alarmAfterHours } = timingOf(config, own);
  if (schedule === null) return { nextRun: 'none', alarmAfterHours, byHand: true };
  if (parseSchedule(schedule).kind === 'rate') return { nextRun: 'unknown', alarmAfterHours, byHand: false };
  return { nextRun: nextRun(schedule, timeZone, now)?.toISOString() ?? 'none', alarmAfterHours, byHand: false };
}

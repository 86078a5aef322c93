import { hours } from '../base/durations.ts';
import type { ManagerConfig } from './manager-config.ts';
import type { OffsiteConfig } from './offsite-config.ts';
import { intervals } from './schedule.ts';

/** When a manager's exports run, with every default applied. */
export interface ManagerTiming {
  /** Null: by hand only. */
  readonly schedule: string | null;
  readonly timeZone: string;
  readonly flexibleMinutes: number;
  /** Without a verified archive for so long the alarm rings; undefined: nobody can tell when one is due. */
  readonly alarmAfterHours: number | undefined;
}

/** What a run may take until its archive is verified, before somebody is called. A failure is told at once. */
const SLACK_HOURS = 6;

/** A year to measure schedules with, the same for everybody: a template must not change with the day it is made. */
export const REFERENCE_YEAR = { from: new Date('2028-01-01T00:00:00Z'), to: new Date('2029-01-01T00:00:00Z') };

export function timingOf({ defaults }: Pick<OffsiteConfig, 'defaults'>, manager: ManagerConfig): ManagerTiming {
  const schedule = manager.schedule === undefined ? defaults.schedule : manager.schedule;
  const timeZone = manager.timeZone ?? defaults.timeZone;
  const flexibleMinutes = manager.flexibleMinutes ?? defaults.flexibleMinutes;
  const gaps = schedule === null ? undefined : intervals(schedule, timeZone, REFERENCE_YEAR.from);
  const due = gaps && Math.ceil(gaps.longest / hours(1) + flexibleMinutes / 60 + SLACK_HOURS);
  return {
    schedule,
    timeZone,
    flexibleMinutes,
    alarmAfterHours: manager.alarmAfterHours ?? defaults.alarmAfterHours ?? due,
  };
}

import { timingOf } from '../config/manager-timing.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { type Finding, finding } from './finding.ts';

/** One file may be of a stack and of one machine. What both do by the same schedule is done twice. */
export function lintLocal(config: OffsiteConfig): Finding[] {
  return config.managers
    .filter((manager) => manager.local && timingOf(config, manager).schedule !== null)
    .map(({ id }) =>
      finding(
        'LocalFieldsIgnored',
        `managers.${id}.local is for runs on one machine, and the stack ignores it: the stack needs the manager's secret. The stack exports this manager by its schedule, and so would timers of "offsite schedule". Remove local, or set the schedule of the stack's configuration to null.`,
      ),
    );
}

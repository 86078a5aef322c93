import { hours } from '../base/durations.ts';
import type { ManagerConfig } from '../config/manager-config.ts';
import { REFERENCE_YEAR, timingOf } from '../config/manager-timing.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { MOST_ALARM_HOURS, reconciledWithinHours } from '../config/reconciliation-timing.ts';
import { daylightSavingRuns, intervals } from '../config/schedule.ts';
import { type Finding, finding } from './finding.ts';

/** When things run, and whether somebody hears of it when they do not. */
export function lintTiming(config: OffsiteConfig): Finding[] {
  const common = [
    ...daylightSaving('verification.schedule', config.verification.schedule, config.defaults.timeZone),
    ...(config.notifications.emails.length > 0 ? [] : [nobodyIsTold()]),
    ...unwatchedReconciliation(config),
  ];
  return [...common, ...config.managers.flatMap((manager) => ofManager(config, manager))];
}

function ofManager(config: OffsiteConfig, manager: ManagerConfig): Finding[] {
  const where = `managers.${manager.id}`;
  const { schedule, timeZone } = timingOf(config, manager);
  const drill = manager.drill?.schedule ?? null;
  return [
    ...daylightSaving(`${where}.schedule`, schedule, timeZone),
    ...daylightSaving(`${where}.drill.schedule`, drill, timeZone),
    ...daylightSaving(`reconciliation.schedule of ${where}`, config.reconciliation.schedule, timeZone),
    ...(schedule === null ? unscheduled(manager, where) : exportTiming(config, manager, where, schedule)),
  ];
}

/** A manager that is there for drills holds nothing to lose. */
function unscheduled({ drillTarget }: ManagerConfig, where: string): Finding[] {
  return drillTarget ? [] : [noAlarm(where, 'it has no schedule')];
}

/** In spring no run at all, in autumn one of two: a day without a backup that no error tells of. */
function daylightSaving(field: string, schedule: string | null, timeZone: string): Finding[] {
  const runs = schedule === null ? [] : daylightSavingRuns(schedule, timeZone, REFERENCE_YEAR);
  const of = (what: 'skipped' | 'repeated') => {
    const first = runs.find((run) => run.what === what);
    return first ? [`on ${first.wall.toISOString().slice(0, 16).replace('T', ' ')} ${MEANS[what]}`] : [];
  };
  const texts = [...of('skipped'), ...of('repeated')];
  if (texts.length === 0) return [];
  const when = texts.join('; ');
  return [
    finding(
      'DaylightSavingHour',
      `${field} ${schedule} in ${timeZone} runs in the hour that daylight saving changes: ${when}. Another hour avoids both.`,
    ),
  ];
}

const MEANS = {
  skipped: 'there is no such time and it does not run',
  repeated: 'it comes twice and only the first runs',
};

function exportTiming(config: OffsiteConfig, manager: ManagerConfig, where: string, schedule: string): Finding[] {
  const { timeZone, alarmAfterHours } = timingOf(config, manager);
  const gaps = intervals(schedule, timeZone, REFERENCE_YEAR.from);
  // A single time has no intervals; it is no schedule to lean on.
  if (!gaps) {
    const why = schedule.startsWith('at(') ? 'it runs once' : undefined;
    if (why) return [noAlarm(where, why)];
    return [finding('ScheduleNeverRuns', `${where}.schedule ${schedule} has no two runs in a year.`)];
  }
  const [shortest, longest] = [gaps.shortest / hours(1), gaps.longest / hours(1)];
  const patience = manager.snapshotHours ?? config.defaults.snapshotHours;
  const found: Finding[] = [];
  if (shortest < patience) {
    found.push(
      finding(
        'ScheduleFasterThanDeadline',
        `${where}.schedule ${schedule} runs again after ${shortest} h, but a snapshot may take snapshotHours ${patience}: two would meet on the manager. Lower snapshotHours or run less often.`,
      ),
    );
  }
  if (alarmAfterHours !== undefined && alarmAfterHours < longest) {
    found.push(
      finding(
        'AlarmBeforeNextRun',
        `${where}.alarmAfterHours ${alarmAfterHours} is less than the ${longest} h between two runs: the alarm fires although no run failed.`,
      ),
    );
  }
  if (alarmAfterHours !== undefined && alarmAfterHours > MOST_ALARM_HOURS && !reconciledWithinHours(config)) {
    const why = config.reconciliation.schedule === null ? 'is off' : 'runs too rarely to measure it';
    found.push(noAlarm(where, `it would have to look back ${alarmAfterHours} h, and reconciliation ${why}`));
  }
  return found;
}

function noAlarm(where: string, why: string): Finding {
  return finding(
    'NoAlarmOnSilence',
    `${where} has no alarm on missing archives: ${why}. No alarm fires when its backups stop.`,
  );
}

function unwatchedReconciliation(config: OffsiteConfig): Finding[] {
  const { schedule } = config.reconciliation;
  if (schedule === null || reconciledWithinHours(config) !== undefined) return [];
  return [
    finding(
      'NoAlarmOnSilence',
      `reconciliation.schedule ${schedule} has no alarm on missing reconciliations, because an alarm of CloudWatch looks back 7 days at most. No alarm fires when they stop. Run it every 6 days or more often.`,
    ),
  ];
}

function nobodyIsTold(): Finding {
  return finding(
    'NoNotificationTarget',
    'notifications.emails is empty: reports, failures and alarms go to a topic without subscribers. Name an address, or subscribe to the topic by other means.',
  );
}

import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { MachineName } from '../base/machine-names.ts';
import type { ManagerConfig } from '../config/manager-config.ts';
import { type ManagerTiming, timingOf } from '../config/manager-timing.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { MOST_ALARM_HOURS, reconciledWithinHours } from '../config/reconciliation-timing.ts';
import { type Alarms, ourMetric, type Watched, withZeros } from './alarms.ts';
import { emptySecret } from './manager-secret.ts';
import { SCHEDULED_TIME, type Schedules } from './schedules.ts';

export interface ManagerProps {
  readonly config: OffsiteConfig;
  readonly manager: ManagerConfig;
  readonly key: kms.IKey;
  readonly schedules: Schedules;
  readonly alarms: Alarms;
  /** The ARN of a state machine of a group of managers. */
  readonly machineOf: (group: string | undefined, name: MachineName) => string;
}

/** What one manager has of its own: its secret, its schedules, and the alarm that its archives are missing. */
export class ManagerParts extends Construct {
  readonly #props: ManagerProps;
  readonly #timing: ManagerTiming;

  constructor(scope: Construct, id: string, props: ManagerProps) {
    super(scope, id);
    this.#props = props;
    this.#timing = timingOf(props.config, props.manager);
    if (!props.manager.secret) emptySecret(this, props.config.name, props.manager, props.key);
    this.#scheduleExport();
    this.#scheduleDrill();
    this.#scheduleReconciliation();
    const watched = noArchive(props.config, props.manager.id, this.#timing);
    if (watched) props.alarms.add(this, watched, props.manager.group);
  }

  #scheduleExport(): void {
    const { schedule, timeZone, flexibleMinutes } = this.#timing;
    const { schedules, machineOf, manager } = this.#props;
    if (schedule === null) return;
    schedules.add(this, 'Export', {
      group: manager.group,
      name: `${manager.id}-export`,
      description: `Export of manager ${manager.id}.`,
      expression: schedule,
      timeZone,
      flexibleMinutes,
      targetArn: machineOf(manager.group, 'export'),
      input: { manager: manager.id, scheduledTime: SCHEDULED_TIME },
    });
  }

  #scheduleDrill(): void {
    const { schedules, machineOf, manager, config } = this.#props;
    if (!manager.drill) return;
    const { onto, schedule } = manager.drill;
    schedules.add(this, 'Drill', {
      group: manager.group,
      name: `${manager.id}-drill`,
      description: `Restore drill: the newest archive of manager ${manager.id}, onto manager ${onto}.`,
      expression: schedule,
      timeZone: this.#timing.timeZone,
      flexibleMinutes: 0,
      // What it does to that manager its own functions do.
      targetArn: machineOf(config.managers.find(({ id }) => id === onto)?.group, 'restore'),
      input: { manager: onto, sourceManager: manager.id, purpose: 'drill', reason: 'scheduled drill' },
    });
  }

  #scheduleReconciliation(): void {
    const { schedules, machineOf, manager, config } = this.#props;
    const { schedule } = config.reconciliation;
    if (schedule === null) return;
    schedules.add(this, 'Reconcile', {
      group: manager.group,
      name: `${manager.id}-reconcile`,
      description: `Reconciliation of manager ${manager.id}.`,
      expression: schedule,
      timeZone: this.#timing.timeZone,
      flexibleMinutes: 60,
      targetArn: machineOf(manager.group, 'reconcile'),
      input: { manager: manager.id, scheduledTime: SCHEDULED_TIME },
    });
  }
}

/**
 * Rings when nothing was verified for as long as one may have to wait for it, whatever the reason: no data is bad data.
 * What comes more rarely than a week is told by reconciliation.
 */
function noArchive(config: OffsiteConfig, manager: string, timing: ManagerTiming): Watched | undefined {
  const { alarmAfterHours } = timing;
  if (alarmAfterHours === undefined) return undefined;
  const about = {
    id: `${manager}-no-archive`,
    description: `Manager ${manager} has had no verified archive for ${alarmAfterHours} hours.`,
    article: 'no-verified-archive',
    missing: 'breaching',
  } as const;
  const of = { installation: config.name, manager };
  if (alarmAfterHours <= MOST_ALARM_HOURS) {
    const metric = ourMetric('ExportSucceeded', { ...of, statistic: 'Sum', hours: 1 });
    return { ...about, metric: withZeros(metric), threshold: 1, below: true, periods: alarmAfterHours };
  }
  const within = reconciledWithinHours(config);
  if (within === undefined) return undefined;
  const metric = ourMetric('HoursSinceVerified', { ...of, statistic: 'Maximum', hours: 24 });
  // So many days hold a reconciliation for certain: days without one count as bad, and alone they would ring.
  return { ...about, metric, threshold: alarmAfterHours, periods: Math.ceil(within / 24) };
}

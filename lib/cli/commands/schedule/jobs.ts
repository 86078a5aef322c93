import { dirname, resolve } from 'node:path';
import { hours, seconds } from '../../../base/durations.ts';
import { timingOf } from '../../../config/manager-timing.ts';
import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { DEFAULT_SAMPLE } from '../../../verification/input.ts';
import type { ConfigFile } from '../../inputs/config-file.ts';
import { reachedFromHere } from '../../inputs/destination.ts';

/** One thing that is started regularly. */
export interface Job {
  /** `export-prod`; names of units, locks and CronJobs begin with `offsite-`. */
  readonly name: string;
  readonly description: string;
  /** The field that has the schedule, for messages. */
  readonly field: string;
  readonly expression: string;
  readonly timeZone: string;
  /** It may begin so many minutes late, so that not all begin at once. */
  readonly flexibleMinutes: number;
  /** Without `--config`. */
  readonly args: readonly string[];
  /** Ended by force then. */
  readonly limitSeconds: number;
}

/** As long as an execution of a state machine may take (TimeoutSeconds, 48 h). */
const LIMIT = hours(48) / seconds(1);

/** What the configuration schedules, as far as it can be done from here. */
export function jobsOf({ config }: ConfigFile): Job[] {
  const { verification, reconciliation, report, notifications, defaults } = config;
  const common = { timeZone: defaults.timeZone, flexibleMinutes: 0, limitSeconds: LIMIT };
  const reached = reachedFromHere(config);
  const ofAll = (
    name: string,
    schedule: string | null,
    description: string,
    args: readonly string[],
    field = `${name}.schedule`,
  ): Job[] =>
    schedule === null || reached.length === 0
      ? []
      : [{ ...common, name, description, field, expression: schedule, args }];
  return [
    ...reached.flatMap((manager) => exportOf(config, manager)),
    ...reached.flatMap((manager) => drillOf(config, manager)),
    ...ofAll('verification', verification.schedule, 'Verification of archives of Cloudify Managers', [
      ...['verify', '--local', '--sample', `${DEFAULT_SAMPLE}%`],
    ]),
    // One job for all managers: repairs need the folder for themselves.
    ...ofAll('reconciliation', reconciliation.schedule, 'Reconciliation of backups of Cloudify Managers', [
      ...['reconcile', '--local', '--all', '--repair'],
    ]),
    ...ofAll(
      'expiry',
      expiryOf(config),
      'Retention of archives of Cloudify Managers',
      ['retention', 'expire', '--local', '--yes'],
      'local.expirySchedule',
    ),
    ...ofAll('report', report.schedule, 'Report on the backups of all Cloudify Managers', [
      ...['report', '--local', '--keep'],
    ]),
    ...ofAll(
      'digest',
      notifications.digest?.schedule ?? null,
      'Message about the backups of all Cloudify Managers',
      ['digest', '--local', '--send'],
      'notifications.digest.schedule',
    ),
  ];
}

/** In a bucket of AWS its lifecycle rules do it; a folder has none, and of another store nobody knows. */
function expiryOf({ local }: OffsiteConfig): string | null {
  const isOurs = local?.folder !== undefined || (local?.bucket !== undefined && local.endpoint !== undefined);
  return isOurs ? local.expirySchedule : null;
}

type Manager = OffsiteConfig['managers'][number];

function exportOf(config: OffsiteConfig, manager: Manager): Job[] {
  const { schedule, timeZone } = timingOf(config, manager);
  if (schedule === null) return [];
  return [
    {
      name: `export-${manager.id}`,
      description: `Off-site backup of Cloudify Manager ${manager.id}`,
      field: manager.schedule === undefined ? 'defaults.schedule' : `managers.${manager.id}.schedule`,
      expression: schedule,
      timeZone,
      flexibleMinutes: manager.flexibleMinutes ?? config.defaults.flexibleMinutes,
      args: ['export', '--local', '--manager', manager.id],
      limitSeconds: LIMIT,
    },
  ];
}

function drillOf(config: OffsiteConfig, manager: Manager): Job[] {
  const { drill, id } = manager;
  if (!drill || !reachedFromHere(config).some((one) => one.id === drill.onto)) return [];
  return [
    {
      name: `drill-${id}`,
      description: `Restore test of the backups of Cloudify Manager ${id}`,
      field: `managers.${id}.drill.schedule`,
      expression: drill.schedule,
      timeZone: timingOf(config, manager).timeZone,
      flexibleMinutes: 0,
      args: ['restore', '--local', '--manager', drill.onto, '--source-manager', id, '--drill'],
      limitSeconds: LIMIT,
    },
  ];
}

/** Folders of this machine that runs write: absolute. */
export function folderOf({ config, file }: ConfigFile): string | undefined {
  const folder = config.local?.folder;
  return folder === undefined ? undefined : resolve(dirname(file), folder);
}

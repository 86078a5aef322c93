import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { hours, seconds } from '../base/durations.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { reconciledWithinHours } from '../config/reconciliation-timing.ts';
import { type Alarms, ourMetric, type Watched, withZeros } from './alarms.ts';
import { REPLICATION_RULE } from './bucket-replication.ts';

interface Watching {
  readonly alarms: Alarms;
  readonly config: OffsiteConfig;
  readonly machines: ReadonlyMap<string, sfn.StateMachine>;
  readonly deadLetters: sqs.Queue;
  readonly bucket: s3.IBucket;
}

/** The alarms that are about no one manager. */
export function watchInstallation({ alarms, config, machines, deadLetters, bucket }: Watching): void {
  watchMachines(alarms, machines, { alarms, config });
  alarms.add(alarms, {
    id: 'not-started',
    description: 'Something that was due could not be started for 12 hours: it lies in the dead-letter queue.',
    article: 'a-schedule-could-not-start',
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'Maximum' }),
    threshold: 1,
  });
  for (const watched of findings(config.name)) alarms.add(alarms, watched);
  for (const watched of notReconciled(config)) alarms.add(alarms, watched);
  for (const watched of replicationAlarms(config, bucket)) alarms.add(alarms, watched);
}

interface MachineWatching extends Pick<Watching, 'alarms' | 'config'> {
  readonly group?: string;
}

/** The alarms about executions, of the whole installation or of one group of managers. */
export function watchMachines(
  scope: Construct,
  machines: Watching['machines'],
  { alarms, config, group }: MachineWatching,
): void {
  // Whoever starts the doctor waits for it.
  for (const [name, machine] of machines)
    if (name !== 'diagnose') alarms.add(scope, unsuccessful(name, machine), group);
  const exports = machines.get('export');
  if (exports) alarms.add(scope, tooLong(exports, config.deadlines.exportAlarmHours), group);
}

function unsuccessful(name: string, machine: sfn.StateMachine): Watched {
  const period = Duration.minutes(5);
  return {
    id: `${name}-failed`,
    description: `An execution of the state machine ${name} failed, ran out of time or was stopped.`,
    article: 'an-execution-did-not-end-well',
    metric: new cloudwatch.MathExpression({
      label: `${name}: failed, timed out, stopped`,
      expression: 'FILL(failed, 0) + FILL(timedOut, 0) + FILL(aborted, 0)',
      usingMetrics: {
        failed: machine.metricFailed({ period }),
        timedOut: machine.metricTimedOut({ period }),
        aborted: machine.metricAborted({ period }),
      },
      period,
    }),
    threshold: 1,
  };
}

/** Known when it is over: one that never ends is told by "No verified archive". */
function tooLong(machine: sfn.StateMachine, alarmHours: number): Watched {
  return {
    id: 'export-slow',
    description: `An export took more than ${alarmHours} hours. The next one may meet it.`,
    article: 'an-export-takes-too-long',
    metric: machine.metricTime({ period: Duration.hours(1), statistic: 'Maximum' }),
    threshold: hours(alarmHours),
  };
}

function findings(installation: string): Watched[] {
  const once = { installation, statistic: 'Sum', hours: 1 } as const;
  return [
    {
      id: 'content-dropped',
      description:
        'Much less is in an archive than in those before. It stays, with an anomaly in its manifest; the newest valid archives stay protected.',
      article: 'content-has-dropped',
      metric: ourMetric('ContentDropped', once),
      threshold: 1,
    },
    {
      id: 'archive-damaged',
      description: 'A stored archive is not what was recorded. It is never restored as the latest any more.',
      article: 'an-archive-is-damaged',
      metric: ourMetric('ArchivesDamaged', once),
      threshold: 1,
    },
    {
      id: 'break-glass',
      description: 'A restore was approved under the break-glass rule, which lets one person overwrite a manager.',
      article: 'break-glass',
      metric: ourMetric('BreakGlassUsed', once),
      threshold: 1,
    },
    {
      id: 'retention-failed',
      description: 'An archive is recorded, but the tags that decide how long archives stay could not be set.',
      article: 'retention-could-not-follow',
      metric: ourMetric('RetentionFailed', once),
      threshold: 1,
    },
    {
      id: 'reconciliation',
      description: 'Schedule, records and storage do not agree, and the difference could not be repaired safely.',
      article: 'reconciliation-found-something',
      metric: ourMetric('ReconcileFindings', once),
      threshold: 1,
    },
  ];
}

/** S3 says by itself what it could not copy, and how far it is behind (aws: S3 Replication metrics). */
function replicationAlarms({ storage }: OffsiteConfig, bucket: s3.IBucket): Watched[] {
  const { replication } = storage;
  if (!replication) return [];
  const metric = (metricName: string, statistic: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/S3',
      metricName,
      dimensionsMap: {
        SourceBucket: bucket.bucketName,
        DestinationBucket: replication.bucket,
        RuleId: REPLICATION_RULE,
      },
      statistic,
      period: Duration.hours(1),
    });
  return [
    {
      id: 'replication-failed',
      description: 'S3 could not copy an archive or a record to the bucket of the replication, and does not try again.',
      article: 'the-replication-does-not-copy',
      metric: metric('OperationsFailedReplication', 'Sum'),
      threshold: 1,
    },
    {
      id: 'replication-late',
      description: 'The copies in the bucket of the replication are more than 4 hours behind.',
      article: 'the-replication-does-not-copy',
      metric: metric('ReplicationLatency', 'Maximum'),
      threshold: hours(4) / seconds(1),
    },
  ];
}

/**
 * Each reconciliation says how much it has found, also when that is nothing. None said in the longest time between two means
 * that none was started, or came to its end: nobody else would tell.
 */
function notReconciled(config: OffsiteConfig): Watched[] {
  const periods = reconciledWithinHours(config);
  if (periods === undefined) return [];
  return [
    {
      id: 'not-reconciled',
      description: `No reconciliation of any manager has come to its end for ${periods} hours.`,
      article: 'a-schedule-could-not-start',
      metric: withZeros(
        ourMetric('ReconcileFindings', { installation: config.name, statistic: 'SampleCount', hours: 1 }),
      ),
      threshold: 1,
      below: true,
      periods,
      missing: 'breaching',
    },
  ];
}

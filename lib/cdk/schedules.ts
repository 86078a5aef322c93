import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { hours, seconds } from '../base/durations.ts';
import { groupedName } from '../base/group-names.ts';
import { documentOf } from './functions.ts';
import { notFollowed, wildcards } from './nag-reasons.ts';

interface Props {
  readonly name: string;
  /** What may be started. */
  readonly machineArns: readonly string[];
  /** Functions that are called daily; none if no function is in a VPC. */
  readonly functionArns: readonly string[];
  /** Names of the groups of managers. */
  readonly groups: readonly string[];
}

/** One thing that is started regularly. */
export interface Scheduled {
  /** Of the schedule, unique in the installation. */
  readonly name: string;
  readonly description: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly flexibleMinutes: number;
  readonly targetArn: string;
  readonly input: object;
  /** Of the manager that it is for. */
  readonly group?: string | undefined;
}

/** Stands for the time of the schedule's slot, whenever it is delivered: the name of the snapshot follows from it. */
export const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** A run that could not be started within 12 h has missed its day. */
const PATIENCE = { maximumEventAgeInSeconds: hours(12) / seconds(1), maximumRetryAttempts: 185 };

/** The schedules of an installation: their group, the role that starts things, and the queue of what it could not start. */
export class Schedules extends Construct {
  readonly deadLetters: sqs.Queue;
  readonly #groups: ReadonlyMap<string | undefined, scheduler.CfnScheduleGroup>;
  readonly #role: iam.Role;

  constructor(scope: Construct, id: string, { name, machineArns, functionArns, groups }: Props) {
    super(scope, id);
    const group = (of?: string) =>
      new scheduler.CfnScheduleGroup(this, of === undefined ? 'Group' : `Group-${of}`, { name: groupedName(name, of) });
    // A manager that moves from one group to another has its new schedules before the old ones go: their names are apart.
    this.#groups = new Map([[undefined, group()], ...groups.map((of) => [of, group(of)] as const)]);
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    notFollowed(this.deadLetters, 'a queue of dead letters');
    this.#role = new iam.Role(this, 'Role', {
      description: 'EventBridge Scheduler starts the state machines of cloudify-offsite with it.',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: this.#onlyOurs(name, groups.length > 0),
      }),
      inlinePolicies: {
        targets: documentOf([
          { actions: ['states:StartExecution'], resources: machineArns },
          { actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] },
          ...(functionArns.length > 0 ? [{ actions: ['lambda:InvokeFunction'], resources: functionArns }] : []),
        ]),
      },
    });
    wildcards(this.#role, 'prefixes of the table', [...machineArns, ...functionArns]);
  }

  add(scope: Construct, id: string, scheduled: Scheduled): void {
    const of = this.#groups.get(scheduled.group);
    if (!of) throw new RangeError(`There is no group ${scheduled.group} of schedules.`);
    const { name, description, expression, timeZone, flexibleMinutes, targetArn, input } = scheduled;
    new scheduler.CfnSchedule(scope, id, {
      name,
      groupName: of.ref,
      description,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow:
        flexibleMinutes > 0 ? { mode: 'FLEXIBLE', maximumWindowInMinutes: flexibleMinutes } : { mode: 'OFF' },
      target: {
        arn: targetArn,
        roleArn: this.#role.roleArn,
        input: JSON.stringify(input),
        retryPolicy: PATIENCE,
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    });
  }

  /** Schedules of others, and of other groups, cannot make use of the role (aws: Scheduler, confused deputy). */
  #onlyOurs(name: string, isDivided: boolean) {
    const stack = Stack.of(this);
    const group = (resourceName: string) =>
      stack.formatArn({
        service: 'scheduler',
        resource: 'schedule-group',
        resourceName,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      });
    const account = { 'aws:SourceAccount': stack.account };
    if (!isDivided) return { StringEquals: { ...account, 'aws:SourceArn': group(name) } };
    const groups = [group(name), group(groupedName(name, '*'))];
    return { StringEquals: account, StringLike: { 'aws:SourceArn': groups } };
  }
}

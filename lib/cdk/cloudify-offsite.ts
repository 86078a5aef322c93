import { CfnOutput, NestedStack, Stack, Tags } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { groupedName } from '../base/group-names.ts';
import { type MachineName, machineNames } from '../base/machine-names.ts';
import { configDigest } from '../config/config-digest.ts';
import { groupsOf, type ManagerGroup } from '../config/groups.ts';
import { type OffsiteConfig, type OffsiteConfigInput, parseConfig } from '../config/offsite-config.ts';
import { Alarms } from './alarms.ts';
import { ArchiveStorage } from './archive-bucket.ts';
import { ArchiveKey } from './archive-key.ts';
import { machineArn, machineName, placesOf } from './arns.ts';
import { denyOthers } from './bucket-policy.ts';
import { Dashboard } from './dashboard.ts';
import { FLAGS } from './flags.ts';
import { Functions } from './functions.ts';
import { GroupWorkers } from './group-workers.ts';
import { checkLimits } from './limit-check.ts';
import { Machines } from './machines.ts';
import { ManagedPolicies } from './managed-policies.ts';
import { ManagerParts, type ManagerProps } from './manager-backup.ts';
import { Notifications } from './notifications.ts';
import { showFindings } from './policy-lint.ts';
import { callDaily, readyArns } from './ready-calls.ts';
import { SavedQueries } from './saved-queries.ts';
import { SCHEDULED_TIME, type Scheduled, Schedules } from './schedules.ts';
import { SigningKey } from './signing-key.ts';
import { watchInstallation } from './watch-installation.ts';
import { ProtectionWatch } from './watch-protection.ts';

/** The configuration, as a JSON file would have it. */
export type CloudifyOffsiteProps = OffsiteConfigInput;

/** What schedules start. Approvals and decisions are of people, and no schedule may make them. */
const SCHEDULED: readonly MachineName[] = ['export', 'restore', 'verify', 'reconcile', 'report', 'digest'];

/**
 * One installation, in whatever stack: everything that exports, keeps, restores and watches the managers of a
 * configuration. The app of this repository makes it with the id `Default`, which leaves no trace in logical ids.
 */
export class CloudifyOffsite extends Construct {
  /** Of archives and records. */
  readonly bucket: s3.IBucket;
  /** Of bucket, secrets and topic. */
  readonly key: kms.IKey;
  /** Of reports, failures and alarms. */
  readonly topic: sns.ITopic;

  constructor(scope: Construct, id: string, props: CloudifyOffsiteProps) {
    super(scope, id);
    const config = parseConfig(props);
    // What is made does not depend on the flags of the app that it is made in.
    for (const [flag, value] of Object.entries(FLAGS)) this.node.setContext(flag, value);
    const { name } = config;
    showFindings(this, config);
    checkLimits(this);
    for (const [key, value] of Object.entries(config.tags)) Tags.of(this).add(key, value);
    const { key } = new ArchiveKey(this, 'Key', config.storage.kmsKeyArn, name);
    const { key: signingKey } = new SigningKey(this, 'Signing', name);
    const { bucket } = new ArchiveStorage(this, 'Archives', config, key);
    const notifications = new Notifications(this, 'Notifications', config.notifications, key);
    const { topic, topics } = notifications;
    new ProtectionWatch(this, 'ProtectionWatch', { bucket, keys: [key, signingKey], topics });
    const [rest, ...named] = groupsOf(config.managers);
    const ownStack = Stack.of(this);
    const placesIn = (stack: Stack, group: ManagerGroup) =>
      placesOf(stack, { config, machines: machineNames, bucket, key, signingKey, topics }, group);
    const [{ bucketName }, places] = [bucket, placesIn(ownStack, rest)];
    const functions = new Functions(this, 'Functions', { config, places, bucketName });
    denyForgeries(bucket, functions);
    new ManagedPolicies(this, 'Policies', config, places);
    const tags = tagsOf(config, bucketName, topic.topicArn);
    const machines = new Machines(this, 'Machines', { config, functions, tags });
    const ofGroups = machineArn(ownStack, groupedName(name, ''));
    notifications.onUnsuccessful([...machines.arns, ...(named.length > 0 ? [{ prefix: ofGroups }] : [])]);

    const machineOf: ManagerProps['machineOf'] = (group, machine) =>
      machineArn(ownStack, machineName(groupedName(name, group), machine));
    const schedules = this.#schedules(config, functions, machineOf);
    const alarms = new Alarms(this, 'Alarms', name, notifications);
    const shared = { config, bucketName, shared: functions, machineLogs: machines.logGroup, tags, alarms, schedules };
    for (const group of named) new GroupWorkers(this, { ...shared, group, placesIn });
    this.#managers({ config, key, schedules, alarms, machineOf });
    watchInstallation({ alarms, config, machines: machines.all, deadLetters: schedules.deadLetters, bucket });
    const shown = { alarms: alarms.all, machines: machines.all, managers: config.managers.length };
    new Dashboard(this, 'Dashboard', { name, bucketName, ...shown });
    new SavedQueries(this, 'Queries', name, functions.logGroup);
    [this.bucket, this.key, this.topic] = [bucket, key, topic];
    this.#outputs();
  }

  #schedules(config: OffsiteConfig, functions: Functions, machineOf: ManagerProps['machineOf']): Schedules {
    const groups = groupsOf(config.managers).flatMap(({ name }) => name ?? []);
    const machineArns = [undefined, ...(groups.length > 0 ? ['*'] : [])].flatMap((group) =>
      SCHEDULED.map((one) => machineOf(group, one)),
    );
    const functionArns = readyArns(Stack.of(this), config, groups.length > 0);
    const schedules = new Schedules(this, 'Schedules', { name: config.name, machineArns, functionArns, groups });
    if (config.network) callDaily(schedules, schedules, functions);
    scheduleShared(schedules, config, (machine) => machineOf(undefined, machine));
    return schedules;
  }

  #outputs(): void {
    new CfnOutput(this, 'BucketName', { value: this.bucket.bucketName, description: 'Archives and records' });
    new CfnOutput(this, 'TopicArn', { value: this.topic.topicArn, description: 'Reports, failures and alarms' });
  }

  /** A stack has room for 500 resources; what belongs to managers of a group goes into one of its own. */
  #managers(parts: Omit<ManagerProps, 'manager'>): void {
    for (const group of groupsOf(parts.config.managers)) {
      const parent = group.name === undefined ? this : new NestedStack(this, `group-${group.name}`);
      for (const manager of group.managers) new ManagerParts(parent, `manager-${manager.id}`, { ...parts, manager });
    }
  }
}

/** What only certain functions may write, whoever else may write to the bucket. */
function denyForgeries(bucket: s3.IBucket, functions: Functions): void {
  // A decision about a restore: who an approver is stands in CloudTrail as who started the function.
  const approver = functions.roleOf('ApproveRestore');
  denyOthers(bucket, { sid: 'DenyForgedApprovals', folders: ['approvals'], writers: [approver] });
  // Whether an archive stays, and counts as good, is recorded by the function that signs it, for everybody.
  const recorder = functions.roleOf('RecordDecision');
  denyOthers(bucket, { sid: 'DenyForgedDecisions', folders: ['keeps', 'accepts'], writers: [recorder] });
  // What is missing is found by the index. A delete marker over it is found as well, and lets a person begin anew.
  denyOthers(bucket, {
    sid: 'DenyForgedIndexes',
    folders: ['indexes'],
    writers: functions.rolesOf('indexes:write'),
    actions: ['s3:PutObject', 's3:DeleteObjectVersion'],
  });
  // A page that somebody is shown must be what was signed; its digest is, and this keeps others from trying.
  const reporter = functions.roleOf('WriteReport');
  denyOthers(bucket, { sid: 'DenyForgedReports', folders: ['reports'], writers: [reporter] });
  // Otherwise whoever may write to the bucket could add a public key, and sign with the private one.
  const actions = ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'];
  denyOthers(bucket, {
    sid: 'DenyOtherPublicKeys',
    folders: ['keys'],
    writers: functions.rolesOf('records:sign'),
    actions,
  });
}

/** A command line that knows a state machine finds everything else by these. */
function tagsOf(config: OffsiteConfig, bucket: string, topic: string) {
  const found = { 'offsite:installation': config.name, 'offsite:bucket': bucket, 'offsite:topic': topic };
  return { ...found, 'offsite:configuration': configDigest(config) };
}

/** What is about all managers at once. */
function scheduleShared(
  schedules: Schedules,
  config: OffsiteConfig,
  machineOf: (machine: MachineName) => string,
): void {
  const { timeZone, flexibleMinutes } = config.defaults;
  const add = (id: string, schedule: string | null, one: Pick<Scheduled, 'description' | 'targetArn' | 'input'>) => {
    if (schedule === null) return;
    schedules.add(schedules, id, { ...one, name: id.toLowerCase(), expression: schedule, timeZone, flexibleMinutes });
  };
  add('Verification', config.verification.schedule, {
    description: 'Reads stored archives again, part of them each time.',
    targetArn: machineOf('verify'),
    input: {},
  });
  add('Report', config.report.schedule, {
    description: 'Keeps a report of all managers in the bucket.',
    targetArn: machineOf('report'),
    input: { scheduledTime: SCHEDULED_TIME },
  });
  const { digest } = config.notifications;
  add('Digest', digest?.schedule ?? null, {
    description: 'One message about all managers.',
    targetArn: machineOf('digest'),
    input: { scheduledTime: SCHEDULED_TIME },
  });
}

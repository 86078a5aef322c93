import { CfnOutput, NestedStack, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { machineNames } from '../workflow/definition.ts';
import { Alarms } from './alarms.ts';
import { ArchiveStorage } from './archive-bucket.ts';
import { ArchiveKey } from './archive-key.ts';
import { machineArn, machineName, placesOf } from './arns.ts';
import { denyForgedApprovals } from './bucket-policy.ts';
import { Dashboard } from './dashboard.ts';
import { Functions } from './functions.ts';
import { Machines } from './machines.ts';
import { ManagedPolicies } from './managed-policies.ts';
import { ManagerParts } from './manager-backup.ts';
import { Notifications } from './notifications.ts';
import { showFindings } from './policy-lint.ts';
import { SavedQueries } from './saved-queries.ts';
import { Schedules } from './schedules.ts';
import { denyOtherKeys, SigningKey } from './signing-key.ts';
import { watchInstallation } from './watch-installation.ts';

export interface OffsiteStackProps extends StackProps {
  readonly config: OffsiteConfig;
}

/** One installation: everything that exports, keeps, restores and watches the managers of a configuration. */
export class OffsiteStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: OffsiteStackProps) {
    super(scope, id, { description: 'cloudify-offsite: verified off-site snapshots of Cloudify Managers', ...props });
    const { name } = config;
    showFindings(this, config);
    const { key } = new ArchiveKey(this, 'Key', config.storage.kmsKeyArn, name);
    const { key: signingKey } = new SigningKey(this, 'Signing', name);
    const { bucket } = new ArchiveStorage(this, 'Archives', config, key);
    const notifications = new Notifications(this, 'Notifications', config.notifications.emails, key);
    const { topic } = notifications;
    const places = placesOf(this, { config, machines: machineNames, bucket, key, signingKey, topic });
    const functions = new Functions(this, 'Functions', { config, places, bucketName: bucket.bucketName });
    denyForgedApprovals(bucket, functions.roleOf('ApproveRestore'));
    new ManagedPolicies(this, 'Policies', name, places);
    denyOtherKeys(bucket, functions.signers);
    const tags = tagsOf(name, bucket.bucketName, topic.topicArn);
    const machines = new Machines(this, 'Machines', { config, functions, tags });
    notifications.onUnsuccessful(machines.arns);

    const machineArns = new Map<string, string>(
      machineNames.map((machine) => [machine, machineArn(this, machineName(name, machine))]),
    );
    const schedules = new Schedules(this, 'Schedules', { name, machineArns: [...machineArns.values()] });
    scheduleVerification(schedules, config, machineArns.get('verify'));
    const alarms = new Alarms(this, 'Alarms', name, topic);
    const groups = this.#groupsOf(config);
    for (const manager of config.managers) {
      const parent = groups.get(manager.group ?? '') ?? this;
      const parts = { config, manager, key, schedules, alarms, machines: machineArns };
      new ManagerParts(parent, `manager-${manager.id}`, parts);
    }
    const { deadLetters } = schedules;
    watchInstallation({ alarms, config, machines: machines.all, deadLetters });
    new Dashboard(this, 'Dashboard', { name, alarms: alarms.all, machines: machines.all });
    new SavedQueries(this, 'Queries', name, functions.logGroup);
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName, description: 'Archives and records' });
    new CfnOutput(this, 'TopicArn', { value: topic.topicArn, description: 'Reports, failures and alarms' });
  }

  /** A stack has room for 500 resources; what belongs to managers of a group goes into one of its own. */
  #groupsOf({ managers }: OffsiteConfig): Map<string, NestedStack> {
    const groups = new Set(managers.flatMap(({ group }) => group ?? []));
    return new Map([...groups].map((group) => [group, new NestedStack(this, `group-${group}`)]));
  }
}

/** A command line that knows a state machine finds everything else by these. */
function tagsOf(name: string, bucket: string, topic: string) {
  return { 'offsite:installation': name, 'offsite:bucket': bucket, 'offsite:topic': topic };
}

function scheduleVerification(schedules: Schedules, config: OffsiteConfig, targetArn: string | undefined): void {
  const { schedule } = config.verification;
  if (schedule === null || targetArn === undefined) return;
  schedules.add(schedules, 'Verification', {
    name: 'verification',
    description: 'Reads stored archives again, part of them each time.',
    expression: schedule,
    timeZone: config.defaults.timeZone,
    flexibleMinutes: config.defaults.flexibleMinutes,
    targetArn,
    input: {},
  });
}

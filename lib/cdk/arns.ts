import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { groupedName } from '../base/group-names.ts';
import { groupsOf, type ManagerGroup, sourcesOf } from '../config/groups.ts';
import { placeOf } from '../config/notifications.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import type { Places } from './grants.ts';
import { secretPrefix } from './manager-secret.ts';
import type { Topics } from './notifications.ts';

interface Parts {
  readonly config: OffsiteConfig;
  readonly machines: readonly string[];
  readonly bucket: s3.IBucket;
  readonly key: kms.IKey;
  readonly signingKey: kms.IKey;
  readonly topics: Topics;
}

/**
 * The ARNs that grants to functions of a group are about. Of state machines by their names: they do not exist before the
 * functions do.
 */
export function placesOf(
  stack: Stack,
  { config, machines, bucket, key, signingKey, topics: [topic, failures] }: Parts,
  group: ManagerGroup,
): Places {
  const names = machines.map((machine) => machineName(config.name, machine));
  const isDivided = groupsOf(config.managers).length > 1;
  return {
    bucket: bucket.bucketArn,
    key: key.keyArn,
    signingKey: signingKey.keyArn,
    topic: topic.topicArn,
    failuresTopic: failures?.topicArn,
    ...targetsOf(stack, config),
    ...proxyOf(stack, config),
    ...secretsOf(stack, config, group, isDivided),
    executions: [...names, ...(isDivided ? [groupedName(config.name, '*')] : [])].map((name) =>
      executionsOf(stack, name),
    ),
    functions: [`${config.name}-*`, ...(isDivided ? [groupedName(config.name, '*')] : [])].map((name) =>
      functionArn(stack, name),
    ),
    region: stack.region,
    inVpc: config.network !== undefined,
  };
}

/** Secrets of notification targets, which are there before the stack. */
function targetsOf(stack: Stack, { notifications }: OffsiteConfig): Pick<Places, 'targets' | 'targetKeys'> {
  const secrets = notifications.targets.flatMap((target) => placeOf(target).secret ?? []);
  return {
    targets: [...new Set(secrets.map(({ id }) => secretArn(stack, id)))],
    targetKeys: [...new Set(secrets.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []))],
  };
}

function proxyOf(stack: Stack, { network }: OffsiteConfig): Pick<Places, 'proxySecrets' | 'proxySecretKeys'> {
  const { id, kmsKeyArn } = network?.proxy?.secret ?? {};
  return {
    proxySecrets: id === undefined ? [] : [secretArn(stack, id)],
    proxySecretKeys: kmsKeyArn === undefined ? [] : [kmsKeyArn],
  };
}

type Secrets = Pick<Places, 'secrets' | 'secretKeys' | 'sources' | 'sourceKeys'>;

/** Without groups: all that the stack makes, and those that somebody makes beside them. With groups: each by its name. */
function secretsOf(stack: Stack, config: OffsiteConfig, group: ManagerGroup, isDivided: boolean): Secrets {
  const { name, managers } = config;
  const secretOf = (id: string) => managers.find((one) => one.id === id)?.secret;
  const nameOf = (id: string) => secretOf(id)?.id ?? `${secretPrefix(name)}${id}`;
  const keysOf = (ids: readonly string[]) => [...new Set(ids.flatMap((id) => secretOf(id)?.kmsKeyArn ?? []))];
  const arnsOf = (ids: readonly string[]) => ids.map((id) => secretArn(stack, id));
  const own = group.managers.map(({ id }) => id);
  if (!isDivided) {
    const imported = group.managers.flatMap(({ secret }) => secret?.id ?? []);
    const secrets = arnsOf([`${secretPrefix(name)}*`, ...imported]);
    return { secrets, secretKeys: keysOf(own), sources: [], sourceKeys: [] };
  }
  const sources = sourcesOf(group);
  return {
    secrets: arnsOf(own.map(nameOf)),
    secretKeys: keysOf(own),
    sources: arnsOf(sources.map(nameOf)),
    sourceKeys: keysOf(sources),
  };
}

/** `offsite-export`, of a group `offsite_east-export` */
export function machineName(installation: string, machine: string): string {
  return `${installation}-${machine}`;
}

export function machineArn(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

export function functionArn(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

export function executionsOf(stack: Stack, machine: string): string {
  return stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** AWS puts a hyphen and six characters behind the name of every secret. */
function secretArn(stack: Stack, id: string): string {
  if (id.startsWith('arn:')) return id;
  const resourceName = id.endsWith('*') ? id : `${id}-??????`;
  return stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import type { Places } from './grants.ts';
import { secretPrefix } from './manager-secret.ts';

interface Parts {
  readonly config: OffsiteConfig;
  readonly machines: readonly string[];
  readonly bucket: s3.IBucket;
  readonly key: kms.IKey;
  readonly signingKey: kms.IKey;
  readonly topic: sns.ITopic;
}

/** The ARNs that grants are about. Of state machines by their names: they do not exist before the functions do. */
export function placesOf(stack: Stack, { config, machines, bucket, key, signingKey, topic }: Parts): Places {
  const imported = config.managers.flatMap(({ secret }) => secret ?? []);
  return {
    bucket: bucket.bucketArn,
    key: key.keyArn,
    signingKey: signingKey.keyArn,
    topic: topic.topicArn,
    secrets: [`${secretPrefix(config.name)}*`, ...imported.map(({ id }) => id)].map((id) => secretArn(stack, id)),
    secretKeys: [...new Set(imported.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []))],
    executions: machines.map((machine) => executionsOf(stack, machineName(config.name, machine))),
    region: stack.region,
    inVpc: config.network !== undefined,
  };
}

/** `offsite-export` */
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

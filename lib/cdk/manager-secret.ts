import { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { ManagerConfig } from '../config/manager-config.ts';
import { notFollowed } from './nag-reasons.ts';

/** What stands in the console beside an empty secret. */
const DESCRIPTION =
  'Cloudify Manager {id}: JSON object with endpoints (array of https:// addresses, one per node), username and password or token, optional tenant, ca (PEM) and drillTarget. See docs/reference/secret.md.';

/**
 * An empty secret for what nobody should read in a template, a command line or a state machine: filled by hand once.
 * Stays when the stack or the manager goes, because restores of its archives need it. Only a deployment that is rolled
 * back takes along the empty one that it has just made: nobody could make it again under the same name.
 */
export function emptySecret(scope: Construct, name: string, { id }: ManagerConfig, key: kms.IKey): void {
  const secret = new secretsmanager.CfnSecret(scope, 'Secret', {
    name: `${secretPrefix(name)}${id}`,
    description: DESCRIPTION.replace('{id}', id),
    kmsKeyId: key.keyArn,
  });
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  notFollowed(secret, 'credentials of a manager');
}

/** Of the secrets that the stack makes. */
export function secretPrefix(name: string): string {
  return `${name}/managers/`;
}

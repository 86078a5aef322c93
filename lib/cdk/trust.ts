import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * A service that takes a role for things of this account only, so that nobody makes it take ours for theirs. Lambda and
 * Step Functions say for which account they ask (aws: confused deputy). S3 is not documented to say so when it replicates,
 * and a role that it cannot take copies nothing: that role goes without.
 */
export function forThisAccount(scope: Construct, service: 'lambda' | 'states'): iam.ServicePrincipal {
  return new iam.ServicePrincipal(`${service}.amazonaws.com`, {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

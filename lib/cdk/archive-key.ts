import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/**
 * The key of bucket, secrets and topic. Outlives the stack: without it nobody can read an archive again. Our own functions
 * get their share from their roles; here are the services that publish to the topic by themselves.
 */
export class ArchiveKey extends Construct {
  readonly key: kms.IKey;

  constructor(scope: Construct, id: string, imported: string | undefined, name: string) {
    super(scope, id);
    if (imported !== undefined) {
      this.key = kms.Key.fromKeyArn(this, 'Imported', imported);
      return;
    }
    const key = new kms.Key(this, 'Key', {
      description: `Archives, manager secrets and notifications of ${name}. Without it no archive can be read.`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsAndEventsPublish',
        principals: ['events', 'cloudwatch'].map((service) => new iam.ServicePrincipal(`${service}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.key = key;
  }
}

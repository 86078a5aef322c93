import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
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
    for (const [sid, service] of [
      ['AlarmsPublish', 'cloudwatch'],
      ['EventsPublish', 'events'],
    ] as const) {
      key.addToResourcePolicy(
        new iam.PolicyStatement({
          sid,
          principals: [new iam.ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: ['*'],
          conditions: onlyForTopics(Stack.of(this)),
        }),
      );
    }
    // The log groups of this account and region: lib/cdk/log-encryption.ts.
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'LogsEncrypt',
        principals: [new iam.ServicePrincipal(`logs.${Stack.of(this).region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: onlyForLogs(Stack.of(this)),
      }),
    );
    this.key = key;
  }
}

/** As CloudWatch Logs says for which group it asks (aws: CloudWatch Logs, encrypt log data). */
function onlyForLogs(stack: Stack) {
  const groups = stack.formatArn({ service: 'logs', resource: 'log-group:*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
  return { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } };
}

/**
 * Of this account, by what SNS says of itself when it asks for a data key. With `aws:SourceAccount` EventBridge could not
 * publish, and nobody would see that (aws: SNS, key management: not supported for EventBridge-to-encrypted topics).
 */
function onlyForTopics(stack: Stack) {
  const topics = stack.formatArn({ service: 'sns', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
  return { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': topics } };
}

import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { runbookPage } from '../base/runbook.ts';

/** Where every report, failure and alarm goes, and who reads it. */
export class Notifications extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, emails: readonly string[], key: kms.IKey) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    this.#letPublish('AlarmsPublish', 'cloudwatch', { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } });
    // Without any condition: EventBridge does not meet one, and its notices would be lost in silence (aws: EventBridge,
    // permissions for SNS).
    this.#letPublish('EventsPublish', 'events', {});
  }

  #letPublish(sid: string, service: string, conditions: Record<string, Record<string, string>>): void {
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        principals: [new iam.ServicePrincipal(`${service}.amazonaws.com`)],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
  }

  /**
   * Tells of every execution that ends otherwise than well. The machines report their own failures, but nobody in them is
   * left to do so when one is stopped by hand or runs out of its 48 hours.
   */
  onUnsuccessful(stateMachineArns: readonly (string | { readonly prefix: string })[]): void {
    new events.CfnRule(this, 'Unsuccessful', {
      description: 'Executions that failed, timed out or were stopped.',
      eventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: stateMachineArns },
      },
      targets: [{ id: 'topic', arn: this.topic.topicArn, inputTransformer: TEXT }],
    });
  }
}

/** The input is left out: it may be whatever somebody has typed. */
const TEXT = {
  inputPathsMap: {
    name: '$.detail.name',
    status: '$.detail.status',
    machine: '$.detail.stateMachineArn',
    arn: '$.detail.executionArn',
  },
  inputTemplate: `"cloudify-offsite: execution <name> of <machine> ended as <status>. Its report, if it could still send one, says why; otherwise look at the execution <arn>. What to do: ${runbookPage('an-execution-did-not-end-well')}."`,
};

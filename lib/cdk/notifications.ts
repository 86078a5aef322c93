import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { runbookPage } from '../base/runbook.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';

/** The topic of every message, and the one without successes, if there is one. */
export type Topics = readonly [all: sns.ITopic, failures?: sns.ITopic];

/** Where every report, failure and alarm goes, and who reads it. */
export class Notifications extends Construct {
  readonly topic: sns.Topic;
  /** Without what went well; undefined: the configuration asks for none. */
  readonly failures: sns.Topic | undefined;

  constructor(scope: Construct, id: string, { emails, failuresOnly }: OffsiteConfig['notifications'], key: kms.IKey) {
    super(scope, id);
    this.topic = this.#topic('Topic', emails, key);
    this.failures = failuresOnly && this.#topic('Failures', failuresOnly.emails, key);
  }

  get topics(): Topics {
    return this.failures ? [this.topic, this.failures] : [this.topic];
  }

  #topic(id: string, emails: readonly string[], masterKey: kms.IKey): sns.Topic {
    const topic = new sns.Topic(this, id, { masterKey, enforceSSL: true });
    for (const email of emails) topic.addSubscription(new EmailSubscription(email));
    this.#letPublish(topic, 'AlarmsPublish', 'cloudwatch', {
      StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
    });
    // Without any condition: EventBridge does not meet one, and its notices would be lost in silence (aws: EventBridge,
    // permissions for SNS).
    this.#letPublish(topic, 'EventsPublish', 'events', {});
    return topic;
  }

  #letPublish(
    topic: sns.Topic,
    sid: string,
    service: string,
    conditions: Record<string, Record<string, string>>,
  ): void {
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        principals: [new iam.ServicePrincipal(`${service}.amazonaws.com`)],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
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
    if (!this.failures) return;
    // A failure is in the report of its run already; these have none.
    new events.CfnRule(this, 'Unreported', {
      description: 'Executions that timed out or were stopped.',
      eventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['TIMED_OUT', 'ABORTED'], stateMachineArn: stateMachineArns },
      },
      targets: [{ id: 'failures', arn: this.failures.topicArn, inputTransformer: TEXT }],
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

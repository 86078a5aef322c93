import * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { runbookPage } from '../base/runbook.ts';
import type { Topics } from './notifications.ts';

interface Watched {
  readonly bucket: s3.IBucket;
  readonly keys: readonly kms.IKey[];
  readonly topics: Topics;
}

/** Calls that take a key away from those who need it (aws: CloudTrail, KMS). */
const KEY_CALLS = ['DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'EnableKey'];
/** Calls that change what protects a bucket, or the bucket (aws: CloudTrail, bucket-level actions of S3). */
const BUCKET_CALLS = [
  'DeleteBucket',
  'DeleteBucketEncryption',
  'DeleteBucketLifecycle',
  'DeleteBucketPolicy',
  'DeleteBucketPublicAccessBlock',
  'DeleteBucketReplication',
  'PutBucketAcl',
  'PutBucketEncryption',
  'PutBucketLifecycle',
  'PutBucketObjectLockConfiguration',
  'PutBucketPolicy',
  'PutBucketPublicAccessBlock',
  'PutBucketReplication',
  'PutBucketVersioning',
];

/**
 * Tells at once of every call that changes the protection of the bucket or of a key, whoever made it: deployments of the
 * stack included. Without a trail of the account EventBridge gets no such events; the daily reconciliation needs none.
 */
export class ProtectionWatch extends Construct {
  constructor(scope: Construct, id: string, { bucket, keys, topics }: Watched) {
    super(scope, id);
    const tell = (rule: string, description: string, source: string, detail: object) =>
      new events.CfnRule(this, rule, {
        description,
        eventPattern: { source: [source], 'detail-type': ['AWS API Call via CloudTrail'], detail },
        targets: topics
          .filter((topic) => topic !== undefined)
          .map((topic, at) => ({
            id: at === 0 ? 'topic' : 'failures',
            arn: topic.topicArn,
            inputTransformer: TEXT,
          })),
      });
    tell('Key', 'Calls that disable, delete or hand over a key of the archives.', 'aws.kms', {
      eventSource: ['kms.amazonaws.com'],
      eventName: KEY_CALLS,
      resources: { ARN: keys.map(({ keyArn }) => keyArn) },
    });
    tell('Bucket', 'Calls that change what protects the bucket of archives.', 'aws.s3', {
      eventSource: ['s3.amazonaws.com'],
      eventName: BUCKET_CALLS,
      requestParameters: { bucketName: [bucket.bucketName] },
    });
  }
}

const TEXT = {
  inputPathsMap: {
    call: '$.detail.eventName',
    who: '$.detail.userIdentity.arn',
    from: '$.detail.sourceIPAddress',
    at: '$.detail.eventTime',
    id: '$.detail.eventID',
  },
  inputTemplate: `"cloudify-offsite: the protection of the archives was changed: <call> by <who> from <from> at <at> (CloudTrail event <id>). A deployment of the stack does that too. What to do: ${runbookPage('the-protection-was-changed')}."`,
};

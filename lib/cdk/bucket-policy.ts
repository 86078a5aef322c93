import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { prefixOf } from '../storage/layout.ts';

const ENCRYPTION = 's3:x-amz-server-side-encryption';
const KEY = 's3:x-amz-server-side-encryption-aws-kms-key-id';
const CUSTOMER = 's3:x-amz-server-side-encryption-customer-algorithm';

/**
 * Nobody stores anything here under another key, not even an administrator by mistake. A request that says nothing about
 * encryption is encrypted with the bucket's key by S3 itself, so only one that does say something can be wrong.
 */
export function denyWrongKey(bucket: s3.Bucket, key: kms.IKey): void {
  const rules: Record<string, Record<string, Record<string, string>>> = {
    DenyOtherEncryption: { Null: { [ENCRYPTION]: 'false' }, StringNotEquals: { [ENCRYPTION]: 'aws:kms' } },
    DenyOtherKey: { Null: { [KEY]: 'false' }, StringNotEquals: { [KEY]: key.keyArn } },
    // KMS without a key's id is not the bucket's key but the account's (aws: x-amz-server-side-encryption).
    DenyUnnamedKey: { Null: { [ENCRYPTION]: 'false', [KEY]: 'true' } },
    DenyCustomerKey: { Null: { [CUSTOMER]: 'false' } },
  };
  for (const [sid, conditions] of Object.entries(rules)) {
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('*')],
        conditions,
      }),
    );
  }
}

/** Everybody but these roles. AWS names a session by its role, an emulator of AWS by itself: it is the same one. */
export function isNot(roles: readonly iam.IRole[]): Record<string, Record<string, string[]>> {
  const arns = roles.flatMap((role) => [
    role.roleArn,
    Stack.of(role).formatArn({
      service: 'sts',
      region: '',
      resource: 'assumed-role',
      resourceName: `${role.roleName}/*`,
    }),
  ]);
  return { ArnNotLike: { 'aws:PrincipalArn': arns } };
}

/**
 * A decision about a restore is written by the one function that approvers start, and by nobody else, administrators
 * included: who they are stands in CloudTrail as who started it.
 */
export function denyForgedApprovals(bucket: s3.IBucket, writer: iam.IRole): void {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'DenyForgedApprovals',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`${prefixOf('approvals')}*`)],
      conditions: isNot([writer]),
    }),
  );
}

/** Whether an archive stays, and counts as good, is recorded by the function that signs it, for everybody. */
export function denyForgedDecisions(bucket: s3.IBucket, writer: iam.IRole): void {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'DenyForgedDecisions',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: (['keeps', 'accepts'] as const).map((folder) => bucket.arnForObjects(`${prefixOf(folder)}*`)),
      conditions: isNot([writer]),
    }),
  );
}

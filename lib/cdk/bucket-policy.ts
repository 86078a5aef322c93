import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { DENIALS } from '../config/expected-protection.ts';
import { type Folder, prefixOf } from '../storage/layout.ts';

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

interface OnlyWriters {
  readonly sid: Extract<(typeof DENIALS)[number], `DenyForged${string}` | 'DenyOtherPublicKeys'>;
  readonly folders: readonly Folder[];
  readonly writers: readonly iam.IRole[];
  readonly actions?: readonly string[];
}

/** Only these roles write to these folders, and nobody else, administrators included. */
export function denyOthers(
  bucket: s3.IBucket,
  { sid, folders, writers, actions = ['s3:PutObject'] }: OnlyWriters,
): void {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: [...actions],
      resources: folders.map((folder) => bucket.arnForObjects(`${prefixOf(folder)}*`)),
      conditions: { ArnNotLike: { 'aws:PrincipalArn': writers.flatMap(namesOf) } },
    }),
  );
}

/** AWS names a session by its role, an emulator of AWS by itself: it is the same one. */
function namesOf(role: iam.IRole): string[] {
  const resourceName = `${role.roleName}/*`;
  return [
    role.roleArn,
    Stack.of(role).formatArn({ service: 'sts', region: '', resource: 'assumed-role', resourceName }),
  ];
}

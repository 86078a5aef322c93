import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { defined } from '../base/defined.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { wildcards } from './nag-reasons.ts';

export const REPLICATION_RULE = 'everything';

type Replication = NonNullable<StorageConfig['replication']>;

/**
 * Copies everything to a bucket elsewhere. Delete markers are not copied: who deletes here has deleted nothing there. The
 * copies' lifecycle is that bucket's own; they carry the same tags.
 */
export function replicate(bucket: s3.Bucket, target: Replication, key: kms.IKey): void {
  const targetArn = Stack.of(bucket).formatArn({ service: 's3', region: '', account: '', resource: target.bucket });
  const role = roleOf(bucket, target, key, targetArn);
  const owner = target.account && { account: target.account, accessControlTranslation: { owner: 'Destination' } };
  (bucket.node.defaultChild as s3.CfnBucket).replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: REPLICATION_RULE,
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Disabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: {
          bucket: targetArn,
          // Without them a failure is seen nowhere but at the object.
          metrics: { status: 'Enabled' },
          encryptionConfiguration: { replicaKmsKeyId: target.kmsKeyArn },
          ...owner,
        },
      },
    ],
  };
}

function roleOf(bucket: s3.Bucket, target: Replication, key: kms.IKey, targetArn: string): iam.Role {
  const via = (region: string) => ({ StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } });
  const allow = (actions: string[], resources: string[], conditions?: object) =>
    new iam.PolicyStatement({ actions, resources, ...defined({ conditions }) });
  const role = new iam.Role(bucket, 'ReplicationRole', {
    description: 'S3 copies archives to the bucket of the replication with it.',
    assumedBy: new iam.ServicePrincipal('s3.amazonaws.com'),
  });
  const objects = [bucket.arnForObjects('*'), `${targetArn}/*`] as const;
  // Not within the role: the bucket needs the role, and these statements the bucket.
  for (const statement of [
    allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], [bucket.bucketArn]),
    allow(
      [
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
        's3:GetObjectRetention',
        's3:GetObjectLegalHold',
      ],
      [objects[0]],
    ),
    allow(['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'], [objects[1]]),
    allow(['kms:Decrypt'], [key.keyArn], via(Stack.of(bucket).region)),
    allow(['kms:Encrypt', 'kms:GenerateDataKey'], [target.kmsKeyArn], via(target.region)),
  ]) {
    role.addToPolicy(statement);
  }
  wildcards(role, 'objects of the bucket', objects);
  return role;
}

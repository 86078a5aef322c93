import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { defined } from '../base/defined.ts';
import { objectLockOf } from '../config/object-lock.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { lifecycleOf } from './bucket-lifecycle.ts';
import { denyWrongKey } from './bucket-policy.ts';
import { replicate } from './bucket-replication.ts';

/**
 * The bucket of archives and records: versioned, encrypted with one key, readable over TLS only, and left where it is
 * when the stack is destroyed. Nothing of this stack can empty it.
 */
export class ArchiveStorage extends Construct {
  readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string, config: OffsiteConfig, key: kms.IKey) {
    super(scope, id);
    const { storage, retention } = config;
    const bucket = new s3.Bucket(this, 'Bucket', {
      ...defined({ bucketName: storage.bucketName }),
      ...PROTECTED,
      // Only a deployment that is rolled back takes along the empty bucket that it has just made: its name is free again.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      // One data key for many objects: a fraction of the requests to KMS, and of their price.
      bucketKeyEnabled: true,
      versioned: true,
      serverAccessLogsBucket: this.#accessLogs(storage.accessLogDays),
      serverAccessLogsPrefix: 'archives/',
      lifecycleRules: lifecycleOf(retention),
      ...(objectLockOf(config) ? { objectLockEnabled: true } : {}),
    });
    denyWrongKey(bucket, key);
    if (storage.replication) replicate(bucket, storage.replication, key);
    this.bucket = bucket as s3.IBucket;
  }

  /** Who read which archive. S3 delivers here only if S3's own keys encrypt it (aws: server access logging). */
  #accessLogs(days: number): s3.IBucket {
    return new s3.Bucket(this, 'AccessLogs', {
      ...PROTECTED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
      lifecycleRules: [
        { id: 'old-logs', expiration: Duration.days(days), noncurrentVersionExpiration: Duration.days(1) },
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    }) as s3.IBucket;
  }
}

const PROTECTED = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
} as const;

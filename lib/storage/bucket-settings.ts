import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type GetObjectLockConfigurationCommandOutput,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { StorageUnavailable } from '../base/errors.ts';
import { isModestJson } from '../base/modest-json.ts';
import { failureOf } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';

/** What of a statement is looked at. */
const PolicyStatement = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type PolicyStatement = Readonly<z.infer<typeof PolicyStatement>>;
const Policy = z.looseObject({ Statement: z.union([PolicyStatement, z.array(PolicyStatement)]) });

/** The settings of a bucket that protect what is in it, as S3 tells of them. */
export interface BucketSettings {
  /** `Enabled`, `Suspended`; undefined: it never was. */
  readonly versioning: string | undefined;
  readonly lifecycle: readonly LifecycleRule[];
  readonly lock: boolean;
  readonly replication: boolean;
  readonly policy: readonly PolicyStatement[];
  /** Whether all four kinds of public access are blocked. */
  readonly isPrivate: boolean;
  /** The key that encrypts what says nothing else. */
  readonly key: string | undefined;
}

/** What is not set S3 answers with an error of its own. */
const NOT_SET: ReadonlySet<string> = new Set([
  'NoSuchLifecycleConfiguration',
  'NoSuchBucketPolicy',
  'NoSuchPublicAccessBlockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  'ReplicationConfigurationNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
]);

/** Whether the bucket has Object Lock. Throws `StorageUnavailable`, `StorageRefused`. */
export async function hasObjectLock(bucket: S3Requests): Promise<boolean> {
  const command = new GetObjectLockConfigurationCommand({ Bucket: bucket.name });
  const found = await bucket.attempt<GetObjectLockConfigurationCommandOutput | undefined>(
    'show its Object Lock',
    (o) => bucket.s3.send(command, o),
    (error) => (NOT_SET.has(failureOf(error).name ?? '') ? { value: undefined } : undefined),
  );
  return found?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
}

/** Reads them, one request each. Throws `StorageUnavailable`, `StorageRefused`. */
export async function readBucketSettings(bucket: S3Requests): Promise<BucketSettings> {
  const at = { Bucket: bucket.name };
  const ask = async <T>(what: string, send: (options: { abortSignal: AbortSignal }) => Promise<T>) =>
    await bucket.attempt<T | undefined>(`show its ${what}`, send, (error) =>
      NOT_SET.has(failureOf(error).name ?? '') ? { value: undefined } : undefined,
    );
  const versioning = await ask('versioning', (o) => bucket.s3.send(new GetBucketVersioningCommand(at), o));
  const lifecycle = await ask('lifecycle', (o) => bucket.s3.send(new GetBucketLifecycleConfigurationCommand(at), o));
  const lock = await hasObjectLock(bucket);
  const replication = await ask('replication', (o) => bucket.s3.send(new GetBucketReplicationCommand(at), o));
  const policy = await ask('policy', (o) => bucket.s3.send(new GetBucketPolicyCommand(at), o));
  const access = await ask('public access block', (o) => bucket.s3.send(new GetPublicAccessBlockCommand(at), o));
  const encryption = await ask('encryption', (o) => bucket.s3.send(new GetBucketEncryptionCommand(at), o));
  const block = access?.PublicAccessBlockConfiguration ?? {};
  const [byDefault] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
  return {
    versioning: versioning?.Status,
    lifecycle: lifecycle?.Rules ?? [],
    lock,
    replication: (replication?.ReplicationConfiguration?.Rules ?? []).some(({ Status }) => Status === 'Enabled'),
    policy: statementsOf(policy?.Policy, bucket.name),
    isPrivate: [
      block.BlockPublicAcls,
      block.BlockPublicPolicy,
      block.IgnorePublicAcls,
      block.RestrictPublicBuckets,
    ].every((one) => one === true),
    key: byDefault?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
  };
}

/** Whoever may write it, or a store that is not S3, could answer with anything. */
function statementsOf(policy: string | undefined, bucket: string): PolicyStatement[] {
  if (policy === undefined) return [];
  try {
    if (isModestJson(policy)) return [Policy.parse(JSON.parse(policy)).Statement].flat();
  } catch {
    // What is wrong with it nobody here can mend.
  }
  throw new StorageUnavailable(
    `Bucket ${bucket} answered with a policy that is not valid. Read it: aws s3api get-bucket-policy --bucket ${bucket}.`,
  );
}

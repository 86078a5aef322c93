import type { StepName } from '../../lib/base/step-names.ts';
import { grantsOf, type Places } from '../../lib/cdk/grants.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { steps } from '../../lib/workflow/steps.ts';
import type { World } from './world.ts';

/** As an installation has them, with a bucket that is easy to read. */
export const PLACES: Places = {
  bucket: 'arn:aws:s3:::offsite',
  key: 'key',
  signingKey: 'signing-key',
  topic: 'topic',
  secrets: ['secrets'],
  secretKeys: [],
  failuresTopic: undefined,
  targets: [] as string[],
  targetKeys: [] as string[],
  proxySecrets: [] as string[],
  proxySecretKeys: [] as string[],
  sources: ['sources'],
  sourceKeys: [],
  executions: ['executions'],
  functions: ['arn:aws:lambda:eu-central-1:111122223333:function:offsite-*'],
  region: 'eu-central-1',
  inVpc: false,
};

interface Input {
  readonly Key?: string;
  readonly VersionId?: string;
}

/** What S3 asks IAM for at each call (aws: Service Authorization Reference, Amazon S3); of a version: the second. */
const ACTIONS: Readonly<Record<string, readonly [string, string?]>> = {
  GetObject: ['s3:GetObject', 's3:GetObjectVersion'],
  HeadObject: ['s3:GetObject', 's3:GetObjectVersion'],
  PutObject: ['s3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  ListParts: ['s3:ListMultipartUploadParts'],
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  DeleteObject: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  GetObjectTagging: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  PutObjectTagging: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'],
  GetObjectLegalHold: ['s3:GetObjectLegalHold'],
  PutObjectLegalHold: ['s3:PutObjectLegalHold'],
  PutObjectRetention: ['s3:PutObjectRetention'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetBucketLifecycleConfiguration: ['s3:GetLifecycleConfiguration'],
  GetObjectLockConfiguration: ['s3:GetBucketObjectLockConfiguration'],
  GetBucketReplication: ['s3:GetReplicationConfiguration'],
  GetBucketPolicy: ['s3:GetBucketPolicy'],
  GetPublicAccessBlock: ['s3:GetBucketPublicAccessBlock'],
  GetBucketEncryption: ['s3:GetEncryptionConfiguration'],
};

/** Whether the table of steps grants a step an action on an ARN; `*` at the end of a resource is any rest. */
export function allows(step: StepName, action: string, arn: string): boolean {
  return grantsOf(steps[step].touches, PLACES).some(
    ({ actions, resources }) =>
      actions.includes(action) &&
      resources.some((one) => (one.endsWith('*') ? arn.startsWith(one.slice(0, -1)) : arn === one)),
  );
}

/**
 * A client that answers as S3 does to a role that may only what the table says of the step at work: `parts` of a run. Gives
 * what was refused, and `<step> <action>` of all that was done.
 */
export function underPolicy(world: World, step: () => StepName | undefined = () => world.step) {
  const client = s3Client({ ...world.s3.access, endpoint: world.s3.url, maxAttempts: 1 });
  const refused: string[] = [];
  const used = new Set<string>();
  const may = (now: StepName, action: string, key: string | undefined) => {
    const arn = key === undefined ? PLACES.bucket : `${PLACES.bucket}/${key}`;
    used.add(`${now} ${action}`);
    if (allows(now, action, arn)) return;
    refused.push(`${now}: ${action} on ${arn}`);
    const message = `User is not authorized to perform ${action} on ${arn}`;
    throw Object.assign(new Error(message), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const now = step();
        if (now === undefined) return await next(args);
        const { Key, VersionId } = args.input as Input;
        const [action, ofVersion] = ACTIONS[commandName.replace('Command', '')] ?? [`unknown:${commandName}`];
        may(now, VersionId !== undefined && ofVersion ? ofVersion : action, Key);
        try {
          return await next(args);
        } catch (error) {
          // Who may not list is not told that there is nothing.
          if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
            may(now, 's3:ListBucket', undefined);
          throw error;
        }
      },
    { step: 'initialize', name: 'policy' },
  );
  return { refused, used, run: { parts: { s3: client } } };
}

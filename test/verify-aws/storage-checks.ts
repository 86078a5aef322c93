import {
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { archiveOf, type Bench, type Check, must } from './checks.ts';
import { until } from './waiting.ts';

const s3Of = ({ account }: Bench) => new S3Client(account.client);

/** Where the first archive is. */
const placeOf = (bench: Bench) => {
  const { key, versionId } = archiveOf(bench);
  return { Bucket: bench.bucket, Key: key, VersionId: versionId };
};

/** What the bucket promises about what is in it. */
export const storageChecks: readonly Check[] = [
  {
    name: 'the bucket is versioned, closed and encrypted by the key of the stack',
    needsArchive: true,
    look: async (bench) => {
      const [s3, Bucket] = [s3Of(bench), bench.bucket];
      const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      must(Status === 'Enabled', `versioning is ${Status}`);
      const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      must(Object.values(PublicAccessBlockConfiguration ?? {}).every(Boolean), 'public access is not blocked');
      const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
      const by = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
      const { SSEKMSKeyId } = await s3.send(new HeadObjectCommand(placeOf(bench)));
      must(SSEKMSKeyId !== undefined && SSEKMSKeyId === by, `the archive is encrypted by ${SSEKMSKeyId}, not by ${by}`);
      return SSEKMSKeyId;
    },
  },
  {
    name: 'the lifecycle of the bucket is that of the configuration',
    look: async (bench) => {
      const asked = new GetBucketLifecycleConfigurationCommand({ Bucket: bench.bucket });
      const { Rules = [] } = await s3Of(bench).send(asked);
      const seen = Rules.map(({ ID, Expiration, NoncurrentVersionExpiration }) => [
        ...[ID, Expiration?.Days, NoncurrentVersionExpiration?.NoncurrentDays],
      ]);
      const wanted = lifecycleRules(RetentionPolicy.parse({})).map(({ id, expirationDays, noncurrentDays }) => [
        ...[id, expirationDays, noncurrentDays],
      ]);
      must(JSON.stringify(seen.sort()) === JSON.stringify(wanted.sort()), `its rules are ${JSON.stringify(seen)}`);
      return `${Rules.length} rules`;
    },
  },
  {
    name: 'S3 itself names the day on which an archive of each class expires, and none for the newest',
    notEmulated: 'MiniStack tells no expiration dates',
    needsArchive: true,
    look: expirations,
  },
  {
    name: 'the archive is locked, and cannot be deleted',
    needsArchive: true,
    look: async (bench) => {
      const { Retention } = await s3Of(bench).send(new GetObjectRetentionCommand(placeOf(bench)));
      must(Retention?.Mode === 'GOVERNANCE', `its lock is ${Retention?.Mode}`);
      const refused = await s3Of(bench)
        .send(new DeleteObjectCommand(placeOf(bench)))
        .then(
          () => 'not at all',
          (error: Error) => error.name,
        );
      must(refused === 'AccessDenied', `a request to delete it was refused: ${refused}`);
      return `GOVERNANCE until ${Retention.RetainUntilDate?.toISOString()}`;
    },
  },
  {
    name: 'the archive and its manifest are copied to the other bucket',
    needsArchive: true,
    look: async (bench) => {
      const { key, manifest } = archiveOf(bench);
      for (const Key of [key, manifest]) await copied(bench, Key);
      return `COMPLETED, and in ${bench.copies}`;
    },
  },
];

async function copied(bench: Bench, Key: string): Promise<void> {
  const { account, patience, signal } = bench;
  const status = await until(`${Key} is copied`, patience, account.lookMs, signal, async () => {
    const { ReplicationStatus } = await s3Of(bench).send(new HeadObjectCommand({ Bucket: bench.bucket, Key }));
    return ReplicationStatus === 'PENDING' ? undefined : String(ReplicationStatus);
  });
  must(status === 'COMPLETED', `the replication of ${Key} is ${status}`);
  await s3Of(bench).send(new HeadObjectCommand({ Bucket: bench.copies, Key }));
}

/** A trial object gets the tag of each class in turn; S3 says which rule would remove it, and when. */
async function expirations(bench: Bench): Promise<string> {
  const s3 = s3Of(bench);
  const { TagSet } = await s3.send(new GetObjectTaggingCommand(placeOf(bench)));
  const own = TagSet?.find(({ Key }) => Key === 'expire')?.Value;
  const at = { Bucket: bench.bucket, Key: 'archives/trial/trial.zip' };
  await s3.send(new PutObjectCommand({ ...at, Body: 'of npm run verify:aws' }));
  const found: string[] = [];
  for (const Value of ['held', 'daily', 'weekly', 'monthly', 'yearly']) {
    await s3.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'expire', Value }] } }));
    const { Expiration } = await s3.send(new HeadObjectCommand(at));
    const isRight = Value === 'held' ? Expiration === undefined : Expiration?.includes(`rule-id="expire-${Value}"`);
    must(isRight === true, `with the tag ${Value} S3 says ${Expiration ?? 'nothing'}`);
    if (Expiration !== undefined) found.push(`${Value} ${/expiry-date="([^"]*)"/.exec(Expiration)?.[1]}`);
  }
  return `the archive is ${own}; ${found.join(', ')}`;
}

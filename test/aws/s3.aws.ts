import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { testS3Conformance } from '../conformance/s3.ts';
import { REGION, startEmulator } from './emulator.ts';
import { s3Gaps } from './s3-gaps.ts';

// The same suite that the embedded S3 passes, over an S3 that somebody else wrote: as it is, not mended.
testS3Conformance(
  'S3 of MiniStack',
  async () => {
    const emulator = await startEmulator({ mended: false });
    const client = new S3Client({ ...emulator.client, forcePathStyle: true });
    const Bucket = 'conformance';
    const CreateBucketConfiguration = { LocationConstraint: REGION };
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const teardown = async () => {
      client.destroy();
      await emulator.stop();
    };
    return { client, bucket: Bucket, minPartSize: 5 * 1024 ** 2, teardown };
  },
  Object.keys(s3Gaps),
);

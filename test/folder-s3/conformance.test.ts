import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, it } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { type S3UnderTest, testS3Conformance } from '../conformance/s3.ts';

const MiB = 1024 * 1024;

async function prepare(endpoint: string): Promise<Pick<S3UnderTest, 'client' | 'bucket'>> {
  const client = new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    // Eight characters and more: MinIO takes no shorter secret.
    credentials: { accessKeyId: 'test', secretAccessKey: 'test-secret' },
  });
  const bucket = `conformance-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  return { client, bucket };
}

async function embedded(minPartSize: number): Promise<S3UnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'local-s3-'));
  const server = await startLocalS3({
    dir,
    minPartSize,
    access: { accessKeyId: 'test', secretAccessKey: 'test-secret' },
  });
  const { client, bucket } = await prepare(server.url);
  const teardown = async () => {
    client.destroy();
    await server.close();
    await rm(dir, { recursive: true });
  };
  return { client, bucket, minPartSize, teardown };
}

testS3Conformance('embedded S3, small parts', () => embedded(64 * 1024));
testS3Conformance('embedded S3, parts of 5 MiB as on S3', () => embedded(5 * MiB));

/**
 * Any other S3, to see that the suite asks for S3 and not for our idea of it:
 * `OFFSITE_TEST_S3_ENDPOINT=http://127.0.0.1:5000 OFFSITE_TEST_S3_GAPS='title;title' npx vitest run test/local-s3.test.ts`
 */
const endpoint = process.env.OFFSITE_TEST_S3_ENDPOINT;
const gaps = process.env.OFFSITE_TEST_S3_GAPS?.split(';') ?? [];
if (endpoint === undefined) {
  describe('another S3', () => {
    it.skip('is not tested: OFFSITE_TEST_S3_ENDPOINT is not set', () => {});
  });
} else {
  testS3Conformance(
    `another S3 at ${endpoint}`,
    async () => {
      const { client, bucket } = await prepare(endpoint);
      return { client, bucket, minPartSize: 5 * MiB, teardown: async () => client.destroy() };
    },
    gaps,
  );
}

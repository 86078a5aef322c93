import { S3Client } from '@aws-sdk/client-s3';
import { testS3Conformance } from '../conformance/s3.ts';
import { ACCESS } from './stores.ts';

const { OFFSITE_STORE_URL: endpoint = '', OFFSITE_STORE_BUCKET: bucket = '' } = process.env;

testS3Conformance('conformance', async () => {
  const client = new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, credentials: ACCESS },
  });
  return { client, bucket, minPartSize: 5 * 1024 * 1024, teardown: async () => client.destroy() };
});

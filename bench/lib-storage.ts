import type { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { request } from 'undici';

/** What one would write with the SDK: `node bench/lib-storage.ts <URL of the archive> <S3 endpoint> <part size>`. */
const [url = '', endpoint = '', partSize = '0'] = process.argv.slice(2);
const client = new S3Client({
  endpoint,
  forcePathStyle: true,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});
const { body } = await request(url);
const params = { Bucket: 'bench', Key: 'lib-storage', Body: body as Readable };
await new Upload({ client, params, partSize: Number(partSize), queueSize: 4 }).done();

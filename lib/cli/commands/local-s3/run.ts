import { once } from 'node:events';
import { resolve } from 'node:path';
import { startLocalS3 } from '../../../../folder-s3/server.ts';
import { s3Client } from '../../../storage/s3-client.ts';
import type { Given } from '../../command.ts';
import { LOCAL_DIR } from '../../inputs/destination.ts';
import { ensureBucket, LOCAL_BUCKET, whenFree } from '../../inputs/storage.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { localS3Literal } from './command.ts';

/** Runs the embedded S3 until it is interrupted. */
export async function localS3Command(given: Given<typeof localS3Literal>, terminal: Terminal): Promise<number> {
  const { out, interrupt } = terminal;
  const dir = resolve(given.dir ?? LOCAL_DIR);
  const bucket = given.bucket ?? LOCAL_BUCKET;
  const { host, port } = { host: '127.0.0.1', ...given.listen, port: given.port ?? given.listen?.port ?? 0 };
  const served = { dir, host, port, flags: '--port or --listen', now: terminal.clock.now };
  const server = await whenFree(() => startLocalS3(served), terminal);
  try {
    const s3 = s3Client({ ...server.access, endpoint: server.url });
    await ensureBucket(s3, bucket);
    s3.destroy();
    const { accessKeyId, secretAccessKey } = server.access.credentials;
    const keys = `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`;
    const address = `S3 at ${server.url}, bucket ${bucket}, on the folder ${dir}. Ctrl-C ends it.\n`;
    // In one piece: whoever waits for the address needs the keys as well.
    out.write(`AWS_REGION=${server.access.region}\n${keys}${address}`);
    if (!interrupt.aborted) await once(interrupt, 'abort');
    return EXIT.ok;
  } finally {
    await server.close();
  }
}

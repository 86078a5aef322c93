import { readFileSync } from 'node:fs';
import { copySpan } from '../functions/copy-span.ts';
import { defaults } from '../lib/base/settings.ts';
import { localDeps } from '../lib/local/deps.ts';
import { s3Client } from '../lib/storage/s3-client.ts';
import { planParts } from '../lib/transfer/part-plan.ts';

/**
 * A process that copies an archive with the deployed step, as many spans at once as it is told:
 * `node bench/copy-spans.ts <origin> <S3 endpoint> <bytes> <spans at once>
 * [<CA file>]`. Parts, spans and buffers are a function's.
 */
const [node = '', endpoint = '', bytes = '0', atOnce = '1', caFile] = process.argv.slice(2);
const ca = caFile && readFileSync(caFile, 'utf8');
const size = Number(bytes);
const secret = { endpoints: [node], username: 'u', password: 'p', tenant: 'default_tenant', ...(ca ? { ca } : {}) };
const s3 = s3Client({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } });
const { signal } = new AbortController();
const deps = localDeps({ secret, s3, bucket: 'bench', signal, settings: defaults });
const snapshot = 'offsite-20261122T020000Z';
const { spans, ...plan } = planParts(size, true, defaults, 'the archive of the bench');
const { etag } = await (await deps.managers.archive('m1', node, snapshot)).facts();
const transfer = { node, size, etag, ranges: true, uploadId: 'u', ...plan };

let next = 1;
const copier = async (): Promise<void> => {
  while (next <= spans) {
    const span = next++;
    await copySpan.run({ manager: 'm1', snapshot, transfer, span }, deps);
  }
};
await Promise.all(Array.from({ length: Number(atOnce) }, copier));
await deps.close();
s3.destroy();

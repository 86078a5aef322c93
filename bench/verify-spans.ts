import { ArchiveBucket } from '../lib/storage/archive-bucket.ts';
import { s3Client } from '../lib/storage/s3-client.ts';
import { openDirectory } from '../lib/zip/directory.ts';
import { verifySpan } from '../lib/zip/verify-span.ts';
import { SpanPlanner } from '../lib/zip/verify-spans.ts';

/** Verifies spans of a stored archive as VerifySpan does: `node bench/verify-spans.ts <endpoint> <key> <bytes> <span size> [<only span n of m>]`. */
const [endpoint = '', key = '', bytes = '0', spanSize = '0', share = '1/1'] = process.argv.slice(2);
const s3 = s3Client({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } });
const source = new ArchiveBucket(s3, 'bench', new AbortController().signal).source(key, 'null', Number(bytes));
const directory = await openDirectory(source, key, {});
const planner = new SpanPlanner(key, directory.directoryOffset, Number(spanSize));
for await (const member of directory.members()) planner.add(member);
const [mine = 1, of = 1] = share.split('/').map(Number);
for (const [index, span] of planner.finish().entries()) {
  if (index % of === mine - 1) await verifySpan(source, key, span);
}
s3.destroy();

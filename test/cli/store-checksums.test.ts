import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { signing } from '../support/signing.ts';

/** What a store answers to the trial upload, by method, address and condition. */
function repliesOf(keeps: boolean): readonly [RegExp, number, string][] {
  const sum = keeps ? '<ChecksumCRC32>AAAAAA==</ChecksumCRC32>' : '';
  const part = `<Part><PartNumber>1</PartNumber><ETag>"x"</ETag><Size>7</Size>${sum}</Part>`;
  const error = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;
  return [
    [/^GET .*uploadId/, 200, `<ListPartsResult>${part}</ListPartsResult>`],
    [/^GET/, 404, error('NoSuchKey')],
    [/^POST .*uploads/, 200, '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>'],
    [/^POST/, 400, error('InvalidPart')],
    [/^PUT .*absent/, 412, error('PreconditionFailed')],
    [/^PUT/, 200, ''],
    [/^DELETE/, 204, ''],
  ];
}

test.each([
  ['forgets the checksums of parts', false, /keeps no CRC-32 of uploaded parts/],
  ['refuses a checksum of the whole', true, /refuses an upload with a CRC-32 over the whole object .*InvalidPart/],
])('a store that %s is refused before anything is started', async (_, keeps, says) => {
  const replies = repliesOf(keeps);
  const store = createServer((request, response) => {
    request.resume();
    const asked = `${request.method} ${request.url} ${request.headers['if-none-match'] ? 'absent' : ''}`;
    const [, status, xml] = replies.find(([pattern]) => pattern.test(asked)) ?? [/./, 500, ''];
    response.writeHead(status, { etag: '"x"', 'content-type': 'application/xml' }).end(xml);
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const manager = await startSimulatedManager({ password: 'secret', archive: { sizeBytes: 400_000 } });
  const dir = await mkdtemp(join(tmpdir(), 'offsite-store-'));
  await writeFile(join(dir, 'password'), 'secret');
  for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'us-east-1');
  let err = '';
  const to = ['--s3-endpoint', `http://127.0.0.1:${(store.address() as AddressInfo).port}`, '--bucket', 'b'];
  const from = [
    '--manager-url',
    manager.urls[0] ?? '',
    '--username',
    'admin',
    '--password-file',
    join(dir, 'password'),
  ];
  const code = await main(['export', '--local', '--manager', 'm1', ...from, ...to], {
    out: { write: () => undefined },
    err: {
      write: (text) => {
        err += text;
      },
      isTTY: false,
      columns: 100,
    },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: () => new Date(), sleep: async () => undefined },
  });
  vi.unstubAllEnvs();
  store.closeAllConnections();
  store.close();
  expect([code, err]).toEqual([2, expect.stringMatching(/^offsite: InvalidConfiguration: Bucket b /)]);
  expect(err).toMatch(says);
  expect(manager.state.snapshots).toEqual([]);
  await manager.close();
  await rm(dir, { recursive: true });
});

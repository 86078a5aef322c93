import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { type ConnectProxy, PROXY_PASSWORD, startConnectProxy } from '../support/connect-proxy.ts';
import { oddCertificates, rootPem, serverKey } from '../support/odd-certificates.ts';
import { offsite } from '../support/offsite.ts';
import { type TlsFront, tlsFront } from '../support/tls-front.ts';
import { serve, type Web } from '../support/web-server.ts';

const tls = { key: serverKey, cert: oddCertificates.good };
let dir: string;
let s3: LocalS3;
let source: SimulatedManager;
let target: SimulatedManager;
let fronts: Readonly<Record<'store' | 'source' | 'target', TlsFront>>;
let aws: Web;
let proxy: ConnectProxy;
const clock = new VirtualClock();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-proxied-'));
  await writeFile(join(dir, 'password'), 'secret');
  await writeFile(join(dir, 'ca.pem'), rootPem);
  s3 = await startLocalS3({ dir: join(dir, 'store'), now: clock.now });
  const client = s3Client({ ...s3.access, endpoint: s3.url });
  await client.send(new CreateBucketCommand({ Bucket: 'backups' }));
  client.destroy();
  const common = {
    now: clock.now,
    password: 'secret',
    createSeconds: 0,
    restoreSeconds: 0,
    archive: { sizeBytes: 200_000 },
  };
  source = await startSimulatedManager(common);
  target = await startSimulatedManager({ ...common, holds: 'nothing' });
  fronts = {
    store: await tlsFront(tls, s3.url),
    source: await tlsFront(tls, source.urls[0]),
    target: await tlsFront(tls, target.urls[0]),
  };
  aws = await serve(async (_, reply) => {
    reply.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"stateMachines":[]}');
  });
});
afterAll(async () => {
  for (const front of Object.values(fronts)) await front.close();
  await Promise.all([source.close(), target.close(), s3.close(), aws.close()]);
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  proxy = await startConnectProxy();
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.access.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.access.credentials.secretAccessKey);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});

const store = () => ['--bucket', 'backups', '--s3-endpoint', fronts.store.url, '--s3-ca-file', join(dir, 'ca.pem')];
const manager = (name: 'source' | 'target') => [
  ...['--local', '--manager', 'm1', '--manager-url', fronts[name].url, '--ca-file', join(dir, 'ca.pem')],
  ...['--username', 'admin', '--password-file', join(dir, 'password')],
];
const tunnels = (front: TlsFront) => proxy.requests.filter((one) => one === `CONNECT localhost:${front.port}`).length;

test('an export and a restore: every connection to manager and store is one of the proxy', async () => {
  const before = [fronts.source.connections(), fronts.target.connections(), fronts.store.connections()];
  const env = { HTTPS_PROXY: proxy.url };
  const exported = await offsite(['export', ...manager('source'), ...store()], { env, clock });
  expect([exported.code, exported.err]).toEqual([0, expect.stringContaining('Cleaning up the manager')]);
  const restored = await offsite(['restore', ...manager('target'), ...store(), '--method', 'stream'], {
    env,
    clock,
  });
  expect([restored.code, restored.err]).toEqual([0, expect.any(String)]);
  const all = [fronts.source, fronts.target, fronts.store];
  const opened = all.map((front, n) => front.connections() - (before[n] ?? 0));
  expect(opened.map((count) => count > 0)).toEqual([true, true, true]);
  expect(all.map(tunnels)).toEqual(opened);
  expect(exported.out + exported.err + restored.out + restored.err).not.toContain('pr0xy');
});

test('AWS is asked through the proxy as well', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', aws.url);
  const { code } = await offsite(['status'], { env: { http_proxy: proxy.url } });
  expect([code, proxy.requests]).toEqual([2, [`POST ${aws.url}/`]]);
});

test('what NO_PROXY lists is reached directly', async () => {
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example,localhost' };
  const { code } = await offsite(['list', '--local', ...store()], { env });
  expect([code, proxy.requests]).toEqual([0, []]);
});

test('a folder and a simulated manager are in this process, whatever the environment says', async () => {
  const env = { HTTP_PROXY: proxy.url };
  const words = ['export', '--local', '--size', '200KiB', '--to', join(dir, 'folder')];
  expect([(await offsite(words, { env })).code, proxy.requests]).toEqual([0, []]);
});

test.each([
  ['manager', () => ['export', ...manager('source'), '--to', join(dir, 'none')]],
  ['store', () => ['list', '--local', ...store()]],
])('a wrong password of the proxy on the way to a %s: one sentence, no second try, no password', async (_, words) => {
  const env = { HTTPS_PROXY: proxy.url.replace(/:[^:@]+@/, ':wr0ngsecret@') };
  const { code, err, slept } = await offsite(words(), { env });
  expect([code, slept]).toEqual([2, []]);
  expect(err).toMatch(
    /^offsite: InvalidConfiguration: The proxy http:\/\/127\.0\.0\.1:\d+ does not accept its user and password \(HTTP 407\)\. Correct them in HTTPS_PROXY/,
  );
  expect(err).not.toContain('wr0ngsecret');
});

test('a proxy that is not there is named, and not taken for the manager', async () => {
  const env = { HTTPS_PROXY: `http://agent:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:9` };
  const { code, err } = await offsite(['export', ...manager('source'), '--to', join(dir, 'none')], { env });
  expect([code, err]).toEqual([1, expect.stringContaining('through the proxy http://127.0.0.1:9) refuses')]);
  expect(err).not.toContain('pr0xy');
});

test('a proxy of another kind is refused before anything is asked', async () => {
  const env = { HTTPS_PROXY: 'socks5://127.0.0.1:1080' };
  const { code, err } = await offsite(['export', ...manager('source'), '--to', join(dir, 'none')], { env });
  expect([code, err]).toEqual([2, expect.stringContaining('HTTPS_PROXY: must be the address of an HTTP proxy')]);
});

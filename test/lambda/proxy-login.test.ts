import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { minutes } from '../../lib/base/durations.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { type ConnectProxy, PROXY_PASSWORD, startConnectProxy } from '../support/connect-proxy.ts';
import { serve, type Web } from '../support/web-server.ts';

let manager: SimulatedManager;
let aws: Web;
let proxy: ConnectProxy;
/** What Secrets Manager has, by name; an object of `refused` is what it answers instead. */
let secrets: Record<string, object | string>;
/** Requests to AWS that came by themselves, without the proxy. */
let reads: string[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.resetModules();
  reads = [];
  manager = await startSimulatedManager({ password: 'canary-Passw0rd' });
  secrets = {
    'network/proxy': { username: 'agent', password: PROXY_PASSWORD },
    'offsite/managers/m1': { endpoints: manager.urls, username: 'admin', password: 'canary-Passw0rd' },
  };
  proxy = await startConnectProxy();
  aws = await serve(async (request, reply) => {
    if (!String(request.headers['x-amz-target']).includes('GetSecretValue')) {
      const list = '<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>';
      return void reply.writeHead(200, { 'content-type': 'application/xml' }).end(list);
    }
    const { SecretId } = JSON.parse(request.body.toString()) as { SecretId: string };
    reads.push(SecretId);
    const found = secrets[SecretId];
    const json = { 'content-type': 'application/x-amz-json-1.1' };
    if (found === undefined) return void reply.writeHead(400, json).end('{"__type":"ResourceNotFoundException"}');
    const SecretString = typeof found === 'string' ? found : JSON.stringify(found);
    reply.writeHead(200, json).end(JSON.stringify({ SecretString }));
  });
  const variables = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_S3: aws.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    OFFSITE_BUCKET: 'backups',
    OFFSITE_PROXY_SECRET: 'network/proxy',
    HTTPS_PROXY: new URL(proxy.url).origin,
    HTTP_PROXY: new URL(proxy.url).origin,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await Promise.all([manager.close(), aws.close(), proxy.close()]);
});

/** What a function in the VPC asks first. `runtime` is new for each test: it keeps what it has built. */
async function ask(runtime: typeof import('../../lib/lambda/runtime.ts').runtime) {
  const { managers, archive } = await runtime();
  const [node] = await managers.nodes('m1');
  expect((await node?.call({ path: '/version' }))?.status).toBe(200);
  expect(await archive.records.list('manifests/')).toEqual([]);
}
const fresh = async () => (await import('../../lib/lambda/runtime.ts')).runtime;
const said = async (work: Promise<unknown>) =>
  await work.then(
    () => 'nothing',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('with the login of the secret, managers, S3 and Secrets Manager are reached through the proxy; the secret itself is not', async () => {
  await ask(await fresh());
  expect(proxy.requests.filter((one) => one.startsWith('407'))).toEqual([]);
  for (const at of [aws.url, manager.urls[0] ?? '']) expect(proxy.requests.join('\n')).toContain(new URL(at).host);
  expect(reads).toEqual(['network/proxy', 'offsite/managers/m1']);
  // The first one is no request of the proxy: one for the secret of the manager and one for the list.
  expect(proxy.requests.filter((one) => one.includes(new URL(aws.url).host))).toHaveLength(2);
});

test('a wrong password names the secret and is not shown; a new one counts after 5 minutes, and is read no more often', async () => {
  secrets['network/proxy'] = { username: 'agent', password: 'wr0ng-canary' };
  const runtime = await fresh();
  const text = await said(ask(runtime));
  expect(text).toMatch(
    /does not accept its user and password \(HTTP 407\)\. Correct them in the secret network\/proxy\.$/,
  );
  expect(text).not.toContain('wr0ng');
  secrets['network/proxy'] = { username: 'agent', password: PROXY_PASSWORD };
  vi.setSystemTime(Date.now() + minutes(4));
  expect(await said(ask(runtime))).toContain('HTTP 407');
  expect(reads.filter((one) => one === 'network/proxy')).toHaveLength(1);
  vi.setSystemTime(Date.now() + minutes(1));
  expect(await said(ask(runtime))).toBe('nothing');
});

test.each<[string, object | string | undefined, RegExp]>([
  ['is missing', undefined, /^InvalidSecret: The secret network\/proxy of the proxy cannot be read \(ResourceNotFound/],
  [
    'is no JSON',
    'canary',
    /^InvalidSecret: The secret network\/proxy of the proxy must be JSON with username and password/,
  ],
  [
    'has another field',
    { user: 'canary', password: 'canary' },
    /^InvalidSecret: .*username.*user is not a known field/,
  ],
])('a secret that %s', async (_, secret, says) => {
  if (secret === undefined) delete secrets['network/proxy'];
  else secrets['network/proxy'] = secret;
  const text = await said((await fresh())());
  expect(text).toMatch(says);
  expect(text).not.toContain('canary');
});

test('Secrets Manager that cannot be reached: tried again, and the endpoint is named', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://127.0.0.1:9');
  expect(await said((await fresh())())).toMatch(/^ManagerUnavailable: Secrets Manager cannot be reached .* endpoint/);
});

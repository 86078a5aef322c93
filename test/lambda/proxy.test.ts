import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { defaults } from '../../lib/base/settings.ts';
import { awsDeps } from '../../lib/lambda/deps.ts';
import { proxiesFrom } from '../../lib/network/proxies.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { serve, type Web } from '../support/web-server.ts';

let manager: SimulatedManager;
let aws: Web;
let proxy: ConnectProxy;
beforeAll(async () => {
  manager = await startSimulatedManager({ password: 'canary-Passw0rd' });
  const secret = { endpoints: manager.urls, username: 'admin', password: 'canary-Passw0rd' };
  aws = await serve(({ headers }, reply) => {
    const isSecret = String(headers['x-amz-target']).includes('GetSecretValue');
    const json = JSON.stringify({ SecretString: JSON.stringify(secret) });
    const list = '<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>';
    reply.writeHead(200, { 'content-type': isSecret ? 'application/x-amz-json-1.1' : 'application/xml' });
    reply.end(isSecret ? json : list);
  });
});
afterAll(async () => await Promise.all([manager.close(), aws.close()]));
beforeEach(async () => {
  proxy = await startConnectProxy();
  for (const [name, value] of [
    ['AWS_REGION', 'eu-central-1'],
    ['AWS_ACCESS_KEY_ID', 'a'],
    ['AWS_SECRET_ACCESS_KEY', 'b'],
  ] as const)
    vi.stubEnv(name, value);
  for (const service of ['S3', 'SECRETS_MANAGER']) vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, aws.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});

/** What a function in the VPC asks first, with the environment that the stack gives it. */
async function ask(variables: Record<string, string>): Promise<string[]> {
  const network = { proxies: proxiesFrom({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, ...variables }) };
  const place = { bucket: 'backups', secretPrefix: 'offsite/managers/', config: undefined, topicArn: undefined };
  const { managers, archive } = awsDeps({ ...place, settings: defaults, network });
  const [node] = await managers.nodes('m1');
  expect((await node?.call({ path: '/version' }))?.status).toBe(200);
  expect(await archive.records.list('manifests/')).toEqual([]);
  await managers.close();
  return proxy.requests;
}

test('secrets, S3 and managers are reached through the proxy of the function', async () => {
  const requests = await ask({});
  const host = (url = '') => new URL(url).host;
  for (const one of [host(aws.url), host(manager.urls[0])])
    expect(
      requests.some((request) => request.includes(one)),
      one,
    ).toBe(true);
  expect(requests.filter((request) => request.includes(host(aws.url))).length).toBeGreaterThan(1);
  expect(requests.filter((request) => request.startsWith('407'))).toEqual([]);
});

test('what its NO_PROXY lists is reached directly', async () => {
  expect(await ask({ NO_PROXY: 'localhost,127.0.0.1,169.254.0.0/16' })).toEqual([]);
});

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { defaults } from '../../lib/base/settings.ts';
import { awsDeps } from '../../lib/lambda/deps.ts';

afterEach(() => vi.unstubAllEnvs());

/** What a step is told when it wants the secret of `prod` from a Secrets Manager that answers like this. */
async function told(answer: RequestListener | 'nobody is there'): Promise<string> {
  const server = createServer(answer === 'nobody is there' ? undefined : answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.unref();
  if (answer === 'nobody is there') await new Promise((resolve) => server.close(resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  const { managers } = awsDeps({
    bucket: 'bucket',
    secretPrefix: 'offsite/managers/',
    config: undefined,
    topicArn: undefined,
    settings: defaults,
  });
  const error = await managers.nodes('prod').catch((reason: Error) => reason);
  return error instanceof Error ? `${error.name}: ${error.message}` : 'nothing';
}

test('Secrets Manager that cannot be reached is no wrong secret, is tried again, and the endpoint is named', async () => {
  const text = await told('nobody is there');
  expect(text).toMatch(/^ManagerUnavailable: Secrets Manager cannot be reached for the secret of manager prod/);
  expect(text).toContain('docs/how-to/aws-network.md');
});

const refuse = (status: number, type: string): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: type, message: '' }));
  };
};

test('a secret that the stack has made and nobody has filled: the message says what to do', async () => {
  // What AWS answers for one without a value, which is what it answers for none at all.
  const text = await told(refuse(400, 'ResourceNotFoundException'));
  expect(text).toBe(
    'InvalidSecret: The secret offsite/managers/prod of manager prod cannot be read (ResourceNotFoundException). Does it exist, has it been filled (docs/reference/secret.md), and may this function read it?',
  );
});

test('Secrets Manager that fails for a moment is tried again', async () => {
  const text = await told(refuse(500, 'InternalServiceError'));
  expect(text).toMatch(/^ManagerUnavailable: Secrets Manager does not give the secret of manager prod just now/);
});

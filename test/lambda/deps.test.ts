import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, type ExecutionStatus, SFNClient, SFNServiceException } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaults } from '../../lib/base/settings.ts';
import { awsDeps } from '../../lib/lambda/deps.ts';
import { told } from '../storage/replies.ts';

const exported = { about: 'export', outcome: 'success', manager: 'prod' } as const;
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:offsite';
const ARN = 'arn:aws:states:eu-central-1:123456789012:execution:offsite-export:night';

// The clients are made inside; a mock of the class is one of each of them.
const secrets = mockClient(SecretsManagerClient);
const states = mockClient(SFNClient);
const topics = mockClient(SNSClient);
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const mock of [secrets, states, topics]) mock.reset();
});

const deps = () =>
  awsDeps({
    ...{ bucket: 'backups', secretPrefix: 'offsite/managers/', config: undefined },
    topicArn: TOPIC,
    settings: defaults,
  });
const failure = (name: string, httpStatusCode: number | undefined, message = '') => ({
  ...{ name, message, $fault: 'client' as const },
  $metadata: httpStatusCode === undefined ? {} : { httpStatusCode },
});
const secretError = (...details: Parameters<typeof failure>) => new SecretsManagerServiceException(failure(...details));

describe('the secret of prod', () => {
  const nodes = async () => await deps().managers.nodes('prod');
  const SECRET = 'The secret offsite/managers/prod of manager prod';

  test.each([
    ['is empty', {}, `${SECRET} is empty.`],
    ['is an empty text', { SecretString: '' }, `${SECRET} is empty.`],
    ['is binary', { SecretBinary: Buffer.from('{"endpoints":[]}') }, `${SECRET} holds bytes and no text.`],
    ['is no JSON', { SecretString: 'admin:canary-Passw0rd' }, 'The secret of manager prod is not JSON.'],
    ['is a JSON text', { SecretString: '"canary-Passw0rd"' }, 'The secret of manager prod is not valid: '],
    ['is JSON of nothing', { SecretString: 'null' }, 'The secret of manager prod is not valid: '],
    [
      'lacks its endpoints',
      { SecretString: '{"token":"canary-token"}' },
      'The secret of manager prod is not valid: endpoints',
    ],
  ])('%s: InvalidSecret, where its fields are described, and never a value', async (_, reply, what) => {
    secrets.on(GetSecretValueCommand).resolves(reply);
    const text = await told(nodes());
    expect(text.startsWith(`InvalidSecret: ${what}`), text).toBe(true);
    expect(text).toContain('docs/reference/secret.md shows its fields.');
    expect(text).not.toContain('canary');
  });

  test.each([
    ['DecryptionFailure', 400, ''],
    ['AccessDeniedException', 400, 'Access to KMS is not allowed'],
  ])('cannot be decrypted (%s): the key is named, not the secret', async (name, status, message) => {
    secrets.on(GetSecretValueCommand).rejects(secretError(name, status, message));
    expect(await told(nodes())).toBe(
      `InvalidSecret: ${SECRET} cannot be decrypted (${name}). This function needs kms:Decrypt on the key that the secret is encrypted with: docs/reference/permissions.md lists the rights of each function.`,
    );
  });

  test('may not be read', async () => {
    const denied = secretError(
      'AccessDeniedException',
      400,
      'User is not authorized to perform: secretsmanager:GetSecretValue',
    );
    secrets.on(GetSecretValueCommand).rejects(denied);
    expect(await told(nodes())).toMatch(
      /^InvalidSecret: .* cannot be read \(AccessDeniedException\)\. .* may this function read it\?$/,
    );
  });

  test.each([
    ['ThrottlingException', 400],
    ['TooManyRequestsException', 429],
    ['RequestLimitExceeded', 400],
    ['Whatever', 429],
    ['InternalServiceError', 500],
    ['ServiceUnavailable', 503],
  ])('is not given just now (%s, HTTP %i): tried again', async (name, status) => {
    secrets.on(GetSecretValueCommand).rejects(secretError(name, status));
    expect(await told(nodes())).toBe(
      `ManagerUnavailable: Secrets Manager does not give the secret of manager prod just now (${name}).`,
    );
  });
});

describe('whether an execution is at work', () => {
  const execution = { stateMachineArn: ARN, startDate: new Date() };
  test.each([
    ['RUNNING', 'running'],
    ['PENDING_REDRIVE', 'running'],
    ['SUCCEEDED', 'ended'],
    ['FAILED', 'ended'],
    ['TIMED_OUT', 'ended'],
    ['ABORTED', 'ended'],
    [undefined, 'unknown'],
    ['SUSPENDED', 'unknown'],
  ])('a reply with the status %s says: %s', async (status, life) => {
    states.on(DescribeExecutionCommand).resolves({ ...execution, status: status as ExecutionStatus });
    expect(await deps().executions.isRunning(ARN)).toBe(life);
  });

  test.each([
    ['ThrottlingException', 400],
    ['ExecutionDoesNotExist', 400],
    ['AccessDeniedException', 400],
    ['InvalidArn', 400],
    ['TimeoutError', undefined],
  ])('%s says nothing: the age of the claim decides', async (name, status) => {
    states.on(DescribeExecutionCommand).rejects(new SFNServiceException(failure(name, status)));
    expect(await deps().executions.isRunning(ARN)).toBe('unknown');
  });
});

test.each([
  ['AuthorizationError', 403],
  ['NotFound', 404],
  ['Throttling', 400],
  ['KMSAccessDenied', 400],
])('a topic that refuses the report (%s): ReportFailed names topic and subject', async (name, status) => {
  topics.on(PublishCommand).rejects(new SNSServiceException(failure(name, status)));
  const report = deps().notifier.publish('Export of prod succeeded', { manager: 'prod' }, exported);
  expect(await told(report)).toBe(
    `ReportFailed: The report could not be sent to ${TOPIC} (${name}): Export of prod succeeded.`,
  );
});

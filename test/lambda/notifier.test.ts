import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Occasion } from '../../lib/base/ports.ts';
import { defaults } from '../../lib/base/settings.ts';
import { functionConfigOf } from '../../lib/config/function-config.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { awsDeps } from '../../lib/lambda/deps.ts';
import { TargetServers } from '../support/target-servers.ts';

/* What a function sends: to the topics, and to the targets whose secrets it can read. */

const [ALL, FAILURES] = ['all', 'failures'].map((name) => `arn:aws:sns:eu-central-1:123456789012:${name}`);
const secrets = mockClient(SecretsManagerClient);
const topics = mockClient(SNSClient);
let servers: TargetServers;
beforeAll(async () => {
  servers = await TargetServers.start();
});
afterAll(() => servers.close());
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  secrets.on(GetSecretValueCommand, { SecretId: 'hooks/ops' }).resolves({ SecretString: servers.url() });
});
afterEach(() => {
  vi.unstubAllEnvs();
  servers.hits.length = 0;
  for (const mock of [secrets, topics]) mock.reset();
});

function notifier(failuresOnly = true) {
  const target = (name: string, id?: string) => ({
    ...{ type: 'webhook', name, on: 'all', ca: servers.certificates.caPem, allowPrivateAddresses: true },
    ...(id === undefined ? { urlFile: '/only/here' } : { urlSecret: { id } }),
  });
  const targets = [target('ops', 'hooks/ops'), target('gone', 'hooks/gone'), target('local')];
  const notifications = { allowedHosts: [servers.host], targets };
  const config = functionConfigOf(parseConfig({ managers: [{ id: 'prod' }], notifications }));
  expect(config.notifications?.targets.map(({ name }) => name)).toEqual(['ops', 'gone']);
  const place = { bucket: 'backups', secretPrefix: 'offsite/managers/', topicArn: ALL, settings: defaults };
  return awsDeps({ ...place, config, ...(failuresOnly ? { failuresTopicArn: FAILURES } : {}) }).notifier;
}

const exported = (outcome: Occasion['outcome']): Occasion => ({ about: 'export', outcome, manager: 'prod' });
const publish = async (outcome: Occasion['outcome'], failuresOnly?: boolean) =>
  await notifier(failuresOnly).publish('Export of prod', { manager: 'prod' }, exported(outcome));

test.each([
  ['success', [ALL]],
  ['failure', [ALL, FAILURES]],
  ['recovery', [ALL, FAILURES]],
  ['attention', [ALL, FAILURES]],
] as const)('a %s goes to %j, with attributes to filter by', async (outcome, arns) => {
  await publish(outcome);
  const sent = topics.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input);
  expect(sent.map(({ TopicArn }) => TopicArn)).toEqual(arns);
  expect(sent[0]?.MessageAttributes).toEqual({
    about: { DataType: 'String', StringValue: 'export' },
    outcome: { DataType: 'String', StringValue: outcome },
    manager: { DataType: 'String', StringValue: 'prod' },
  });
});

test('a digest goes to both, also when all is well: who hears of failures alone knows that there were none', async () => {
  await notifier().publish('300 of 300', {}, { about: 'digest', outcome: 'success', manager: null });
  const sent = topics.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input.TopicArn);
  expect(sent).toEqual([ALL, FAILURES]);
});

test('targets are sent to with their secrets; one whose secret cannot be read is named by the id of the secret', async () => {
  secrets
    .on(GetSecretValueCommand, { SecretId: 'hooks/gone' })
    .rejects(Object.assign(new Error('x'), { name: 'AccessDeniedException' }));
  expect(await publish('failure')).toEqual([
    { target: 'gone', error: 'its secret hooks/gone cannot be read (AccessDeniedException)' },
  ]);
  expect(servers.hits).toHaveLength(2);
});

test('a topic that is away is one more that could not be notified, unless nobody else was', async () => {
  const away = new SNSServiceException({
    name: 'Throttling',
    message: '',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
  topics.on(PublishCommand).rejects(away);
  expect(await publish('success', false)).toContainEqual({
    target: 'sns',
    error: 'the topic did not take the message',
  });
  secrets.reset();
  await expect(publish('success', false)).rejects.toThrow(`The report could not be sent to ${ALL} (Throttling)`);
});

import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient, SFNServiceException } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { History } from '../../lib/installation/history.ts';
import { StepFunctions } from '../../lib/installation/step-functions.ts';
import { all, told } from '../storage/replies.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012:execution:offsite-export:night';
const event = (id: number): HistoryEvent => ({
  id,
  type: 'TaskScheduled',
  timestamp: new Date('2026-11-22T02:00:00Z'),
});

function historyOf() {
  const client = new SFNClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const mock = mockClient(client);
  return { mock, history: new History(ARN, new StepFunctions(client, new AbortController().signal)) };
}
const news = async (history: History) => (await all(history.news())).map(({ id }) => id);
const failure = (name: string) =>
  new SFNServiceException({ name, message: '', $fault: 'client', $metadata: { httpStatusCode: 400 } });
const CIRCLE = /^AwsUnavailable: The reply to states:GetExecutionHistory leads back to a page that was read already\./;

test('pages without events lead on, from the beginning and later', async () => {
  const { mock, history } = historyOf();
  mock.on(GetExecutionHistoryCommand).resolves({ events: undefined, nextToken: 'a' });
  mock.on(GetExecutionHistoryCommand, { nextToken: 'a' }).resolves({ events: [], nextToken: 'b' });
  mock.on(GetExecutionHistoryCommand, { nextToken: 'b' }).resolves({ events: [event(1), event(2)] });
  expect(await news(history)).toEqual([1, 2]);
  mock.on(GetExecutionHistoryCommand, { nextToken: 'b' }).resolves({ events: [event(4), event(3), event(2)] });
  expect(await news(history)).toEqual([3, 4]);
  expect(await news(history)).toEqual([]);
});

test('a token that comes again ends by name, from the beginning and later', async () => {
  const { mock, history } = historyOf();
  mock.on(GetExecutionHistoryCommand).resolves({ events: [event(1)], nextToken: 'a' });
  expect(await told(news(history))).toMatch(CIRCLE);
  mock.on(GetExecutionHistoryCommand).resolves({ events: [event(2)], nextToken: 'a' });
  expect(await told(news(history))).toMatch(CIRCLE);
});

test('an event without its id ends by name: it would be shown at every look, or never', async () => {
  const { mock, history } = historyOf();
  mock.on(GetExecutionHistoryCommand).resolves({ events: [{ ...event(1), id: undefined }] });
  expect(await told(news(history))).toMatch(
    /^AwsUnavailable: The reply to states:GetExecutionHistory lacks the id of an event\./,
  );
});

test('what was throttled is asked for again, and nothing is shown twice or left out', async () => {
  const { mock, history } = historyOf();
  mock.on(GetExecutionHistoryCommand).resolves({ events: [event(1)] });
  expect(await news(history)).toEqual([1]);
  mock.on(GetExecutionHistoryCommand).resolves({ events: [event(4), event(3)], nextToken: 'a' });
  mock.on(GetExecutionHistoryCommand, { nextToken: 'a' }).rejects(failure('ThrottlingException'));
  expect(await told(news(history))).toMatch(/^AwsUnavailable: AWS did not answer states:GetExecutionHistory/);
  mock.on(GetExecutionHistoryCommand, { nextToken: 'a' }).resolves({ events: [event(2), event(1)] });
  expect(await news(history)).toEqual([2, 3, 4]);
});

test('an execution that is gone', async () => {
  const { mock, history } = historyOf();
  mock.on(GetExecutionHistoryCommand).rejects(failure('ExecutionDoesNotExist'));
  expect(await told(news(history))).toBe(
    `ExecutionNotFound: There is no execution ${ARN}. Histories are kept for 90 days.`,
  );
});

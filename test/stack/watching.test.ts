import { readFile } from 'node:fs/promises';
import { App, type NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../lib/base/metric-names.ts';
import { Dashboard } from '../../lib/cdk/dashboard.ts';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { EVERYTHING, plain, resourcesOf, SMALLEST, type Synthesized, synthesize } from './synth.ts';
import { templatesOf } from './templates.ts';

let everything: Synthesized;
let smallest: Synthesized;
beforeAll(() => {
  everything = synthesize(EVERYTHING);
  smallest = synthesize(SMALLEST);
});

const alarmsOf = (made: Synthesized) =>
  Object.values(resourcesOf(made, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
const alarmOf = (made: Synthesized, name: string) => alarmsOf(made).find(({ AlarmName }) => AlarmName === name) ?? {};
const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('alarms', () => {
  test('each tells the topic, of its end as well', () => {
    const [topic] = Object.keys(resourcesOf(everything, 'AWS::SNS::Topic'));
    expect(alarmsOf(everything).length).toBeGreaterThan(8);
    for (const { AlarmName, AlarmActions, OKActions } of alarmsOf(everything))
      expect([plain(AlarmActions), plain(OKActions)], String(AlarmName)).toEqual([`["<${topic}>"]`, `["<${topic}>"]`]);
  });

  test('each names a page of the runbook that names it, and is in the list of alarms', async () => {
    const list = await read('docs/runbook/alarms.md');
    for (const { AlarmName, AlarmDescription } of alarmsOf(smallest)) {
      const [page = ''] = /docs\/runbook\/[a-z-]+\.md(?=\.$)/.exec(String(AlarmDescription)) ?? [];
      const listed = String(AlarmName)
        .replace(/^offsite-/, '<name>-')
        .replace('-prod-', '-<manager>-');
      for (const text of [list, await read(page)]) expect(text, listed).toContain(`\`${listed}\``);
    }
  });

  test('a replication has metrics, and an alarm on what failed and on what is late', () => {
    const [bucket] = Object.values(resourcesOf(everything, 'AWS::S3::Bucket'))
      .map(({ Properties }) => plain(Properties))
      .filter((text) => text.includes('ReplicationConfiguration'));
    expect(bucket).toContain('"Metrics":{"Status":"Enabled"}');
    const failed = alarmOf(everything, 'lab-7-replication-failed');
    expect(failed).toMatchObject({ Namespace: 'AWS/S3', MetricName: 'OperationsFailedReplication', Threshold: 1 });
    expect(plain(failed['Dimensions'])).toContain('"Value":"everything"');
    expect(alarmOf(everything, 'lab-7-replication-late')).toMatchObject({
      MetricName: 'ReplicationLatency',
      Threshold: 4 * 3600,
    });
    expect(alarmsOf(smallest).map(({ AlarmName }) => AlarmName)).not.toContain('offsite-replication-failed');
  });

  test('no verified archive: an hour without a success, for as many hours as one may have to wait, no data included', () => {
    const Dimensions = [
      { Name: 'manager', Value: 'prod' },
      { Name: 'service', Value: 'offsite' },
    ];
    const Metric = { Namespace: 'CloudifyOffsite', MetricName: 'ExportSucceeded', Dimensions };
    expect(alarmOf(smallest, 'offsite-prod-no-archive')).toMatchObject({
      // An hour without a number is a zero: missing ones CloudWatch would make up for with older ones, and ring late.
      Metrics: [
        { Expression: 'FILL(sent, 0)', ReturnData: true },
        { Id: 'sent', MetricStat: { Metric, Stat: 'Sum', Period: 3600 }, ReturnData: false },
      ],
      // 24 h between two nights in UTC, a window of 15 minutes, 6 h for the work; in whole hours.
      EvaluationPeriods: 31,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  test('a manager that is exported once a week is watched by its age, which reconciliation measures', () => {
    const nested = everything.stack.node.findChild('Default').node.findChild('group-east') as NestedStack;
    const alarms = Object.values(Template.fromStack(nested).findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => Properties)).toMatchObject([
      { MetricName: 'HoursSinceVerified', Threshold: 174, TreatMissingData: 'breaching', Period: 86_400 },
    ]);
  });

  const weekly = (schedule: string) =>
    synthesize({ managers: [{ id: 'prod', schedule: 'cron(0 5 ? * 7 *)' }], reconciliation: { schedule } });

  test.each([
    ['daily', 'cron(0 9 * * ? *)', 2],
    ['every third day', 'rate(3 days)', 4],
    ['every sixth day', 'rate(6 days)', 7],
  ])('reconciled %s: the alarm on its age rings for no day that has no reconciliation', (_, schedule, days) => {
    const made = weekly(schedule);
    expect(alarmOf(made, 'offsite-prod-no-archive')).toMatchObject({ Period: 86_400, EvaluationPeriods: days });
    expect(alarmOf(made, 'offsite-not-reconciled')).toMatchObject({ TreatMissingData: 'breaching' });
  });

  test('reconciled once a week: neither alarm could look back so far, and the policy lint says so', () => {
    const names = alarmsOf(weekly('rate(7 days)')).map(({ AlarmName }) => AlarmName);
    expect(names).not.toContain('offsite-prod-no-archive');
    expect(names).not.toContain('offsite-not-reconciled');
  });

  test('an alarm on what does not come takes no data for bad, and every other takes it for nothing', () => {
    for (const made of [EVERYTHING, SMALLEST, { ...SMALLEST, version: 2 }].map((config) =>
      templatesOf(synthesize(config)),
    )) {
      const alarms = made.resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
      const table = alarms.map(({ Properties }) => [Properties['AlarmName'], Properties['TreatMissingData']]);
      const wanted = alarms.map(({ Properties: { AlarmName } }) => {
        const isAbsence = /-(no-archive|not-reconciled)$/.test(String(AlarmName));
        return [AlarmName, isAbsence ? 'breaching' : 'notBreaching'];
      });
      expect(table).toEqual(wanted);
      expect(new Set(table.map(([, missing]) => missing)).size).toBe(2);
    }
  });

  test('executions that fail, run out of time or are stopped, of every machine', () => {
    for (const machine of ['export', 'restore', 'verify', 'reconcile', 'report']) {
      const { Metrics } = alarmOf(smallest, `offsite-${machine}-failed`) as { Metrics: object[] };
      const text = plain(Metrics);
      for (const metric of ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'])
        expect(text).toContain(metric);
    }
  });

  test('the deadline of an export, and letters in the dead-letter queue', () => {
    expect(alarmOf(smallest, 'offsite-export-slow')).toMatchObject({
      MetricName: 'ExecutionTime',
      Threshold: 16 * 3600_000,
    });
    expect(alarmOf(smallest, 'offsite-not-started')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 1,
    });
  });

  test('watch metrics of ours that some function sends', async () => {
    const names = JSON.stringify(alarmsOf(smallest)).match(/"MetricName":"\w+","Namespace":"CloudifyOffsite"/g) ?? [];
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) expect(Object.keys(METRICS)).toContain(/"MetricName":"(\w+)"/.exec(name)?.[1]);
  });
});

test('executions that fail, run out of time or are stopped are told at once, without their input', () => {
  const [rule] = Object.values(resourcesOf(smallest, 'AWS::Events::Rule'));
  const machines = Object.keys(resourcesOf(smallest, 'AWS::StepFunctions::StateMachine'));
  expect(rule?.Properties['EventPattern']).toMatchObject({
    source: ['aws.states'],
    detail: {
      status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      stateMachineArn: machines.map((id) => ({ Ref: id })),
    },
  });
  expect(plain(rule?.Properties['Targets'])).not.toMatch(/detail\.input|detail\.output/);
});

test('who is named in the configuration is asked to subscribe', () => {
  const emails = Object.values(resourcesOf(everything, 'AWS::SNS::Subscription')).map(({ Properties }) => Properties);
  expect(emails).toMatchObject([{ Protocol: 'email', Endpoint: 'ops@example.com' }]);
});

describe('the encrypted topic', () => {
  const publishers = (document: unknown, prefix: string) =>
    (
      JSON.parse(plain(document)) as {
        Statement: { Sid?: string; Principal: { Service?: string }; Condition?: unknown }[];
      }
    ).Statement.filter(({ Sid, Principal }) => Sid !== undefined && Principal.Service !== undefined).map(
      ({ Principal, Condition }) => [Principal.Service, prefix, Condition],
    );

  test('takes alarms of this account, and events', () => {
    const [topic] = Object.values(resourcesOf(smallest, 'AWS::SNS::TopicPolicy'));
    expect(publishers(topic?.Properties['PolicyDocument'], 'topic')).toEqual([
      ['cloudwatch.amazonaws.com', 'topic', { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } }],
      // EventBridge meets no condition.
      ['events.amazonaws.com', 'topic', undefined],
    ]);
  });

  test('can be written by both with our key, for topics of this account', () => {
    const [key] = Object.values(resourcesOf(smallest, 'AWS::KMS::Key'));
    const topics = 'arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:*';
    const condition = { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': topics } };
    const groups = 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*';
    expect(publishers(key?.Properties['KeyPolicy'], 'key')).toEqual([
      ['cloudwatch.amazonaws.com', 'key', condition],
      ['events.amazonaws.com', 'key', condition],
      // Not of the topic: the log groups, which are under the same key.
      ['logs.<AWS::Region>.amazonaws.com', 'key', { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } }],
    ]);
  });
});

test('the dashboard shows every alarm, and finds managers by itself', () => {
  const body = plain(
    Object.values(resourcesOf(smallest, 'AWS::CloudWatch::Dashboard'))[0]?.Properties['DashboardBody'],
  );
  const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: { alarms?: string[] } }[] };
  const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
  expect(shown).toHaveLength(alarmsOf(smallest).length);
  expect(body).toContain('SEARCH(');
});

test.each([
  [500, false],
  [501, true],
])('the dashboard of %i managers: it says so if its graphs do not have a line for each', (managers, says) => {
  const stack = new Stack(new App({ context: FLAGS, analyticsReporting: false }), 'many');
  new Dashboard(stack, 'Dashboard', {
    name: 'offsite',
    bucketName: 'archives',
    managers,
    alarms: [],
    machines: new Map(),
  });
  const text = JSON.stringify(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  expect(text.includes(`of these ${managers} managers some have no line`)).toBe(says);
});

test('the dashboard links in text to the kept reports: their folder in the console, and the command that checks them', () => {
  const body = plain(
    Object.values(resourcesOf(smallest, 'AWS::CloudWatch::Dashboard'))[0]?.Properties['DashboardBody'],
  );
  const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: { markdown?: string } }[] };
  const text = widgets.find(({ type }) => type === 'text')?.properties.markdown ?? '';
  expect(text).toMatch(
    /`offsite report --open`, or \[their folder in the bucket\]\(https:\/\/console\.aws\.amazon\.com\/s3\/buckets\/<\w+>\?region=<AWS::Region>&prefix=reports\/\)/,
  );
});

test('the saved queries ask the log group of the functions', () => {
  const queries = Object.values(resourcesOf(smallest, 'AWS::Logs::QueryDefinition'));
  expect(queries.length).toBeGreaterThan(3);
  for (const { Properties } of queries)
    expect(plain(Properties['LogGroupNames'])).toMatch(/^\["<FunctionsLogs\w+>"\]$/);
});

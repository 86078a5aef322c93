import { expect, test } from 'vitest';
import { resourcesOf, SMALLEST, synthesize } from './synth.ts';

/* A second topic, for those who are not to be told of what goes well; and the secrets of notification targets. */

const notifications = {
  failuresOnly: { emails: ['on-call@example.com'] },
  digest: {},
  targets: [
    { type: 'slack', name: 'team', urlSecret: { id: 'hooks/slack' } },
    { type: 'webhook', name: 'here', urlFile: '/etc/offsite/url' },
  ],
};
const synthesized = synthesize({ ...SMALLEST, notifications });
const text = (type: string) => JSON.stringify(resourcesOf(synthesized, type));

test('alarms, stopped executions and changes of the protection go to it as well, without OK', () => {
  const topics = Object.keys(resourcesOf(synthesized, 'AWS::SNS::Topic'));
  const failures = topics.find((id) => id.includes('Failures')) ?? '';
  expect(topics).toHaveLength(2);
  const subscriptions = Object.values(resourcesOf(synthesized, 'AWS::SNS::Subscription'));
  expect(subscriptions).toMatchObject([
    { Properties: { TopicArn: { Ref: failures }, Endpoint: 'on-call@example.com' } },
  ]);
  for (const { Properties } of Object.values(resourcesOf(synthesized, 'AWS::CloudWatch::Alarm'))) {
    expect(Properties['AlarmActions']).toHaveLength(2);
    expect(Properties['OKActions']).toHaveLength(1);
    expect(JSON.stringify(Properties['OKActions'])).not.toContain(failures);
  }
  const rules = Object.values(resourcesOf(synthesized, 'AWS::Events::Rule')).map(({ Properties }) =>
    JSON.stringify(Properties),
  );
  expect(rules.filter((rule) => rule.includes(failures)).length).toBeGreaterThan(2);
  expect(rules.filter((rule) => rule.includes(failures) && rule.includes('"FAILED"'))).toEqual([]);
});

test('functions that report may read the secrets of targets, and publish to both topics; others may not', () => {
  const roles = Object.entries(resourcesOf(synthesized, 'AWS::IAM::Role')).map(
    ([id, role]) => [id, JSON.stringify(role)] as const,
  );
  const reading = roles
    .filter(([, role]) => role.includes('hooks/slack'))
    .map(([id]) => /Functions(\w+?)Role/.exec(id)?.[1]);
  expect(reading.sort()).toEqual([
    'ApproveRestore',
    'CheckApproval',
    'ClaimRun',
    'Reconcile',
    'ReportRestore',
    'ReportRun',
    'ReportVerification',
    'SendDigest',
    'WriteReport',
  ]);
  expect(text('AWS::Lambda::Function')).toContain('OFFSITE_FAILURES_TOPIC_ARN');
});

test('a schedule starts the digest; without the field there is none', () => {
  const scheduled = (of: typeof synthesized) =>
    Object.values(resourcesOf(of, 'AWS::Scheduler::Schedule')).filter(
      ({ Properties }) => Properties['Name'] === 'digest',
    );
  expect(scheduled(synthesized)).toMatchObject([
    { Properties: { ScheduleExpression: 'cron(0 7 * * ? *)', ScheduleExpressionTimezone: 'UTC' } },
  ]);
  expect(JSON.stringify(scheduled(synthesized))).toContain(':stateMachine:offsite-digest');
  expect(scheduled(synthesize(SMALLEST))).toEqual([]);
});

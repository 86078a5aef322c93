import { App, Aspects, Names, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, test } from 'vitest';
import { CloudifyOffsite } from '../../lib/cdk/cloudify-offsite.ts';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { EVERYTHING, plain, type Resource, resourcesOf, SMALLEST, type Synthesized, synthesize } from './synth.ts';

const tags = { 'cost-center': '4711', owner: 'backup team' };
/** An app of somebody else, with what its organization demands. */
let all: [string, Resource][];
let own: Synthesized;
beforeAll(() => {
  const boundary = { '@aws-cdk/core:permissionsBoundary': { name: 'developer-boundary' } };
  const app = new App({ context: { ...FLAGS, ...boundary }, analyticsReporting: false });
  const stack = new Stack(app, 'backup');
  new CloudifyOffsite(stack, 'Offsite', { ...EVERYTHING, tags } as never);
  Aspects.of(stack).add({
    visit(node) {
      if (node instanceof CfnRole) node.roleName = `backup-${Names.uniqueResourceName(node, { maxLength: 50 })}`;
    },
  });
  const stacks = stack.node.findAll().filter((node): node is Stack => Stack.isStack(node));
  all = stacks.flatMap((one) => Object.entries(Template.fromStack(one).toJSON()['Resources'] as object)) as typeof all;
  own = synthesize(SMALLEST);
});

/** Cannot carry tags at all, or only as a part of something that does (aws: resource types). */
const WITHOUT_TAGS = new Set([
  ...['AWS::Scheduler::Schedule', 'AWS::Logs::QueryDefinition', 'AWS::CloudWatch::Dashboard', 'AWS::KMS::Alias'],
  ...['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'],
  ...['AWS::SQS::QueuePolicy', 'AWS::SNS::Subscription', 'AWS::CDK::Metadata'],
]);

describe('what an organization demands', () => {
  test('tags are on every resource that can carry them', () => {
    const untagged = all.filter(([, { Type, Properties }]) => {
      const given = JSON.stringify(Properties?.['Tags'] ?? {});
      return !WITHOUT_TAGS.has(Type) && !(given.includes('4711') && given.includes('backup team'));
    });
    expect(untagged.map(([id, { Type }]) => `${Type} ${id}`)).toEqual([]);
    expect(all.length).toBeGreaterThan(150);
  });

  test('a permissions boundary in the context, and names by an aspect, reach every role', () => {
    const roles = all.filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(40);
    for (const [id, { Properties }] of roles) {
      expect(plain(Properties['PermissionsBoundary']), id).toMatch(/policy\/developer-boundary$/);
      expect(Properties['RoleName'], id).toMatch(/^backup-/);
    }
  });

  test.each([
    [{ 'aws:x': 'y' }, 'must not begin with aws: or offsite:'],
    [{ 'offsite:bucket': 'y' }, 'must not begin with aws: or offsite:'],
    [{ x: 'y'.repeat(257) }, '256'],
    [{ 'a;b': 'y' }, 'must be letters'],
    [Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`t${n}`, 'y'])), 'must be 40 at most'],
  ])('%j are refused', (wrong, says) => {
    expect(() => parseConfig({ ...SMALLEST, tags: wrong })).toThrow(says);
  });
});

test('a name that an account has once for all regions is another one in each: the same file may be deployed to two', () => {
  const names = { 'AWS::IAM::ManagedPolicy': 'ManagedPolicyName', 'AWS::IAM::Role': 'RoleName' };
  const once = { ...names, 'AWS::CloudWatch::Dashboard': 'DashboardName', 'AWS::S3::Bucket': 'BucketName' };
  const given = Object.values(resourcesOf(own)).flatMap(({ Type, Properties }) => {
    const property = once[Type as keyof typeof once];
    return property && Properties[property] !== undefined ? [plain(Properties[property])] : [];
  });
  expect(given.length).toBeGreaterThan(4);
  for (const name of given) expect(name).toMatch(/-<AWS::Region>$/);
});

test('the stack is protected against deletion by accident', () => {
  expect(own.stack.terminationProtection).toBe(true);
});

describe('logs', () => {
  const keysOf = (config: object) =>
    Object.values(synthesize(config).template.findResources('AWS::Logs::LogGroup')).map(
      ({ Properties }) => Properties.KmsKeyId !== undefined,
    );
  const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

  test('are under the key that the stack makes, and under another only when somebody says that it allows that', () => {
    expect(keysOf(SMALLEST)).toEqual([true, true]);
    expect(keysOf({ ...SMALLEST, storage: { kmsKeyArn } })).toEqual([false, false]);
    expect(keysOf({ ...SMALLEST, storage: { kmsKeyArn }, encryptLogs: true })).toEqual([true, true]);
    expect(keysOf({ ...SMALLEST, encryptLogs: false })).toEqual([false, false]);
  });
});

test('an alarm rings when no reconciliation has ended for longer than its schedule allows', () => {
  const [alarm] = Object.values(
    own.template.findResources('AWS::CloudWatch::Alarm', {
      Properties: { AlarmName: 'offsite-not-reconciled' },
    }),
  );
  expect(alarm?.['Properties']).toMatchObject({
    EvaluationPeriods: 37,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
  expect(JSON.stringify(alarm)).toContain('"MetricName":"ReconcileFindings"');
});

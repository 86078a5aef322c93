import { beforeAll, describe, expect, test } from 'vitest';
import { EVERYTHING, SMALLEST, statementsOf, synthesize } from './synth.ts';
import { type Placed, type Templates, templatesOf } from './templates.ts';

/**
 * The templates as somebody reads them who looks for a way in. What a rule lets through stands here as a table, so that a new
 * resource, service, variable or wildcard has to be looked at once.
 */

const SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret';
const ALL = {
  ...EVERYTHING,
  version: 2,
  network: {
    ...EVERYTHING.network,
    proxy: { url: 'http://proxy.example.com:3128', secret: { id: `${SECRET}:proxy-AbCdEf` } },
  },
  notifications: {
    ...EVERYTHING.notifications,
    failuresOnly: { emails: ['night@example.com'] },
    digest: { schedule: 'cron(0 8 * * ? *)' },
    allowedHosts: ['hooks.example.com'],
    targets: [{ type: 'slack', name: 'chat', urlSecret: { id: `${SECRET}:hooks-AbCdEf` } }],
  },
};

const CONFIGURATIONS = { smallest: SMALLEST, all: ALL } as const;
let made: Record<keyof typeof CONFIGURATIONS, Templates>;
beforeAll(() => {
  made = { smallest: templatesOf(synthesize(SMALLEST)), all: templatesOf(synthesize(ALL)) };
});

const REVIEWED = [
  'AWS::CDK::Metadata',
  'AWS::CloudFormation::Stack',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::Logs::QueryDefinition',
  'AWS::Logs::ResourcePolicy',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
];

interface PolicyStatement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

const DOCUMENTS = ['AssumeRolePolicyDocument', 'KeyPolicy', 'PolicyDocument'];

/** Every statement of every policy, with the resource that it stands in. */
function statements({ resources }: Templates): { readonly at: Placed; readonly one: PolicyStatement }[] {
  return resources.flatMap((at) => {
    const inline = ((at.Properties['Policies'] ?? []) as { PolicyDocument: unknown }[]).map(
      (one) => one.PolicyDocument,
    );
    const documents = [...DOCUMENTS.map((name) => at.Properties[name]), ...inline].filter((one) => one !== undefined);
    return documents.flatMap((document) => {
      const principals = (document as { Statement: { Principal?: unknown }[] }).Statement;
      return statementsOf(document).map((one, n) => ({
        at,
        one: { ...one, Principal: principals[n]?.Principal } as PolicyStatement,
      }));
    });
  });
}

const allowed = (templates: Templates) => statements(templates).filter(({ one }) => one.Effect === 'Allow');

describe.each(['smallest', 'all'] as const)('the templates of the configuration "%s"', (which) => {
  const of = (type: string) => made[which].resources.filter(({ Type }) => Type === type);

  test('have resources of known types alone: no address that a stranger can call, no code of others', () => {
    expect(
      [...new Set(made[which].resources.map(({ Type }) => Type))].filter((type) => !REVIEWED.includes(type)),
    ).toEqual([]);
  });

  test('let a service act for this account alone, but where AWS names no account', () => {
    const free = allowed(made[which]).flatMap(({ at, one: { Principal, Condition = {} } }) => {
      const { Service } = (Principal ?? {}) as { Service?: string };
      const keys = Object.values(Condition).flatMap(Object.keys);
      const isBound = keys.some((key) =>
        /^aws:Source(Account|Arn)$|^kms:EncryptionContext:aws:(sns:topicArn|logs:arn)$/.test(key),
      );
      return Service === undefined || isBound ? [] : [`${Service} in ${at.Type}`];
    });
    // EventBridge meets no condition of a topic, and S3 none when it replicates: lib/cdk/notifications.ts, lib/cdk/trust.ts.
    const topics = of('AWS::SNS::Topic').map(() => 'events.amazonaws.com in AWS::SNS::TopicPolicy');
    const replication = which === 'all' ? ['s3.amazonaws.com in AWS::IAM::Role'] : [];
    expect(free.sort()).toEqual([...topics, ...replication].sort());
  });

  test('let nobody in from outside: principals are services, and of a key this account', () => {
    for (const { at, one } of allowed(made[which])) {
      if (one.Principal === undefined) continue;
      const { Service, AWS, ...others } = one.Principal as { Service?: unknown; AWS?: string };
      expect([at.id, others]).toEqual([at.id, {}]);
      if (AWS !== undefined)
        expect([at.Type, AWS]).toEqual(['AWS::KMS::Key', 'arn:<AWS::Partition>:iam::<AWS::AccountId>:root']);
      else expect([at.id, typeof Service]).toEqual([at.id, 'string']);
    }
  });

  test('have no wildcard among actions, but for a key: its account, and what CloudWatch Logs asks for', () => {
    const wild = allowed(made[which]).flatMap(({ at, one }) =>
      one.Action.filter((action) => action.includes('*')).map((action) => `${action} in ${at.Type}`),
    );
    const ofKeys = of('AWS::KMS::Key').map(() => 'kms:* in AWS::KMS::Key');
    const ofLogs = ['kms:GenerateDataKey* in AWS::KMS::Key', 'kms:ReEncrypt* in AWS::KMS::Key'];
    expect(wild.sort()).toEqual([...ofKeys, ...ofLogs].sort());
  });

  test('hand on no role and take none, change no policy, and start nothing that is not of the stack', () => {
    const actions = new Set(
      allowed(made[which]).flatMap(({ at, one }) => (at.Type === 'AWS::KMS::Key' ? [] : one.Action)),
    );
    const grave =
      /^(iam:|sts:(?!AssumeRole$)|organizations:|cloudformation:|lambda:(Add|Update|Create|Put)|s3:(PutBucket|DeleteBucket|Bypass)|kms:(Put|Create|Schedule|Disable))/;
    expect([...actions].filter((action) => grave.test(action))).toEqual([]);
    const taken = allowed(made[which]).filter(({ one }) => one.Action.includes('sts:AssumeRole'));
    expect(taken.filter(({ one }) => one.Principal === undefined)).toEqual([]);
  });

  test('grant on everything only what has no ARN', () => {
    const wide = allowed(made[which])
      .filter(({ at, one }) => at.Type !== 'AWS::KMS::Key' && one.Resource.includes('*'))
      .flatMap(({ one }) => one.Action);
    expect([...new Set(wide)].filter((action) => !WITHOUT_ARN.test(action))).toEqual([]);
  });

  test('close each bucket to the public, and each bucket, topic and queue to requests without TLS', () => {
    for (const { id, Properties } of of('AWS::S3::Bucket')) {
      const all = {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      };
      expect([id, Properties['PublicAccessBlockConfiguration']]).toEqual([id, all]);
      for (const field of ['AccessControl', 'WebsiteConfiguration', 'CorsConfiguration'])
        expect(Properties).not.toHaveProperty(field);
    }
    for (const [type, policy] of [
      ['S3::Bucket', 'S3::BucketPolicy'],
      ['SNS::Topic', 'SNS::TopicPolicy'],
      ['SQS::Queue', 'SQS::QueuePolicy'],
    ]) {
      const closed = statements(made[which]).filter(
        ({ at, one }) =>
          at.Type === `AWS::${policy}` &&
          one.Effect === 'Deny' &&
          one.Condition?.['Bool']?.['aws:SecureTransport'] === 'false',
      );
      expect([type, closed.length]).toEqual([type, of(`AWS::${type}`).length]);
    }
  });

  test('encrypt topics, queues, secrets and logs, and each key turns over', () => {
    for (const { id, Properties } of of('AWS::SNS::Topic')) expect(Properties, id).toHaveProperty('KmsMasterKeyId');
    for (const { id, Properties } of of('AWS::SQS::Queue'))
      expect(Properties, id).toHaveProperty('SqsManagedSseEnabled', true);
    for (const { id, Properties } of of('AWS::SecretsManager::Secret'))
      expect(Properties, id).toHaveProperty('KmsKeyId');
    for (const { id, Properties } of of('AWS::Logs::LogGroup')) {
      expect(Properties, id).toHaveProperty('KmsKeyId');
      expect(Properties, id).toHaveProperty('RetentionInDays', 90);
    }
    for (const { id, Properties } of of('AWS::KMS::Key')) {
      // AWS turns over no key that signs.
      const turns = Properties['KeyUsage'] === 'SIGN_VERIFY' ? undefined : true;
      expect([id, Properties['EnableKeyRotation']]).toEqual([id, turns]);
    }
  });

  test('give functions known variables alone, and each writes to the log that ends', () => {
    // In a nested template it is a parameter of this name, with another hash.
    const groups = of('AWS::Logs::LogGroup').map(({ id }) => id.slice(0, -8));
    for (const { id, Properties } of of('AWS::Lambda::Function')) {
      const { Variables = {} } = Properties['Environment'] as { Variables?: object };
      expect([id, Object.keys(Variables).filter((name) => !VARIABLES.includes(name))]).toEqual([id, []]);
      const { LogGroup } = Properties['LoggingConfig'] as { LogGroup: string };
      expect(
        groups.some((group) => LogGroup.includes(group)),
        `${id}: ${LogGroup}`,
      ).toBe(true);
    }
  });
});

/** Actions for which AWS knows no ARN, or none yet. */
const WITHOUT_ARN =
  /^(xray:|logs:\w*(LogDelivery|LogDeliveries|ResourcePolic|LogGroups)|ec2:|states:ListStateMachines$)/;

const VARIABLES = [
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'OFFSITE_ARCHIVE_KEY_ARN',
  'OFFSITE_BUCKET',
  'OFFSITE_CONFIG_FILE',
  'OFFSITE_FAILURES_TOPIC_ARN',
  'OFFSITE_PROXY_SECRET',
  'OFFSITE_RESTORE_DEADLINE_SECONDS',
  'OFFSITE_SECRET_PREFIX',
  'OFFSITE_SIGNING_KEY_ARN',
  'OFFSITE_SPAN_SIZE',
  'OFFSITE_TOPIC_ARN',
  'OFFSITE_URL_BYTES_PER_SECOND',
];

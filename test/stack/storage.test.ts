import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { DENIALS } from '../../lib/config/expected-protection.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { rulesOf } from '../../lib/config/manager-rules.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import {
  EVERYTHING,
  plain,
  type Resource,
  resourcesOf,
  SMALLEST,
  type Synthesized,
  statementsOf,
  synthesize,
} from './synth.ts';

let everything: Synthesized;
let smallest: Synthesized;
beforeAll(() => {
  everything = synthesize(EVERYTHING);
  smallest = synthesize(SMALLEST);
});

const bucketOf = (made: Synthesized): [string, Resource] =>
  Object.entries(resourcesOf(made, 'AWS::S3::Bucket')).find(([id]) => id.startsWith('ArchivesBucket')) as [
    string,
    Resource,
  ];
const policyOf = (made: Synthesized) => {
  const [id] = bucketOf(made);
  const policies = Object.values(resourcesOf(made, 'AWS::S3::BucketPolicy'));
  return statementsOf(
    policies.find(({ Properties }) => plain(Properties['Bucket']) === `<${id}>`)?.Properties['PolicyDocument'],
  );
};

describe('destroying the stack', () => {
  test.each(['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'])('leaves every %s', (type) => {
    const found = Object.entries(resourcesOf(smallest, type));
    expect(found.length).toBeGreaterThan(0);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of found)
      expect([DeletionPolicy?.replace('ExceptOnCreate', ''), UpdateReplacePolicy], id).toEqual(['Retain', 'Retain']);
  });

  test('but a deployment that is rolled back leaves no name taken, in whose way the next one would fail', () => {
    const named = Object.entries(resourcesOf(everything)).filter(
      ([, { Properties, DeletionPolicy = 'Delete' }]) =>
        DeletionPolicy !== 'Delete' && ['Name', 'BucketName'].some((name) => name in (Properties ?? {})),
    );
    expect(named.map(([, { Type }]) => Type).sort()).toEqual(['AWS::S3::Bucket', 'AWS::SecretsManager::Secret']);
    for (const [id, { DeletionPolicy }] of named) expect(DeletionPolicy, id).toBe('RetainExceptOnCreate');
  });

  test('empties no bucket: nothing in it could', () => {
    const types = Object.values(resourcesOf(everything)).map(({ Type }) => Type);
    expect(
      types.filter((type) => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource'),
    ).toEqual([]);
    expect(JSON.stringify(everything.template.toJSON())).not.toContain('auto-delete');
  });
});

describe('Object Lock', () => {
  const lockedBy = (more: object) => bucketOf(synthesize({ ...SMALLEST, ...more }))[1].Properties['ObjectLockEnabled'];

  test('is as before without a version, on in version 2, and off where somebody says so', () => {
    expect(lockedBy({})).toBeUndefined();
    expect(lockedBy({ version: 2 })).toBe(true);
    expect(lockedBy({ version: 2, storage: { objectLock: false } })).toBeUndefined();
    expect(lockedBy({ storage: { objectLock: { days: 3 } } })).toBe(true);
  });

  test('by default locks for 14 days, or for as long as the class that goes first, if that is less', () => {
    const lockOf = (more: object) => rulesOf(parseConfig({ ...SMALLEST, ...more }), 'prod').lock;
    expect(lockOf({})).toBeUndefined();
    expect(lockOf({ version: 2 })).toEqual({ mode: 'governance', days: 14 });
    expect(lockOf({ version: 2, retention: { days: { daily: 9 } } })).toEqual({ mode: 'governance', days: 9 });
    expect(lockOf({ version: 2, storage: { objectLock: false } })).toBeUndefined();
  });
});

test('what reconciliation looks for in the policy is what the policy denies', () => {
  const named = policyOf(smallest).flatMap(({ Effect, Sid }) => (Effect === 'Deny' && Sid ? [Sid] : []));
  expect([...new Set(named)].sort()).toEqual([...DENIALS]);
  expect(policyOf(smallest).filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
});

test('calls that change the bucket or a key are told of, with who made them', () => {
  const rules = Object.entries(resourcesOf(smallest, 'AWS::Events::Rule')).filter(([id]) =>
    id.startsWith('ProtectionWatch'),
  );
  const patterns = rules.map(([, { Properties }]) => JSON.parse(plain(Properties['EventPattern'])));
  const [bucket] = bucketOf(smallest);
  const keys = Object.keys(resourcesOf(smallest, 'AWS::KMS::Key')).map((id) => `<${id}.Arn>`);
  expect(patterns).toMatchObject([
    {
      source: ['aws.kms'],
      detail: { eventName: expect.arrayContaining(['DisableKey', 'ScheduleKeyDeletion']), resources: { ARN: keys } },
    },
    {
      source: ['aws.s3'],
      detail: {
        eventName: expect.arrayContaining(['PutBucketVersioning', 'DeleteBucketPolicy']),
        requestParameters: { bucketName: [`<${bucket}>`] },
      },
    },
  ]);
  for (const [, { Properties }] of rules) expect(plain(Properties['Targets'])).toMatch(/NotificationsTopic.*<who>/);
});

describe('the bucket of archives', () => {
  test('is versioned, encrypted with our key, and closed to the public', () => {
    smallest.template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: Match.anyValue() },
          },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LoggingConfiguration: { LogFilePrefix: 'archives/' },
    });
  });

  test('denies everything without TLS, and all but the newest versions of TLS', () => {
    const denied = policyOf(smallest).filter(({ Effect, Action }) => Effect === 'Deny' && Action.includes('s3:*'));
    expect(denied.map(({ Condition }) => Condition)).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]);
  });

  /** As IAM evaluates the conditions of a statement: all of them, a missing key meets `Null: true` only. */
  const denies = (headers: Record<string, string>) =>
    policyOf(smallest)
      .filter(({ Effect, Action }) => Effect === 'Deny' && Action.includes('s3:PutObject'))
      .some(({ Condition }) =>
        Object.entries(Condition as Record<string, Record<string, string>>).every(([operator, keys]) =>
          Object.entries(keys).every(([key, value]) => {
            const header = headers[key.replace('s3:x-amz-server-side-encryption', 'sse')];
            if (operator === 'Null') return (header === undefined) === (value === 'true');
            return header !== undefined && header !== value;
          }),
        ),
      );

  test.each([
    ['without a word about encryption, which is the bucket’s own', {}, false],
    ['with our key by name', { sse: 'aws:kms', 'sse-aws-kms-key-id': 'OURS' }, false],
    ['with another key', { sse: 'aws:kms', 'sse-aws-kms-key-id': 'another' }, true],
    ['with KMS and no key, which is the account’s', { sse: 'aws:kms' }, true],
    ['with keys of S3', { sse: 'AES256' }, true],
    ['with a key of the sender', { 'sse-customer-algorithm': 'AES256' }, true],
  ])('a write %s', (_, headers, denied) => {
    const [keyId] = Object.keys(resourcesOf(smallest, 'AWS::KMS::Key'));
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value === 'OURS' ? `<${keyId}.Arn>` : value]),
    );
    expect(denies(sent)).toBe(denied);
  });

  test('has the rules that retention reckons with, and no others', () => {
    const { Rules } = bucketOf(smallest)[1].Properties['LifecycleConfiguration'] as {
      Rules: Record<string, unknown>[];
    };
    const made = Rules.map(
      ({ Id, Prefix, TagFilters, ExpirationInDays, NoncurrentVersionExpiration, Transitions, Status }) => ({
        id: Id,
        ...(Prefix ? { prefix: Prefix } : {}),
        ...(TagFilters ? { tags: TagFilters } : {}),
        ...(ExpirationInDays ? { expires: ExpirationInDays } : {}),
        ...(NoncurrentVersionExpiration ? { noncurrent: NoncurrentVersionExpiration } : {}),
        ...(Transitions ? { transitions: Transitions } : {}),
        Status,
      }),
    );
    const wanted = lifecycleRules(RetentionPolicy.parse({})).map((rule) => ({
      id: rule.id,
      ...(rule.prefix ? { prefix: rule.prefix } : {}),
      ...(rule.tag ? { tags: [{ Key: rule.tag.key, Value: rule.tag.value }] } : {}),
      ...(rule.expirationDays ? { expires: rule.expirationDays } : {}),
      ...(rule.noncurrentDays ? { noncurrent: { NoncurrentDays: rule.noncurrentDays } } : {}),
      ...(rule.transition
        ? { transitions: [{ StorageClass: rule.transition.storageClass, TransitionInDays: rule.transition.days }] }
        : {}),
      Status: 'Enabled',
    }));
    expect(made).toEqual(wanted);
    expect(Rules.filter((rule) => rule['ExpiredObjectDeleteMarker'] === true)).toHaveLength(1);
    expect(Rules.filter((rule) => rule['AbortIncompleteMultipartUpload'])).toHaveLength(1);
  });

  test('is locked only where it is configured', () => {
    expect(bucketOf(everything)[1].Properties['ObjectLockEnabled']).toBe(true);
    expect(bucketOf(smallest)[1].Properties['ObjectLockEnabled']).toBeUndefined();
  });

  test('is copied to the other region under that region’s key and owner, delete markers are not', () => {
    everything.template.hasResourceProperties('AWS::S3::Bucket', {
      ReplicationConfiguration: {
        Rules: [
          Match.objectLike({
            Status: 'Enabled',
            DeleteMarkerReplication: { Status: 'Disabled' },
            SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
            Destination: Match.objectLike({
              Account: '444455556666',
              AccessControlTranslation: { Owner: 'Destination' },
              EncryptionConfiguration: { ReplicaKmsKeyID: EVERYTHING.storage.replication.kmsKeyArn },
            }),
          }),
        ],
      },
    });
  });
});

test('a secret that the stack makes is empty, and described', () => {
  const secrets = Object.values(resourcesOf(smallest, 'AWS::SecretsManager::Secret'));
  expect(secrets.map(({ Properties }) => Object.keys(Properties).sort())).toEqual([
    ['Description', 'KmsKeyId', 'Name'],
  ]);
  expect(secrets[0]?.Properties).toMatchObject({
    Name: 'offsite/managers/prod',
    Description: expect.stringContaining('docs/reference/secret.md'),
  });
});

test('an imported secret is not made', () => {
  const names = Object.values(resourcesOf(everything, 'AWS::SecretsManager::Secret')).map(
    ({ Properties }) => Properties['Name'],
  );
  expect(names).toEqual(['lab-7/managers/prod']);
});

test('nothing secret is in a template, an environment or a state machine', () => {
  const text = JSON.stringify(everything.template.toJSON());
  expect(text).not.toMatch(/resolve:secretsmanager|SecretString|GenerateSecretString|\{\{resolve/);
  for (const { Properties } of Object.values(resourcesOf(everything, 'AWS::Lambda::Function'))) {
    const { Variables } = Properties['Environment'] as { Variables: object };
    expect(Object.keys(Variables).join(' ')).not.toMatch(/password|token|credential|key\b/i);
  }
});

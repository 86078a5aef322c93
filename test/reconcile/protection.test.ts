import type { LifecycleRule, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StorageRefused } from '../../lib/base/errors.ts';
import { DENIALS } from '../../lib/config/expected-protection.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const rules = { ...NIGHTLY, protection: { lock: true, replication: true } };

/** As S3 answers of the bucket that the stack has made, by the name of the call. */
const asDeployed = () => ({
  GetBucketVersioning: { Status: 'Enabled' as string | undefined },
  GetBucketLifecycleConfiguration: {
    Rules: lifecycleRules(RetentionPolicy.parse({})).map(
      (rule): LifecycleRule => ({
        ID: rule.id,
        Status: 'Enabled',
        Filter: rule.tag ? { Tag: { Key: rule.tag.key, Value: rule.tag.value } } : { Prefix: rule.prefix ?? '' },
        ...(rule.expirationDays ? { Expiration: { Days: rule.expirationDays } } : {}),
        ...(rule.expiredDeleteMarkers ? { Expiration: { ExpiredObjectDeleteMarker: true } } : {}),
        ...(rule.noncurrentDays ? { NoncurrentVersionExpiration: { NoncurrentDays: rule.noncurrentDays } } : {}),
        ...(rule.transition
          ? {
              Transitions: [{ Days: rule.transition.days, StorageClass: rule.transition.storageClass as 'GLACIER_IR' }],
            }
          : {}),
        ...(rule.abortUploadsAfterDays
          ? { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortUploadsAfterDays } }
          : {}),
      }),
    ),
  },
  GetObjectLockConfiguration: { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } },
  GetBucketReplication: { ReplicationConfiguration: { Rules: [{ Status: 'Enabled' }] } },
  GetBucketPolicy: {
    Policy: JSON.stringify({
      Statement: [
        { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        ...DENIALS.map((Sid) => ({ Sid, Effect: 'Deny' })),
      ],
    }),
  },
  GetPublicAccessBlock: {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  },
  GetBucketEncryption: {
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } }],
    },
  },
});
type Answers = { -readonly [C in keyof ReturnType<typeof asDeployed>]: ReturnType<typeof asDeployed>[C] | string };

/** The same client, for which S3 tells of the bucket what `answers` say; a text is the name of an error. */
function telling(client: S3Client, answers: Answers): S3Client {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return async (command: { constructor: { name: string } }, options: never) => {
        const answer = answers[command.constructor.name.replace('Command', '') as keyof Answers];
        if (answer === undefined) return await target.send(command as never, options);
        if (typeof answer !== 'string') return answer;
        const httpStatusCode = answer === 'AccessDenied' ? 403 : 404;
        throw Object.assign(new Error(answer), { name: answer, $metadata: { httpStatusCode } });
      };
    },
  });
}

let one: ReconcileWorld;
beforeAll(async () => {
  one = await ReconcileWorld.start(3);
  one.till(10);
});
afterAll(async () => await one.stop());

async function found(change: (answers: Answers) => unknown, state: string | Error = 'Enabled', known = rules) {
  const answers: Answers = asDeployed();
  change(answers);
  const keys = {
    archiveKey: KEY,
    stateOf: async () => {
      if (state instanceof Error) throw state;
      return state;
    },
  };
  one.rules = known;
  const { report } = await one.reconcile({}, { s3: telling(one.world.client, answers), keys });
  return report.findings.map(({ kind, about, message, repair }) => ({ what: `${kind} ${about}`, message, repair }));
}

test('a bucket as the stack has made it is no finding', async () => {
  expect(await found(() => undefined)).toEqual([]);
});

const changeRules = (change: (rules: LifecycleRule[]) => unknown) => (answers: Answers) => {
  const { Rules } = asDeployed().GetBucketLifecycleConfiguration;
  change(Rules);
  answers.GetBucketLifecycleConfiguration = { Rules };
};
const statements = (change: (all: object[]) => object[]) => (answers: Answers) => {
  const { Statement } = JSON.parse(asDeployed().GetBucketPolicy.Policy) as { Statement: object[] };
  answers.GetBucketPolicy = { Policy: JSON.stringify({ Statement: change(Statement) }) };
};

test.each<[string, (answers: Answers) => unknown, string, RegExp]>([
  [
    'suspended versioning',
    (a) => {
      a.GetBucketVersioning = { Status: 'Suspended' };
    },
    'ProtectionChanged versioning',
    /is Suspended/,
  ],
  [
    'no versioning',
    (a) => {
      a.GetBucketVersioning = { Status: undefined };
    },
    'ProtectionChanged versioning',
    /is off/,
  ],
  [
    'no lifecycle',
    (a) => {
      a.GetBucketLifecycleConfiguration = 'NoSuchLifecycleConfiguration';
    },
    'ProtectionChanged lifecycle',
    /expire-daily/,
  ],
  [
    'a rule that is disabled',
    changeRules((all) => {
      for (const rule of all.slice(0, 1)) rule.Status = 'Disabled';
    }),
    'ProtectionChanged lifecycle',
    /missing, disabled or changed/,
  ],
  [
    'a rule with fewer days',
    changeRules((all) => {
      for (const rule of all) if (rule.ID === 'expire-daily') rule.Expiration = { Days: 1 };
    }),
    'ProtectionChanged lifecycle',
    /changed: expire-daily\./,
  ],
  [
    'a rule of somebody else',
    changeRules((all) => all.push({ ID: 'clean', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 3 } })),
    'ProtectionChanged lifecycle, other rules',
    /end archives: clean\./,
  ],
  [
    'no Object Lock',
    (a) => {
      a.GetObjectLockConfiguration = 'ObjectLockConfigurationNotFoundError';
    },
    'ProtectionChanged lock',
    /Object Lock .* is off/,
  ],
  [
    'no replication',
    (a) => {
      a.GetBucketReplication = 'ReplicationConfigurationNotFoundError';
    },
    'ProtectionChanged replication',
    /no replication/,
  ],
  [
    'no policy',
    (a) => {
      a.GetBucketPolicy = 'NoSuchBucketPolicy';
    },
    'ProtectionChanged policy',
    /DenyCustomerKey.*requests without TLS/,
  ],
  [
    'a policy without one denial',
    statements((all) => all.filter((s) => !('Sid' in s && s.Sid === 'DenyOtherKey'))),
    'ProtectionChanged policy',
    /denies: DenyOtherKey\./,
  ],
  [
    'a policy that allows',
    statements((all) => [...all, { Effect: 'Allow' }]),
    'ProtectionChanged policy allows',
    /allows something in 1/,
  ],
  [
    'no public access block',
    (a) => {
      a.GetPublicAccessBlock = 'NoSuchPublicAccessBlockConfiguration';
    },
    'ProtectionChanged public access',
    /not blocked/,
  ],
  [
    'another key',
    (a) => {
      a.GetBucketEncryption = 'ServerSideEncryptionConfigurationNotFoundError';
    },
    'ProtectionChanged encryption',
    /no key of KMS/,
  ],
  [
    'a setting that may not be read',
    (a) => {
      a.GetBucketPolicy = 'AccessDenied';
    },
    'ProtectionNotSeen offsite',
    /show its policy/,
  ],
])('%s is a finding for a person, and the only one', async (_, change, what, message) => {
  expect(await found(change)).toEqual([{ what, message: expect.stringMatching(message), repair: 'open' }]);
});

test.each(['PendingDeletion', 'Disabled'])('a key that is %s is told of', async (state) => {
  const message = expect.stringMatching(`is ${state}. Without it no archive can be read`);
  expect(await found(() => undefined, state)).toEqual([{ what: `KeyInDanger ${KEY}`, message, repair: 'open' }]);
});

test('a key whose state is not told is told of', async () => {
  const [first] = await found(() => undefined, new StorageRefused('KMS does not report the state of the key.'));
  expect(first).toMatchObject({ what: 'ProtectionNotSeen offsite', message: expect.stringMatching(/does not report/) });
});

test('a bucket that is to have neither lock nor replication is not asked to have them', async () => {
  const none = (a: Answers) => {
    a.GetObjectLockConfiguration = 'ObjectLockConfigurationNotFoundError';
    a.GetBucketReplication = 'ReplicationConfigurationNotFoundError';
  };
  const known = { ...rules, protection: { lock: false, replication: false } };
  expect(await found(none, 'Enabled', known)).toEqual([]);
});

test('of a manager that is not the first nothing of it is asked', async () => {
  const denied = Object.fromEntries(Object.keys(asDeployed()).map((call) => [call, 'AccessDenied'])) as Answers;
  expect(await found((a) => Object.assign(a, denied), 'Disabled', NIGHTLY as typeof rules)).toEqual([]);
});

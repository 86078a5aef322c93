import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { OffsiteConfig } from '../../lib/config/offsite-config.ts';
import { plain, type Resource, resourcesOf, synthesize } from './synth.ts';

/** What holds archives, or what they need to be read: CloudFormation must never make it anew (aws: resource types, create-only). */
const STATEFUL: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::SNS::Topic': ['TopicName', 'FifoTopic'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
};

const key = (id: string) => `arn:aws:kms:eu-west-1:111122223333:key/${id}2345678-12ab-34cd-56ef-1234567890ab`;

const BEFORE = {
  version: 1,
  managers: [{ id: 'prod' }, { id: 'lab', drillTarget: true }, { id: 'far', secret: { id: 'cloudify/far' } }],
  storage: {
    objectLock: { days: 10 },
    replication: { bucket: 'copies', region: 'eu-west-1', kmsKeyArn: key('a') },
  },
  network: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
};

/** Every field that may change, changed at once: if nothing is made anew then, none of them does that. */
const CHANGED = {
  version: 2,
  managers: [
    {
      id: 'prod',
      ...{ schedule: 'cron(30 4 * * ? *)', timeZone: 'Europe/Berlin', flexibleMinutes: 30, keepOnManager: 3 },
      ...{ snapshotHours: 6, driftPercent: 40, alarmAfterHours: 50, retention: { held: 5 } },
      ...{ drill: { onto: 'lab', schedule: 'cron(0 11 ? * 7#1 *)' }, restoreFrom: ['far'] },
      ...{ restoredCredentials: 'tests', archiveUrlHosts: ['files.example.com'] },
    },
    { id: 'lab', drillTarget: true, schedule: null },
    { id: 'far', drillTarget: true, group: 'east', secret: { id: 'cloudify/far-2', kmsKeyArn: key('b') } },
  ],
  defaults: {
    ...{ schedule: 'cron(0 3 * * ? *)', timeZone: 'Asia/Tokyo', flexibleMinutes: 5, keepOnManager: 4 },
    ...{ snapshotHours: 8, driftPercent: 60, alarmAfterHours: 48 },
  },
  retention: {
    ...{ held: 4, undoDays: 5, days: { daily: 40, weekly: 100, monthly: 400, yearly: 2600 } },
    storage: { monthly: 'STANDARD', yearly: 'STANDARD', afterDays: 40 },
  },
  storage: {
    objectLock: { mode: 'compliance', days: 12, complianceAcknowledged: true },
    replication: { bucket: 'copies-2', region: 'eu-west-2', account: '444455556666', kmsKeyArn: key('c') },
    accessLogDays: 100,
  },
  network: {
    subnetIds: ['subnet-0123456789abcdef1'],
    securityGroupIds: ['sg-0123456789abcdef1'],
    proxy: {
      url: 'http://proxy.example.com:3128',
      noProxy: ['10.0.0.0/8'],
      secret: { id: 'network/proxy', kmsKeyArn: key('d') },
    },
  },
  notifications: {
    emails: ['ops@example.com'],
    failuresOnly: { emails: ['oncall@example.com'] },
    digest: { schedule: 'cron(0 6 * * ? *)' },
  },
  signatures: { requiredSince: '2027-01-01T00:00:00Z', trustedKeys: ['a'.repeat(64)] },
  verification: { schedule: 'cron(0 13 ? * 1 *)' },
  reconciliation: { schedule: 'cron(0 10 * * ? *)' },
  report: { schedule: 'cron(0 8 1 * ? *)' },
  restores: { approval: false, approvalHours: 10 },
  deadlines: { restoreHours: 10, exportAlarmHours: 20 },
  transfer: { spanMiB: 2048, urlMBPerSecond: 30, largestArchiveGiB: 400 },
  concurrency: { CopySpan: 8 },
  formerManagers: ['gone'],
  tags: { owner: 'backup' },
  encryptLogs: false,
  logDays: 30,
};

/** Not changed there: those below, which change what nothing can bring back, and what infrastructure is not made from. */
const OTHERWISE = /^(\$schema$|name$|managers\[\]\.id$|managers\[\]\.local\b|storage\.(bucketName|kmsKeyArn)$|local\.)/;
/** Messages to other places: functions read them from a file, and their secrets are not of this stack. */
const MESSAGES = /^notifications\.(?!emails|failuresOnly)/;

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** `managers[].drill.onto` and so on: every field that a configuration may have. */
function fieldsOf({ anyOf, properties, items }: Schema, at = ''): string[] {
  if (anyOf) return [...new Set(anyOf.flatMap((one) => fieldsOf(one, at)))];
  if (properties)
    return Object.entries(properties).flatMap(([name, one]) => fieldsOf(one, at ? `${at}.${name}` : name));
  return items?.properties ? fieldsOf(items, `${at}[]`) : [at];
}

function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => valueAt(one, name === undefined ? [] : [name, ...rest]));
  if (name === undefined) return [value];
  return valueAt((value as Record<string, unknown> | undefined)?.[name], rest);
}

type Resources = Readonly<Record<string, Resource>>;

/** Logical ids of what is made anew, or goes. */
function lost(before: Resources, after: Resources): string[] {
  return Object.entries(before).flatMap(([id, { Type, Properties = {} }]) => {
    const createOnly = STATEFUL[Type];
    if (!createOnly) return [];
    const now = after[id];
    const changed = createOnly.filter((name) => plain(Properties[name] ?? '') !== plain(now?.Properties?.[name] ?? ''));
    return now === undefined ? [`${id} is gone`] : changed.map((name) => `${id} ${name}`);
  });
}

/** With what the archives are encrypted. */
function keyOf(resources: Resources): string {
  const [, bucket] = Object.entries(resources).find(([id]) => id.startsWith('ArchivesBucket')) ?? [];
  return plain(bucket?.Properties['BucketEncryption']);
}

/** Of BEFORE, as version 0.1.0 deploys it. */
const TODAY = [
  'AWS::KMS::Key Key9BCD29C7',
  'AWS::KMS::Key SigningKey70710D41',
  'AWS::S3::Bucket ArchivesAccessLogsF1ACFB94',
  'AWS::S3::Bucket ArchivesBucketD5C337A9',
  'AWS::SNS::Topic NotificationsTopicAE679CBD',
  'AWS::SQS::Queue SchedulesDeadLettersE738B711',
  'AWS::SecretsManager::Secret managerlabSecret1D81C339',
  'AWS::SecretsManager::Secret managerprodSecret54015CC7',
];

let before: Resources;
beforeAll(() => {
  before = resourcesOf(synthesize(BEFORE));
});

describe('a change of the configuration', () => {
  test('every field is changed here', () => {
    const fields = fieldsOf(z.toJSONSchema(OffsiteConfig, { io: 'input' }) as Schema);
    const same = fields.filter((field) => {
      const path = field.replaceAll('[]', '').split('.');
      return JSON.stringify(valueAt(BEFORE, path)) === JSON.stringify(valueAt(CHANGED, path));
    });
    expect(same.filter((field) => !OTHERWISE.test(field) && !MESSAGES.test(field))).toEqual([]);
  });

  test('makes nothing anew that holds archives, or without which they cannot be read', () => {
    expect(lost(before, resourcesOf(synthesize(CHANGED)))).toEqual([]);
    expect(Object.values(before).filter(({ Type }) => Type in STATEFUL).length).toBeGreaterThan(6);
  });

  // The topic of failures is what `notifications.failuresOnly` makes. It holds nothing.
  test.each<[string, object]>([
    ['taken back', BEFORE],
    ['taken back, until nothing is left but managers', { managers: BEFORE.managers.map(({ id }) => ({ id })) }],
  ])('that is %s loses only what its field has made', (_, config) => {
    const changed = resourcesOf(synthesize(CHANGED));
    expect(lost(changed, resourcesOf(synthesize(config)))).toEqual([
      expect.stringMatching(/^NotificationsFailures\w+ is gone$/),
    ]);
  });

  test('that leaves a bucket, a key or a secret out of the template leaves it where it is', () => {
    for (const [id, { Type, DeletionPolicy, UpdateReplacePolicy }] of Object.entries(before))
      if (/::(Bucket|Key|Secret)$/.test(Type))
        expect([DeletionPolicy?.replace('ExceptOnCreate', ''), UpdateReplacePolicy], id).toEqual(['Retain', 'Retain']);
  });

  // docs/tutorials/aws.md names them under "Decide these fields now".
  test.each<[string, object, RegExp]>([
    ['name', { ...BEFORE, name: 'other' }, /Secret\w+ Name$/],
    ['managers[].id', { ...BEFORE, managers: [{ id: 'prod-2' }, ...BEFORE.managers.slice(1)] }, /is gone$/],
    [
      'storage.bucketName',
      { ...BEFORE, storage: { ...BEFORE.storage, bucketName: 'named' } },
      /^Archives\w+ BucketName$/,
    ],
    ['storage.kmsKeyArn', { ...BEFORE, storage: { ...BEFORE.storage, kmsKeyArn: key('d') } }, /^Key\w+ is gone$/],
  ])(
    '%s is one that must never change: what it would cost is seen here, on the way back too',
    (field, config, what) => {
      const after = resourcesOf(synthesize(config));
      const costs = expect.arrayContaining([expect.stringMatching(what)]);
      expect(lost(before, after)).toEqual(costs);
      // Without an imported key the stack makes one: nothing goes, but what the other key has encrypted it cannot read.
      if (field === 'storage.kmsKeyArn') expect(keyOf(after)).not.toBe(keyOf(before));
      else expect(lost(after, before)).toEqual(costs);
    },
  );
});

test('a deployment over a stack of 0.1.0 makes nothing anew', () => {
  // Deployed as well, by npm run test:aws. Its template and configuration are never made anew.
  const older = (file: string) =>
    JSON.parse(readFileSync(new URL(`../fixtures/stacks/0.1.0/${file}`, import.meta.url), 'utf8'));
  const { Resources } = older('offsite.template.json') as { Resources: Resources };
  expect(lost(Resources, resourcesOf(synthesize(older('offsite.json'))))).toEqual([]);
});

test('what is deployed today keeps its place: a logical id of these that changes is an empty bucket', () => {
  const ids = Object.entries(before).flatMap(([id, { Type }]) => (Type in STATEFUL ? [`${Type} ${id}`] : []));
  expect(ids.sort()).toEqual(TODAY);
});

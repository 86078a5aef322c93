import { readFile } from 'node:fs/promises';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { showFindings } from '../../lib/cdk/policy-lint.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { FINDINGS, type FindingName } from '../../lib/lint/finding.ts';
import { lintPolicy } from '../../lib/lint/policy-lint.ts';

const HEALTHY = {
  version: 2,
  managers: [{ id: 'prod', timeZone: 'Europe/Berlin', schedule: 'cron(0 4 * * ? *)' }],
  notifications: { emails: ['ops@example.com'] },
};
const prod = (fields: object, more: object = {}) => ({
  ...HEALTHY,
  managers: [{ ...HEALTHY.managers[0], ...fields }],
  ...more,
});
const many = (count: number, fields: object) => ({
  ...HEALTHY,
  managers: Array.from({ length: count }, (_, i) => ({ id: `m${i}`, ...fields })),
});
const found = (config: object) => lintPolicy(parseConfig(config)).map(({ name }) => name);

test('nothing is found in a healthy configuration, nor in the shipped example', async () => {
  expect(lintPolicy(parseConfig(HEALTHY))).toEqual([]);
  const example = await readFile(new URL('../../offsite.example.json', import.meta.url), 'utf8');
  expect(lintPolicy(parseConfig(JSON.parse(example)))).toEqual([]);
});

const practice = { id: 'lab', schedule: null, drillTarget: true };
const lab = { ...practice, restoreFrom: ['prod'] };
const planted: [FindingName, string, object, RegExp][] = [
  [
    'DaylightSavingHour',
    'the hour that spring skips',
    prod({ schedule: 'cron(30 2 * * ? *)' }),
    /prod\.schedule .*2028-03-26 02:30 there is no such time.*2028-10-29 02:30 it comes twice/,
  ],
  [
    'DaylightSavingHour',
    'a drill in it',
    {
      ...prod({ drill: { onto: 'lab', schedule: 'cron(0 2 ? * 1 *)' } }),
      managers: [prod({ drill: { onto: 'lab', schedule: 'cron(0 2 ? * 1 *)' } }).managers[0], lab],
    },
    /prod\.drill\.schedule/,
  ],
  [
    'DaylightSavingHour',
    'reconciliation in it',
    prod({}, { reconciliation: { schedule: 'cron(15 2 * * ? *)' } }),
    /reconciliation\.schedule of managers\.prod/,
  ],
  ['ScheduleNeverRuns', 'the 30th of February', prod({ schedule: 'cron(0 4 30 2 ? *)' }), /no two runs in a year/],
  [
    'ScheduleFasterThanDeadline',
    'every 6 hours, 5 in the night that spring shortens',
    prod({ schedule: 'cron(0 4,10,16,22 * * ? *)', alarmAfterHours: 24 }),
    /runs again after 5 h, but a snapshot may take snapshotHours 12/,
  ],
  ['ScheduleFasterThanDeadline', 'a rate', prod({ schedule: 'rate(3 hours)' }), /runs again after 3 h/],
  [
    'AlarmBeforeNextRun',
    'an alarm after 20 h',
    prod({ alarmAfterHours: 20 }),
    /alarmAfterHours 20 is less than the 25 h/,
  ],
  ['NoAlarmOnSilence', 'no schedule', prod({ schedule: null }), /it has no schedule/],
  ['NoAlarmOnSilence', 'a single time', prod({ schedule: 'at(2029-01-01T00:00:00)' }), /it runs once/],
  [
    'NoAlarmOnSilence',
    'monthly without reconciliation',
    prod({ schedule: 'cron(0 4 1 * ? *)' }, { reconciliation: { schedule: null } }),
    /look back 7\d\d h/,
  ],
  [
    'NoAlarmOnSilence',
    'monthly, reconciled once a week',
    prod({ schedule: 'cron(0 4 1 * ? *)' }, { reconciliation: { schedule: 'rate(7 days)' } }),
    /look back 7\d\d h, and reconciliation runs too rarely/,
  ],
  [
    'NoAlarmOnSilence',
    'reconciled once a week',
    prod({}, { reconciliation: { schedule: 'rate(7 days)' } }),
    /reconciliation\.schedule rate\(7 days\) has no alarm on missing reconciliations/,
  ],
  ['NoNotificationTarget', 'no address', prod({}, { notifications: {} }), /without subscribers/],
  [
    'DrillOntoProduction',
    'a target that does not say so',
    { ...HEALTHY, managers: [prod({ drill: { onto: 'other' } }).managers[0], { id: 'other', timeZone: 'UTC' }] },
    /prod\.drill\.onto other does not have/,
  ],
  ['DrillOntoProduction', 'itself', prod({ drillTarget: true, drill: { onto: 'prod' } }), /is the manager itself/],
  [
    'DrillTargetIsExported',
    'a target that is exported',
    { ...HEALTHY, managers: [HEALTHY.managers[0], { id: 'lab', drillTarget: true }] },
    /managers\.lab is a target of drills/,
  ],
  [
    'DrillWithoutCredentials',
    'drills that end with passwords that may not be used',
    { ...HEALTHY, managers: [prod({ drill: { onto: 'lab' } }).managers[0], practice] },
    /prod\.drill\.onto lab: .*Name prod in restoreFrom of lab/,
  ],
  [
    'UnknownRestoreSource',
    'a source that is misspelt',
    { ...HEALTHY, managers: [HEALTHY.managers[0], { ...lab, restoreFrom: ['prod', 'pord'] }] },
    /managers\.lab\.restoreFrom names pord, and managers has no such manager/,
  ],
  [
    'ComplianceNotAcknowledged',
    'compliance',
    prod({}, { storage: { objectLock: { mode: 'compliance', days: 7 } } }),
    /complianceAcknowledged/,
  ],
  [
    'LockLongerThanRetention',
    'a lock of 60 days',
    prod({}, { storage: { objectLock: { days: 60 } } }),
    /days 60 is more than retention\.days\.daily 35/,
  ],
  [
    'LocalFieldsIgnored',
    'credentials for runs on one machine',
    prod({ local: { urls: ['https://m.example.com'], username: 'admin', passwordFile: 'x' } }),
    /managers\.prod\.local is for runs on one machine, and the stack ignores it/,
  ],
  ['OldConfigurationVersion', 'no version', { ...HEALTHY, version: undefined }, /"version": 2.*restores\.approval/],
  ['OldConfigurationVersion', 'version 1', { ...HEALTHY, version: 1 }, /"version" is 1/],
  ['ProtectionOff', 'no approval', prod({}, { restores: { approval: false } }), /restores\.approval turns off/],
  [
    'ProtectionOff',
    'no Object Lock',
    prod({}, { storage: { objectLock: false } }),
    /storage\.objectLock turns off.*last valid archive/,
  ],
  ['SpanTooSlow', 'spans of 4 GiB', prod({}, { transfer: { spanMiB: 4096 } }), /needs 5\.1 MB\/s/],
  [
    'ArchiveTooLarge',
    'archives of 2 TiB',
    prod({}, { transfer: { largestArchiveGiB: 1200 } }),
    /no room in 1,000 ranges of transfer\.spanMiB 1024: 1229 would do/,
  ],
  [
    'PartsTooLargeForMemory',
    'archives of 3 TiB',
    prod({}, { transfer: { largestArchiveGiB: 3000, spanMiB: 4000 } }),
    /makes parts of 308 MiB/,
  ],
  ['TooManyManagers', '66 in one stack', many(66, {}), /66 managers without a group: a stack has room for 65/],
  ['TooManyManagers', '96 in a group', many(96, { group: 'a' }), /96 managers in group a/],
  [
    'GroupNameTooLong',
    '48 with the name',
    prod({ group: 'g'.repeat(31) }, { name: 'n'.repeat(17) }),
    /have 48 characters together; 47/,
  ],
  [
    'ManyGroups',
    '48',
    {
      ...HEALTHY,
      managers: [...HEALTHY.managers, ...Array.from({ length: 48 }, (_, i) => ({ id: `m${i}`, group: `g${i}` }))],
    },
    /48 groups have 912 roles/,
  ],
  [
    'ConcurrencyTakesAll',
    '950 reserved',
    prod({}, { concurrency: { CopySpan: 600, VerifySpan: 350 } }),
    /reserves 950/,
  ],
];

describe('each finding, planted by itself', () => {
  test.each(planted)('%s: %s', (name, _, config, message) => {
    const findings = lintPolicy(parseConfig(config));
    const named = findings.filter((finding) => finding.name === name);
    expect(named.map((finding) => finding.message).join('\n')).toMatch(message);
    expect(named[0]?.severity).toBe(FINDINGS[name]);
  });

  test('65 managers, each with all that a manager can have, are not too many', () => {
    expect(found(many(65, {}))).not.toContain('TooManyManagers');
  });

  const rules = (change: (rule: ReturnType<typeof lifecycleRules>[number]) => object) => {
    const config = parseConfig(HEALTHY);
    return lintPolicy(
      config,
      lifecycleRules(config.retention).map((rule) => ({ ...rule, ...change(rule) })),
    );
  };

  test('RetentionDaysDoNotAddUp: noncurrent days that are given on top', () => {
    const findings = rules(({ id }) => (id === 'expire-daily' ? { expirationDays: 35 } : {}));
    expect(findings).toMatchObject([
      { name: 'RetentionDaysDoNotAddUp', severity: 'refuse', message: expect.stringContaining('35 + 7 days') },
    ]);
  });

  test('HeldCanExpire: a rule for held ones, a rule for everything, a rule for a prefix of archives', () => {
    expect(rules(({ id }) => (id === 'old-runs' ? { tag: { key: 'expire', value: 'held' } } : {}))).toMatchObject([
      { name: 'HeldCanExpire' },
    ]);
    expect(rules(({ id }) => (id === 'old-runs' ? { prefix: '' } : {}))).toMatchObject([{ name: 'HeldCanExpire' }]);
    expect(rules(({ id }) => (id === 'old-runs' ? { prefix: 'archives/prod/' } : {}))).toMatchObject([
      { name: 'HeldCanExpire' },
    ]);
  });

  test('AutoDeleteOfArchives: a bucket that is emptied, or goes, with the stack', () => {
    const stack = new Stack(new App(), 'test');
    showFindings(stack, parseConfig(HEALTHY));
    new s3.Bucket(stack, 'Bucket', {
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
      objectLockEnabled: true,
    });
    const errors = Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('^AutoDeleteOfArchives: '));
    const texts = errors.map(({ entry }) => String(entry.data));
    expect(texts.join('\n')).toMatch(/Bucket\/Resource goes with the stack\. .*Object Lock/);
    expect(texts.join('\n')).toMatch(/emptied first/);
  });

  test('every finding is planted somewhere above', () => {
    const others = ['RetentionDaysDoNotAddUp', 'HeldCanExpire', 'AutoDeleteOfArchives'];
    // Of what was made, and not of a configuration: groups.test.ts, service-limits.test.ts.
    others.push('PolicyTooLarge', 'TooManyResources', 'TemplateTooLarge');
    others.push('PatternTooLarge', 'DefinitionTooLarge', 'DashboardTooLarge');
    expect([...new Set([...planted.map(([name]) => name), ...others])].sort()).toEqual(Object.keys(FINDINGS).sort());
  });
});

test('a source that is a former manager is known', () => {
  const renamed = {
    ...HEALTHY,
    formerManagers: ['old'],
    managers: [HEALTHY.managers[0], { ...lab, restoreFrom: ['old'] }],
  };
  expect(lintPolicy(parseConfig(renamed)).map(({ name }) => name)).not.toContain('UnknownRestoreSource');
});

test('what is refused is an error of the stack, the rest a warning', () => {
  const stack = new Stack(new App(), 'test');
  new s3.Bucket(stack, 'Bucket');
  showFindings(stack, parseConfig(prod({ schedule: 'rate(3 hours)' }, { notifications: {} })));
  const annotations = Annotations.fromStack(stack);
  annotations.hasError('/test', Match.stringLikeRegexp('^ScheduleFasterThanDeadline: '));
  annotations.hasWarning('/test', Match.stringLikeRegexp('^NoNotificationTarget: '));
});

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { configuredRules, FunctionConfig, functionConfigOf } from '../../lib/config/function-config.ts';
import { rulesOf } from '../../lib/config/manager-rules.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { protectionsOf } from '../../lib/config/protections.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { metrics } from '../../lib/lambda/metrics.ts';

const one = { id: 'prod' };
const withManager = (fields: object) => ({ managers: [{ ...one, ...fields }] });
const messageOf = (value: unknown) => {
  try {
    parseConfig(value);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

test('one manager is enough: everything else has a default', () => {
  const config = parseConfig({ managers: [one] });
  expect(config.name).toBe('offsite');
  expect(rulesOf(config, 'prod')).toEqual({
    timeZone: 'UTC',
    schedule: 'cron(0 4 * * ? *)',
    flexibleMinutes: 15,
    retention: RetentionPolicy.parse({}),
    driftPercent: 50,
    keepOnManager: 2,
    snapshotDeadlineSeconds: 12 * 3600,
  });
});

describe('the version says which protections are on, and a field has the last word', () => {
  test.each<[object, boolean]>([
    [{}, false],
    [{ version: 1 }, false],
    [{ version: 2 }, true],
    [{ version: 1, restores: { approval: true } }, true],
    [{ version: 2, restores: { approval: false } }, false],
  ])('%j: approval %j', (fields, approval) => {
    expect(protectionsOf(parseConfig({ ...fields, managers: [one] })).approval).toBe(approval);
  });

  test('a version that is not the last may have its old, longer patience', () => {
    expect(messageOf({ managers: [one], deadlines: { restoreHours: 24 } })).toBe('accepted');
  });
});

describe('a wrong field is named by its path', () => {
  test.each([
    [undefined, 'expected object'],
    [{}, 'managers: '],
    [{ version: 3, managers: [one] }, 'version: must be 1 or 2'],
    [{ version: '2', managers: [one] }, 'version: must be 1 or 2'],
    [
      { version: 2, managers: [one], deadlines: { restoreHours: 24 } },
      'restores.approvalHours: and deadlines.restoreHours are 48 h together: 36 are the most',
    ],
    [{ managers: [] }, 'managers: must name at least one manager'],
    [{ managers: [one], colour: 'red' }, 'colour is not a known field.'],
    [{ managers: [one], notificatons: {} }, 'notificatons is not a known field (did you mean notifications?)'],
    [withManager({ drillTraget: true }), 'managers.0.drillTraget is not a known field (did you mean drillTarget?)'],
    [withManager({ local: { url: ['http://h'] } }), 'managers.0.local.url is not a known field (did you mean urls?)'],
    [
      { managers: [one], notifications: { targets: [{ name: 'a', type: 'slack', urlFiel: 'x' }] } },
      'notifications.targets.0.urlFiel is not a known field (did you mean urlFile?)',
    ],
    [withManager({ id: 'Prod' }), 'managers.0.id: must be 1-63 lower-case letters'],
    [{ managers: [one, one] }, 'managers.1.id: another manager is called prod already'],
    [{ managers: [{ id: `a${'b'.repeat(54)}` }] }, 'managers.0.id: has 55 characters: here 54 are the most'],
    [withManager({ schedule: 'cron(0 4 * * * *)' }), 'managers.0.schedule: exactly one of'],
    [withManager({ schedule: '0 4 * * *' }), 'managers.0.schedule: must be cron('],
    [withManager({ timeZone: 'Berlin' }), 'managers.0.timeZone: must be the IANA name'],
    [withManager({ timeZone: '+02:00' }), 'managers.0.timeZone: must be the IANA name'],
    [withManager({ keepOnManager: 0 }), 'managers.0.keepOnManager: '],
    [withManager({ restoreFrom: 'lab' }), 'managers.0.restoreFrom: '],
    [withManager({ restoredCredentials: 'offsite/managers/lab' }), 'managers.0.restoredCredentials: must be'],
    [withManager({ archiveUrlHosts: ['https://files.example.com'] }), 'managers.0.archiveUrlHosts.0: must be a host'],
    [withManager({ archiveUrlHosts: ['Files.example.com'] }), 'managers.0.archiveUrlHosts.0: must be a host'],
    [withManager({ archiveUrlHosts: ['files.example.com:443'] }), 'managers.0.archiveUrlHosts.0: must be a host'],
    [withManager({ archiveUrlHosts: ['files.example.com/a'] }), 'managers.0.archiveUrlHosts.0: must be a host'],
    [withManager({ archiveUrlHosts: ['0x7f.1'] }), 'managers.0.archiveUrlHosts.0: must be a host'],
    [withManager({ password: 'x' }), 'managers.0.password is not a known field'],
    [withManager({ secret: { id: 'arn:aws:s3:::b' } }), 'managers.0.secret.id: '],
    [withManager({ drill: { onto: 'lab' } }), 'managers.0.drill.onto: there is no manager lab'],
    [withManager({ retention: { days: {} } }), 'managers.0.retention.days is not a known field'],
    [{ managers: [one], defaults: { timeZone: 'Moon' } }, 'defaults.timeZone: must be the IANA name'],
    [{ managers: [one], retention: { held: 0 } }, 'retention.held: '],
    [{ managers: [one], network: { subnetIds: ['x'], securityGroupIds: ['sg-0123456789'] } }, 'network.subnetIds.0: '],
    [{ managers: [one], network: { subnetIds: ['subnet-0123456789'] } }, 'network.securityGroupIds: '],
    [{ managers: [one], storage: { kmsKeyArn: 'alias/x' } }, 'storage.kmsKeyArn: must be an ARN such as'],
    [{ managers: [one], storage: { objectLock: {} } }, 'storage.objectLock.days: '],
    [{ managers: [one], storage: { replication: { bucket: 'b' } } }, 'storage.replication.bucket: '],
    [{ managers: [one], notifications: { emails: ['nobody'] } }, 'notifications.emails.0: must be an e-mail'],
    [{ managers: [one], deadlines: { restoreHours: 25 } }, 'deadlines.restoreHours: '],
    [{ managers: [one], concurrency: { CopySpam: 3 } }, 'concurrency'],
    [{ managers: [one], logDays: 91 }, 'logDays: must be one of 1, 3,'],
  ])('%j: %s', (value, message) => {
    expect(messageOf(value)).toContain(message);
  });
});

test('what a manager says of itself counts, then what all are given', () => {
  const config = parseConfig({
    managers: [
      { id: 'a', timeZone: 'Europe/Berlin', retention: { held: 7 } },
      { id: 'b', schedule: null },
    ],
    defaults: { timeZone: 'Asia/Tokyo', schedule: 'rate(12 hours)', snapshotHours: 3 },
  });
  expect(rulesOf(config, 'a')).toMatchObject({
    timeZone: 'Europe/Berlin',
    schedule: 'rate(12 hours)',
    retention: { held: 7 },
  });
  expect(rulesOf(config, 'b')).toMatchObject({ timeZone: 'Asia/Tokyo', schedule: undefined, retention: { held: 3 } });
  expect(rulesOf(config, 'b').snapshotDeadlineSeconds).toBe(3 * 3600);
  expect(rulesOf(config, 'unheard-of').schedule).toBeUndefined();
});

describe('the file that functions read', () => {
  const config = parseConfig({
    managers: [
      { id: 'a', schedule: null },
      { id: 'b', secret: { id: 'cloudify/b' }, keepOnManager: 5 },
      { id: 'c', restoreFrom: ['a'], restoredCredentials: 'a-in-2024', archiveUrlHosts: ['10.0.0.5:8443'] },
    ],
    notifications: { emails: ['ops@example.com'] },
  });

  test('says the same of every manager as the configuration', () => {
    const read = FunctionConfig.parse(JSON.parse(JSON.stringify(functionConfigOf(config))));
    for (const manager of ['a', 'b', 'c', 'unheard-of']) {
      // The bucket is one: it is compared with the configuration for the first manager. The digest alone needs the hours.
      const { protection, named, alarmAfterHours: _, ...rules } = configuredRules(read, manager);
      expect(rules).toEqual(rulesOf(config, manager));
      expect([protection !== undefined, named !== undefined], manager).toEqual([manager === 'a', manager === 'a']);
    }
    expect(configuredRules(read, 'c')).toMatchObject({
      restoreFrom: ['a'],
      restoredCredentials: 'a-in-2024',
      archiveUrls: { hosts: ['10.0.0.5:8443'], others: 'none' },
    });
    expect(read.secrets).toEqual({ b: 'cloudify/b' });
  });

  test('holds nothing that only the stack needs', () => {
    expect(JSON.stringify(functionConfigOf(config))).not.toContain('example.com');
  });
});

describe('the runtime', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  const built = async (file: string, content?: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'offsite-config-'));
    if (content !== undefined) await writeFile(join(folder, file), content);
    vi.stubEnv('OFFSITE_BUCKET', 'archives');
    vi.stubEnv('OFFSITE_CONFIG_FILE', file);
    vi.stubEnv('LAMBDA_TASK_ROOT', folder);
    const { runtime } = await import('../../lib/lambda/runtime.ts');
    return await runtime();
  };

  test('finds the file beside the code and gives each step the rules of its manager', async () => {
    const config = parseConfig({ managers: [{ id: 'a', keepOnManager: 9, snapshotHours: 1 }] });
    const deps = await built('offsite.json', JSON.stringify(functionConfigOf(config)));
    expect(deps.rulesOf('a')).toMatchObject({ keepOnManager: 9, snapshotDeadlineSeconds: 3600 });
    expect(deps.rulesOf('b')).toMatchObject({ keepOnManager: 2, schedule: undefined });
  });

  test.each([
    ['none', undefined, /OFFSITE_CONFIG_FILE cannot be read: .*ENOENT/],
    ['no JSON', '{', /OFFSITE_CONFIG_FILE cannot be read: /],
    ['of another version', '{"colour":1}', /offsite\.json is not what this version .*Deploy again/],
  ])('a file that is %s is InvalidConfiguration', async (_, content, message) => {
    await expect(built('offsite.json', content)).rejects.toMatchObject({ name: 'InvalidConfiguration', message });
  });
});

test('a metric goes out at once, by installation and manager, and by installation alone', () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
  metrics('lab').put('ArchiveBytes', 'Bytes', 42, 'prod');
  write.mockRestore();
  log.mockRestore();
  const sent = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(sent).toMatchObject([
    { service: 'lab', manager: 'prod', ArchiveBytes: 42 },
    { service: 'lab', ArchiveBytes: 42 },
  ]);
  const dimensions = sent.map(
    (line) => (line['_aws'] as { CloudWatchMetrics: [{ Dimensions: string[][] }] }).CloudWatchMetrics[0].Dimensions,
  );
  expect(dimensions).toEqual([[['service', 'manager']], [['service']]]);
});

import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { RunReport } from '../../lib/export/contract.ts';
import { call } from './call.ts';
import { config, type Deployment, PASSWORD } from './deployment.ts';
import { ACCOUNT, REGION } from './emulator.ts';
import { until } from './reader.ts';

export function scheduleTests(aws: () => Deployment): void {
  const at = { Name: 'prod-export', GroupName: 'offsite' };

  describe('the deployed schedule', () => {
    test('is that of the configuration', async () => {
      const schedule = await call(aws().emulator, 'scheduler', 'GetSchedule', at);
      const [prod] = config.managers;
      expect(schedule).toMatchObject({
        State: 'ENABLED',
        ScheduleExpression: prod?.schedule,
        ScheduleExpressionTimezone: prod?.timeZone,
        Target: { Arn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:offsite-export` },
      });
      const { Schedules } = await call(aws().emulator, 'scheduler', 'ListSchedules', { GroupName: 'offsite' });
      // The other manager has none: its exports are started by hand.
      expect(Schedules.map(({ Name }: { Name: string }) => Name)).not.toContain('standby-export');
    });

    test('starts an export whose night is the scheduled time', async () => {
      const { Target } = await call(aws().emulator, 'scheduler', 'GetSchedule', at);
      const due = new Date();
      // The same for once, and soon.
      await call(aws().emulator, 'scheduler', 'CreateSchedule', {
        ...{ Name: 'once', GroupName: at.GroupName, FlexibleTimeWindow: { Mode: 'OFF' }, Target },
        ScheduleExpression: `at(${due.toISOString().slice(0, 19)})`,
      });
      const execution = await until('the schedule has started an export', async () => {
        const started = await aws().executions('export');
        return started.find(({ startDate }) => (startDate?.getTime() ?? 0) > due.getTime());
      });
      const ended = await aws().end(execution.executionArn ?? '');
      expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
      const { scheduledTime } = JSON.parse(ended.input);
      expect(RunReport.parse(ended.output).snapshot).toBe(snapshotIdAt(new Date(scheduledTime)));
    });

    reconciliationTests(aws);
  });
}

/** Reconciliations are started by a schedule alone. */
function reconciliationTests(aws: () => Deployment): void {
  test('a reconciliation ends well, as its schedule starts it', async () => {
    const { Schedules } = await call(aws().emulator, 'scheduler', 'ListSchedules', { GroupName: 'offsite' });
    const started: string[] = [];
    for (const { Name } of Schedules) {
      const { Target } = await call(aws().emulator, 'scheduler', 'GetSchedule', { Name, GroupName: 'offsite' });
      if (!Target.Arn.endsWith('-reconcile')) continue;
      started.push(Name);
      const input = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', new Date().toISOString()));
      const ended = await aws().run('reconcile', input);
      expect(ended.status, `${Name}: ${ended.history}`).toBe('SUCCEEDED');
    }
    expect(started.sort()).toEqual(['prod-reconcile', 'standby-reconcile']);
  });

  test.each([
    ['digest', {}],
    ['diagnose', { manager: 'prod' }],
  ] as const)('the machine %s, which tells people how things are', async (machine, input) => {
    const ended = await aws().run(machine, input);
    expect(ended.status, `${ended.cause} ${ended.history}`).toBe('SUCCEEDED');
  });
}

export function installationTests(aws: () => Deployment): void {
  describe('the installation', () => {
    test('may do all that it does: no call of any function was refused', () => {
      expect(aws().emulator.refusals()).toEqual([]);
    });

    test('may do no more: without its policy a step fails, and says why', async () => {
      const role = await aws().roleOf('offsite-claim-run');
      const policy = { RoleName: role, PolicyName: 'table' };
      const { PolicyDocument } = await call(aws().emulator, 'iam', 'GetRolePolicy', policy);
      await call(aws().emulator, 'iam', 'DeleteRolePolicy', policy);
      const ended = await aws().run('export', { manager: 'prod' });
      await call(aws().emulator, 'iam', 'PutRolePolicy', { ...policy, PolicyDocument: JSON.stringify(PolicyDocument) });
      expect(ended).toMatchObject({ status: 'FAILED', error: 'StorageRefused' });
      expect(ended.cause).toContain('AccessDenied');
      expect(aws().emulator.refusals()).not.toEqual([]);
    });

    test('lets not even an administrator store under another key', async () => {
      const credentials = await aws().user('administrator', [{ Action: '*', Resource: '*' }]);
      const admin = new S3Client({ ...aws().emulator.client, credentials });
      const { bucket: Bucket } = aws();
      const put = (how: object) => admin.send(new PutObjectCommand({ Bucket, Key: 'archives/x', Body: 'x', ...how }));
      await expect(put({ ServerSideEncryption: 'AES256' })).rejects.toMatchObject({ name: 'AccessDenied' });
      const SSEKMSKeyId = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
      await expect(put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId })).rejects.toMatchObject({
        name: 'AccessDenied',
      });
      const { KMSMasterKeyID } = await aws().encryption();
      const { VersionId, ...stored } = await put({});
      expect(stored).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KMSMasterKeyID });
      await admin.send(new DeleteObjectCommand({ Bucket, Key: 'archives/x', VersionId }));
    });

    test('writes no credential anywhere', async () => {
      const { events } = await call(aws().emulator, 'logs', 'FilterLogEvents', {
        logGroupName: await aws().logGroup(),
      });
      const logs = JSON.stringify(events);
      expect(logs).toContain('ExportSucceeded');
      const told = JSON.stringify(aws().reader.told);
      const histories = await aws().histories();
      for (const [where, text] of Object.entries({ logs, told, histories })) {
        expect(text.length, where).toBeGreaterThan(1000);
        expect(text.includes(PASSWORD), where).toBe(false);
      }
    });

    test('is as the code says: a second deployment would change nothing', async () => {
      expect(await aws().cdk('diff', '--fail')).toContain('no differences');
    });

    test('goes when the stack is deleted; the archives stay', async () => {
      const { s3, bucket: Bucket } = aws();
      const archives = async () => {
        const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'archives/' }));
        return (Versions ?? []).map(({ Key, VersionId, Size }) => [Key, VersionId, Size]);
      };
      const before = await archives();
      expect(before.length).toBeGreaterThan(2);
      await expect(aws().cdk('destroy', '--force')).rejects.toThrow(/[Tt]ermination ?[Pp]rotection/);
      const unprotected = { StackName: 'offsite', EnableTerminationProtection: false };
      await call(aws().emulator, 'cloudformation', 'UpdateTerminationProtection', unprotected);
      await aws().cdk('destroy', '--force');
      expect(await archives()).toEqual(before);
      const { Functions } = await call(aws().emulator, 'lambda', 'ListFunctions');
      const { stateMachines } = await call(aws().emulator, 'stepfunctions', 'ListStateMachines');
      expect([Functions, stateMachines]).toEqual([[], []]);
      const { SecretList } = await call(aws().emulator, 'secretsmanager', 'ListSecrets');
      expect(SecretList.map(({ Name }: { Name: string }) => Name).sort()).toEqual([
        'offsite/managers/prod',
        'offsite/managers/standby',
      ]);
      // Without their key the archives were as good as gone.
      const { KMSMasterKeyID } = await aws().encryption();
      const { KeyMetadata } = await call(aws().emulator, 'kms', 'DescribeKey', { KeyId: KMSMasterKeyID });
      expect(KeyMetadata.KeyState).toBe('Enabled');
    });
  });
}

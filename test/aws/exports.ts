import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { Manifest } from '../../lib/catalogue/records.ts';
import { RunReport } from '../../lib/export/contract.ts';
import { offsite } from './call.ts';
import type { Deployment, Ended } from './deployment.ts';

/** Real nights: time cannot be handed in to what is deployed. */
const nightBefore = (days: number) => {
  const date = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  return `${date}T03:30:00.000Z`;
};
const NIGHT = nightBefore(2);
const NEXT_NIGHT = nightBefore(1);

export function exportTests(aws: () => Deployment): void {
  /** The manager's snapshots, by id. */
  const onManager = () => aws().managers.prod.state.snapshots.map(({ id }) => id);

  describe('the deployed export', () => {
    test('says which secret is missing as long as nobody has filled it', async () => {
      const ended = await aws().run('export', { manager: 'prod' });
      expect(ended).toMatchObject({ status: 'FAILED', error: 'InvalidSecret' });
      expect(ended.cause).toMatch(/secret .*offsite\/managers\/prod/);
    });

    test.each([
      ['no manager', {}, /manager/],
      ['an unknown field', { manager: 'prod', when: 'now' }, /when/],
      ['a name that is none', { manager: 'Prod_1' }, /manager: must be 1-63 lower-case letters/],
    ])('refuses an input with %s in its first state, with a sentence', async (_, input, sentence) => {
      const ended = await aws().run('export', input);
      expect(ended).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
      expect(ended.cause).toMatch(sentence);
      expect(ended.cause).toContain('Nothing was started.');
      expect(ended.states).toEqual(['Begin', 'ClaimRun', 'RemoveUnverified', 'CleanUp', 'ReportFailure', 'Failed']);
    });

    test('stores what the manager wrote, byte for byte, and says that it is whole', async () => {
      const { managers } = aws();
      await aws().storeSecret('prod');
      const ended = await aws().run('export', { manager: 'prod', scheduledTime: NIGHT, reason: 'a test' });
      const report = succeeded(ended);
      const snapshot = snapshotIdAt(new Date(NIGHT));
      const month = NIGHT.slice(0, 7).replace('-', '/');
      expect(report.archive?.key).toBe(`archives/prod/${month}/${snapshot}.zip`);

      const archive = await read(aws(), report.archive?.key ?? '', report.archive?.versionId ?? undefined);
      const written = await managers.prod.archiveDigest(snapshot);
      expect(createHash('sha256').update(archive.bytes).digest('hex')).toBe(written.sha256);
      const { KMSMasterKeyID } = await aws().encryption();
      expect(archive.encryption).toEqual(['aws:kms', KMSMasterKeyID]);
      expect(archive.tags).toEqual({ expire: 'held' });
      const manifest = Manifest.parse(JSON.parse((await read(aws(), report.archive?.manifest ?? '')).bytes.toString()));
      expect(manifest).toMatchObject({
        archive: { versionId: report.archive?.versionId, size: written.size, bucket: aws().bucket },
        verification: { members: report.archive?.memberCount },
        execution: ended.executionArn,
      });
      const { Uploads } = await aws().s3.send(new ListMultipartUploadsCommand({ Bucket: aws().bucket }));
      expect(Uploads ?? []).toEqual([]);
    });

    test('tells the topic, once, what the execution says', async () => {
      const told = await aws().reader.find(({ message }) => message.includes('is stored and verified'));
      expect(RunReport.parse(JSON.parse(told.message))).toMatchObject({ outcome: 'succeeded', manager: 'prod' });
      expect(told.subject).toContain('prod');
      expect(aws().reader.told.filter(({ message }) => message.includes('is stored and verified'))).toHaveLength(1);
    });

    test('takes a second delivery of the same night for what it is', async () => {
      const before = await versions(aws());
      const ended = await aws().run('export', { manager: 'prod', scheduledTime: NIGHT });
      expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { claim: { outcome: 'duplicate' } } });
      expect(ended.states).not.toContain('CreateSnapshot');
      expect(await versions(aws())).toEqual(before);
    });

    test('is started, watched and judged from the command line as well', async () => {
      const wanted = ['export', '--manager', 'prod', '--scheduled-time', NEXT_NIGHT, '--wait', '--json'];
      const { code, stdout, stderr } = await offsite(aws().emulator, wanted);
      expect(code, stderr).toBe(0);
      const snapshot = snapshotIdAt(new Date(NEXT_NIGHT));
      expect(RunReport.parse(JSON.parse(stdout))).toMatchObject({ outcome: 'succeeded', manager: 'prod', snapshot });
    });

    test('has left as many snapshots on the manager as the configuration says', async () => {
      expect(onManager()).toEqual([snapshotIdAt(new Date(NEXT_NIGHT))]);
      expect(await versions(aws())).toHaveLength(2);
    });

    test('fails by name when the password is wrong, and people are told twice', async () => {
      await aws().storeSecret('standby', { password: 'of somebody else' });
      const ended = await aws().run('export', { manager: 'standby' });
      expect(ended).toMatchObject({ status: 'FAILED', error: 'CredentialsRejected' });
      const report = await aws().reader.find(({ message }) => message.includes('"CredentialsRejected"'));
      expect(RunReport.parse(JSON.parse(report.message))).toMatchObject({ outcome: 'failed', manager: 'standby' });
      // By the machine itself; and by EventBridge, which also knows of those that can tell nobody any more.
      const name = ended.executionArn.split(':').at(-1) ?? '';
      const notice = await aws().reader.find(({ message }) => message.includes(`execution ${name} of`));
      expect(notice.message).toContain('ended as FAILED');
      expect(await versions(aws(), 'archives/standby/')).toEqual([]);
    });
  });
}

function succeeded(ended: Ended): RunReport {
  expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
  return RunReport.parse(ended.output);
}

async function read({ s3, bucket }: Deployment, Key: string, VersionId?: string) {
  const at = { Bucket: bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) };
  const { Body, ServerSideEncryption, SSEKMSKeyId } = await s3.send(new GetObjectCommand(at));
  const { TagSet } = await s3.send(new GetObjectTaggingCommand(at));
  return {
    bytes: Buffer.from((await Body?.transformToByteArray()) ?? []),
    encryption: [ServerSideEncryption, SSEKMSKeyId],
    tags: Object.fromEntries((TagSet ?? []).map(({ Key: name, Value }) => [name, Value])),
  };
}

/** All versions of archives, newest last by name. */
async function versions({ s3, bucket }: Deployment, Prefix = 'archives/'): Promise<string[]> {
  const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix }));
  return (Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`).sort();
}

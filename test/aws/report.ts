import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GetObjectCommand, GetObjectRetentionCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { KeptReport } from '../../lib/report/contract.ts';
import { ReportRecord } from '../../lib/report/kept/record.ts';
import { offsite } from './call.ts';
import { type Deployment, LOCK_DAYS } from './deployment.ts';

/** The report that is kept, by the deployed function under its own policy and with the key of KMS. */
export function reportTests(aws: () => Deployment): void {
  describe('the report that is kept', () => {
    const bytesOf = async (Key: string, VersionId?: string) => {
      const { Body } = await aws().s3.send(new GetObjectCommand({ Bucket: aws().bucket, Key, VersionId }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };

    test('--keep makes it: its record is signed, and each file is locked and has the digest of the record', async () => {
      const { code, stdout, stderr } = await offsite(aws().emulator, ['report', '--keep', '--json']);
      expect([0, 1], stderr).toContain(code);
      const kept = KeptReport.parse(JSON.parse(stdout));
      const record = ReportRecord.parse(JSON.parse((await bytesOf(kept.record)).toString()));
      expect(record.signature?.value.length).toBeGreaterThan(60);
      expect(record.files.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['index.html', 'report.json', 'manager-prod.html', 'manager-standby.csv']),
      );
      const folder = kept.key.slice(0, kept.key.lastIndexOf('/'));
      for (const { name, sha256, versionId } of [...record.files, { name: '', sha256: '', versionId: null }]) {
        const key = name === '' ? kept.record : `${folder}/${name}`;
        const at = { Bucket: aws().bucket, Key: key, VersionId: versionId ?? undefined };
        const { Retention } = await aws().s3.send(new GetObjectRetentionCommand(at));
        expect(Retention?.Mode, key).toBe('GOVERNANCE');
        const days = ((Retention?.RetainUntilDate?.getTime() ?? 0) - Date.parse(record.madeAt)) / 86_400_000;
        expect(Math.round(days), key).toBe(LOCK_DAYS);
        if (name === '') continue;
        const bytes = await bytesOf(key, versionId ?? undefined);
        expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sha256);
      }
      const { message } = await aws().reader.find(({ message }) => message.includes(kept.key));
      expect(message).not.toMatch(/https?:|X-Amz/);
    });

    test('--open fetches it, and has checked the signature', async () => {
      const folder = join(aws().emulator.dir, 'opened');
      const { code, stdout, stderr } = await offsite(aws().emulator, ['report', '--open', '--html', folder]);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/Signed with the key [0-9a-f]{64}\.\nReport: /);
    });
  });
}

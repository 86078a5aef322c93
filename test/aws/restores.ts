import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { MarkRecord } from '../../lib/catalogue/records.ts';
import { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import type { Deployment } from './deployment.ts';

/** All records below a prefix. */
async function records({ s3, bucket: Bucket }: Deployment, Prefix: string): Promise<unknown[]> {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  const texts = (Contents ?? []).map(async ({ Key }) => {
    return await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  });
  return (await Promise.all(texts)).map((text) => JSON.parse(text ?? ''));
}

export function verifyTests(aws: () => Deployment): void {
  test('the deployed verification reads stored archives again, and marks them', async () => {
    const ended = await aws().run('verify', { all: true });
    expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded' } });
    const marks = (await records(aws(), 'marks/prod/')).map((mark) => MarkRecord.parse(mark));
    const archives = await records(aws(), 'manifests/prod/');
    expect(marks.map(({ result }) => result)).toEqual(archives.map(() => 'sound'));
    expect(archives.length).toBeGreaterThan(1);
  });
}

export function restoreTests(aws: () => Deployment): void {
  const evidence = async (manager: string): Promise<RestoreEvidence[]> =>
    (await records(aws(), `restores/${manager}/`)).map((record) => RestoreEvidence.parse(record));

  describe('the deployed restore', () => {
    test('refuses a manager that is not empty, and leaves it as it was', async () => {
      const ended = await aws().run('restore', { manager: 'prod' });
      expect(ended).toMatchObject({ status: 'FAILED', error: 'TargetNotEmpty' });
      expect(ended.states).not.toContain('UploadArchive');
      expect(await evidence('prod')).toMatchObject([{ state: 'failed', error: 'TargetNotEmpty' }]);
    });

    test('brings the newest archive to an empty manager, by a signed URL, and proves it', async () => {
      const { prod, standby } = aws().managers;
      await aws().storeSecret('standby');
      const ended = await aws().run('restore', { manager: 'standby', sourceManager: 'prod', reason: 'a test' });
      expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
      const [proof] = await evidence('standby');
      expect(proof).toMatchObject({
        state: 'succeeded',
        method: 'url',
        execution: ended.executionArn,
        archive: { manager: 'prod', snapshot: prod.state.snapshots.at(-1)?.id },
        verification: { outcome: 'complete' },
      });
      expect(standby.state.content.users).toBe(prod.state.content.users);
      for (const tenant of prod.state.tenants) {
        const held = (of: typeof prod) => of.state.content.holding(tenant, 'deployments').size;
        expect(held(standby), `deployments of ${tenant}`).toBe(held(prod));
      }
      const told = await aws().reader.find(
        ({ message }) => message.includes('"standby"') && message.includes('Restored'),
      );
      expect(told.subject).toContain('standby');
    });
  });
}

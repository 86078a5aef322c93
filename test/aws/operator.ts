import { describe, expect, test } from 'vitest';
import { Manifest } from '../../lib/catalogue/records.ts';
import { offsite } from './call.ts';
import { type Credentials, config, type Deployment } from './deployment.ts';

const RECORDS = ['keys', 'indexes', 'manifests', 'marks', 'keeps', 'accepts', 'runs', 'claims', 'restores'];

export function operatorTests(aws: () => Deployment): void {
  describe('a person with the permissions that docs/reference/cli.md names', () => {
    let person: Credentials;
    const ask = async (wantedCode: number, ...parameters: string[]) => {
      const { code, stdout, stderr } = await offsite(aws().emulator, [...parameters, '--json'], person);
      expect(code, stderr).toBe(wantedCode);
      return JSON.parse(stdout);
    };

    test('sees the archives that there are, and all that is known of one', async () => {
      const bucket = `arn:aws:s3:::${aws().bucket}`;
      person = await aws().user('operator', [
        { Action: ['states:ListStateMachines', 'states:ListTagsForResource'], Resource: '*' },
        { Action: 'scheduler:GetSchedule', Resource: '*' },
        { Action: ['s3:ListBucket', 's3:ListBucketVersions'], Resource: bucket },
        { Action: 's3:GetObject', Resource: RECORDS.map((folder) => `${bucket}/${folder}/*`) },
        { Action: 's3:GetObjectVersionTagging', Resource: `${bucket}/archives/*` },
      ]);
      const { archives, place } = await ask(0, 'list', '--manager', 'prod');
      expect(place).toBe(`s3://${aws().bucket}`);
      expect(archives.length).toBeGreaterThan(1);
      const { expire, manifest } = await ask(0, 'show', 'prod/latest');
      expect(expire).toBe('held');
      expect(Manifest.parse(manifest).archive.key).toBe(archives.at(-1).key);
    });

    test('sees how every manager is', async () => {
      // The hour of Berlin is one or two before it in UTC.
      const hour = Number(/^cron\(30 (\d+) /.exec(config.managers[0]?.schedule ?? '')?.[1]);
      const due = new RegExp(`T(${[1, 2].map((less) => `${(hour + 24 - less) % 24}`.padStart(2, '0')).join('|')}):30`);
      // 1: the exports of one have failed so far, and it has no archive.
      const { managers } = await ask(1, 'status', '--config', aws().configFile());
      expect(managers).toMatchObject([
        { manager: 'prod', stale: false, lastRun: { state: 'succeeded' }, nextRun: expect.stringMatching(due) },
        { manager: 'standby', archive: null, lastRun: { error: 'CredentialsRejected' }, nextRun: 'none' },
      ]);
    });
  });
}

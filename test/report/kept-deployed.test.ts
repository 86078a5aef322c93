import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PutObjectRetentionCommandInput } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeptReport } from '../../lib/report/contract.ts';
import type { ReportRecord } from '../../lib/report/kept/record.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { problems } from '../support/published-schemas.ts';

const DAYS = 14;
let world: DeployedWorld;
const locks: PutObjectRetentionCommandInput[] = [];
beforeAll(async () => {
  world = await DeployedWorld.start({ rules: { lock: { mode: 'governance', days: DAYS } } });
  world.client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'PutObjectRetentionCommand') return await next(args);
        // The embedded store has no such request.
        locks.push(args.input as PutObjectRetentionCommandInput);
        return { output: { $metadata: {} }, response: {} } as never;
      },
    { step: 'initialize', name: 'locks' },
  );
  const { code } = await world.offsite('export --manager m1 --scheduled-time 2026-01-22T02:00:00Z --wait');
  expect(code).toBe(0);
  locks.splice(0);
});
afterAll(async () => await world.stop());

const stored = async (key: string) => await readFile(join(world.dir, 'offsite', key));

test('report --keep in AWS: the state machine makes it, signed, and every file and the record locked like evidence', async () => {
  const { code, out, err } = await world.offsite('report --keep --json');
  const kept = JSON.parse(out) as KeptReport;
  expect(problems('report-keep', kept)).toEqual([]);
  expect([code, err]).toEqual([kept.verdicts['at-risk'] > 0 ? 1 : 0, expect.any(String)]);
  const execution = world.sfn.executions.at(-1);
  expect([execution?.machine, execution?.input]).toEqual([expect.stringMatching(/report$/), '{}']);
  expect(kept.execution).toBe(execution?.arn);
  const record = JSON.parse((await stored(kept.record)).toString()) as ReportRecord;
  expect(record.signature?.value.length).toBeGreaterThan(60);
  const folder = kept.key.slice(0, kept.key.lastIndexOf('/'));
  expect(record.files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['index.html', 'report.json', 'manager-m1.html', 'manager-m1.json', 'manager-m1.csv']),
  );
  for (const { name, sha256 } of record.files)
    expect(
      createHash('sha256')
        .update(await stored(`${folder}/${name}`))
        .digest('hex'),
      name,
    ).toBe(sha256);
  const locked = new Map(locks.map(({ Key, VersionId, Retention }) => [Key, { VersionId, ...Retention }]));
  expect([...locked.keys()].sort()).toEqual(
    [...record.files.map(({ name }) => `${folder}/${name}`), kept.record].sort(),
  );
  for (const { name, versionId } of record.files) {
    const lock = locked.get(`${folder}/${name}`);
    expect([lock?.VersionId, lock?.Mode]).toEqual([versionId, 'GOVERNANCE']);
    const spent = (lock?.RetainUntilDate?.getTime() ?? 0) - Date.parse(record.madeAt);
    expect(Math.round(spent / 86_400_000)).toBe(DAYS);
  }
});

test('report --open in AWS: what the machine has kept, checked', async () => {
  const folder = join(world.dir, 'opened');
  const { code, out } = await world.offsite(['report', '--open', '--html', folder]);
  expect(code).toBe(0);
  expect(out).toMatch(/Signed with the key [0-9a-f]{64}\.\nReport: /);
  expect(await readFile(join(folder, 'manager-m1.html'), 'utf8')).toContain('m1');
});

test('what report --json prints of an installation is as the published schemas say, with and without a deployed schedule', async () => {
  const schedule = { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', isEnabled: true };
  for (const schedules of [undefined, {}, { 'offsite/m1-export': { expression: schedule.expression } }]) {
    world.scheduler.schedules = schedules;
    const fleet = JSON.parse((await world.offsite('report --json')).out);
    const one = JSON.parse((await world.offsite('report --manager m1 --json')).out);
    expect([problems('report', fleet), problems('report-manager', one)]).toEqual([[], []]);
    expect(one.status.schedule).toEqual(schedules && ('offsite/m1-export' in schedules ? schedule : null));
  }
});

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { signing } from '../support/signing.ts';

let one: ReconcileWorld;
let files: string[] = [];
beforeEach(async () => {
  one = await ReconcileWorld.start(4);
  process.env.AWS_REGION = 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID = 'local';
  process.env.AWS_SECRET_ACCESS_KEY = 'local';
});
afterEach(async () => {
  await one.stop();
  await Promise.all(files.map((file) => rm(file, { force: true })));
  files = [];
});

async function offsite(...args: string[]) {
  const shown = { code: -1, out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({
    write: (text: string) => {
      shown[stream] += text;
    },
  });
  const store = ['--local', '--bucket', one.world.bucket, '--s3-endpoint', one.world.s3.url];
  shown.code = await main(['reconcile', '--manager', 'm1', ...store, ...args], {
    ...{ out: to('out'), err: to('err'), interrupt: new AbortController().signal, signing, clock: one.world.clock },
  });
  return shown;
}

async function file(name: string, text: string): Promise<string> {
  const path = join(one.world.dir, name);
  await writeFile(path, text);
  files.push(path);
  return path;
}

const CONFIG = JSON.stringify({ managers: [{ id: 'm1', schedule: 'cron(0 2 * * ? *)' }] });

async function untag(): Promise<void> {
  const { PutObjectTaggingCommand } = await import('@aws-sdk/client-s3');
  const at = { Bucket: one.world.bucket, Key: one.keys(3).archive, Tagging: { TagSet: [] } };
  await one.world.client.send(new PutObjectTaggingCommand(at));
}

test('nothing is odd: exit 0, what was looked at', async () => {
  const { code, out } = await offsite();
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^Nothing is odd about manager m1\.\nLooked at {2}4 archives, /),
  ]);
  expect(out).toContain('the manager was not asked');
});

test('dry run by default: exit 1 and nothing is changed; --repair needs the configuration, then mends', async () => {
  await untag();
  const before = await one.state();
  const dry = await offsite();
  expect([dry.code, dry.out]).toEqual([
    1,
    expect.stringMatching(/^WrongTag \(could be repaired: --repair\)\n {2}archives/),
  ]);
  expect(await offsite('--repair')).toMatchObject({ code: 2, err: expect.stringContaining('--config FILE') });
  expect(await one.state()).toEqual(before);
  const mended = await offsite('--repair', '--config', await file('offsite.json', CONFIG));
  expect([mended.code, mended.out]).toEqual([0, expect.stringMatching(/^WrongTag \(repaired\)/)]);
  expect(await one.tagOf(one.keys(3).archive)).toBe('held');
});

test('with the configuration nights are known, with the address of the manager its snapshots; --json is the report', async () => {
  one.skip();
  await one.night();
  one.world.manager.state.addSnapshot(one.nights[0] ?? '', 'failed');
  const password = await file('password', one.world.secret.password ?? '');
  const manager = [
    '--manager-url',
    one.world.secret.endpoints[0] ?? '',
    '--username',
    'admin',
    '--password-file',
    password,
  ];
  const config = ['--config', await file('offsite.json', CONFIG)];
  const { code, out } = await offsite(...config, ...manager, '--json');
  const report = JSON.parse(out);
  expect(code).toBe(1);
  expect(report).toMatchObject({ dryRun: true, missingNights: 1, lookedAt: { snapshots: 3 } });
  expect(report.findings.map((found: { kind: string }) => found.kind).sort()).toEqual([
    'MissingNight',
    'StaleSnapshot',
  ]);
  expect(one.world.manager.state.snapshots).toHaveLength(3);
});

test.each<[string, string[], RegExp]>([
  ['a wrong manager', ['--manager', 'M1'], /M1: is not the name of a manager/],
  ['a flag of the other way', ['--installation', 'offsite'], /--installation is for what is deployed/],
  ['a configuration that is none', ['--config', '/nowhere.json'], /cannot be read \(ENOENT\)/],
  ['an address without credentials', ['--manager-url', 'https://m1.example'], /needs credentials/],
])('%s: exit 2, one line', async (_, args, says) => {
  const { code, err } = await offsite(...args);
  expect([code, err]).toEqual([2, expect.stringMatching(says)]);
});

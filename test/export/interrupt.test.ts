import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';

let dir: string;
let manager: SimulatedManager;
let s3: LocalS3;
let client: S3Client;
/** What a process needs to use the store. */
const accessTo = ({ access: { region, credentials } }: LocalS3) => ({
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-interrupt-'));
  s3 = await startLocalS3({ dir: join(dir, 's3') });
  client = s3Client({
    ...s3.access,
    endpoint: s3.url,
  });
  await client.send(new CreateBucketCommand({ Bucket: 'offsite' }));
  await writeFile(join(dir, 'password'), 'canary-Passw0rd');
});
afterEach(async () => {
  client.destroy();
  await Promise.all([manager.close(), s3.close()]);
  await rm(dir, { recursive: true, force: true });
});

/** A real process, stopped by a real signal when it shows `when` on standard error. */
async function interruptedAt(when: string): Promise<{ code: number | null; out: string; err: string }> {
  const flags = [
    '--manager',
    'm1',
    '--manager-url',
    manager.urls[0] ?? '',
    '--username',
    'admin',
    '--password-file',
    join(dir, 'password'),
  ];
  const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));
  const where = ['--s3-endpoint', s3.url, '--bucket', 'offsite', '--json'];
  const child = spawn(process.execPath, [bin, 'export', '--local', ...flags, ...where], {
    env: { ...process.env, ...accessTo(s3) },
  });
  const shown = { out: '', err: '' };
  let asked = false;
  child.stdout.on('data', (text) => {
    shown.out += text;
  });
  child.stderr.on('data', (text) => {
    shown.err += text;
    // Once: who asks twice is not asking to clean up.
    if (shown.err.includes(when) && !asked) asked = child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...shown };
}

async function expectNothingLeft(): Promise<void> {
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: 'offsite' }));
  expect(uploads.Uploads ?? []).toEqual([]);
  const bucket = join(dir, 's3', 'offsite');
  const left = await readdir(bucket, { recursive: true, withFileTypes: true });
  const files = left.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.map((file) => file.slice(bucket.length))).toEqual([expect.stringMatching(/^\/runs\/m1\//)]);
  const record = JSON.parse(await readFile(files[0] ?? '', 'utf8'));
  expect(record).toMatchObject({ state: 'failed', error: 'Interrupted' });
}

test('Ctrl-C during the transfer: exit 130, no upload left open, the whole snapshot stays on the manager', async () => {
  manager = await startSimulatedManager({
    password: 'canary-Passw0rd',
    createSeconds: 0,
    archive: { sizeBytes: 30e6 },
  });
  manager.faults.inject('slowDrip', { bytesPerChunk: 50_000, delayMs: 20 });
  const { code, out, err } = await interruptedAt('Copying to storage');
  expect([code, JSON.parse(out)]).toEqual([130, expect.objectContaining({ outcome: 'failed', error: 'Interrupted' })]);
  expect(err).toMatch(/offsite: Interrupted: .*\n {2}Aborted 1 unfinished upload/);
  await expectNothingLeft();
  expect(manager.state.snapshots.map((row) => row.status)).toEqual(['created']);
});

test('Ctrl-C while the snapshot is made: exit 130, no half-made snapshot is left', async () => {
  manager = await startSimulatedManager({ password: 'canary-Passw0rd', createSeconds: 3600 });
  const { code, out, err } = await interruptedAt('Waiting for the snapshot');
  expect([code, JSON.parse(out).error]).toEqual([130, 'Interrupted']);
  expect(err).toContain('was half-made and has been deleted');
  await expectNothingLeft();
  expect(manager.state.snapshots).toEqual([]);
});

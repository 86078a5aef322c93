import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { ACCESS, type Command, type Mode, type Where } from './stores.ts';

export interface Served {
  readonly url: string;
  readonly s3: S3Client;
  stop(): Promise<void>;
}

/** A Java server on a busy machine takes more than a minute. */
const START_SECONDS = 180;

/** Starts the server on an empty folder, and waits until it answers. */
export async function serve(commandOf: (where: Where) => Command, mode: Mode): Promise<Served> {
  const dir = await mkdtemp(join(tmpdir(), 'offsite-foreign-'));
  for (const name of ['data', 'versions']) await mkdir(join(dir, name));
  const offered = await freePort();
  const { program, parameters, env, files = {}, port = offered } = commandOf({ port: offered, dir, mode });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const child = spawn(program, parameters, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => void said.push(String(data)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  for (let left = START_SECONDS; !(await answers(url)); left--) {
    if (left === 0 || child.exitCode !== null) {
      await stop();
      throw new Error(`${program} does not answer at ${url}: ${said.join('').slice(-2000)}`);
    }
    await sleep(1000);
  }
  const s3 = s3Client({ endpoint: url, region: 'us-east-1', credentials: ACCESS });
  return {
    url,
    s3,
    stop: async () => {
      s3.destroy();
      await stop();
    },
  };
}

export async function makeBucket(s3: S3Client, Bucket: string, mode: Mode): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  if (mode === 'unversioned') return;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

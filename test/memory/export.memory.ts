import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const GiB = 1024 ** 3;
const LIMIT = 250e6;
const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));
const access = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'us-east-1' };

let dir: string;
const servers: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-memory-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.kill();
  await rm(dir, { recursive: true, force: true });
});

/** As `npm run offsite` runs it. */
function offsite(...args: string[]): ChildProcess {
  const options = { env: { ...process.env, ...access }, stdio: ['ignore', 'pipe', 'inherit'] as const };
  return spawn(process.execPath, ['--max-old-space-size=96', '--max-semi-space-size=4', bin, ...args], {
    ...options,
    stdio: [...options.stdio],
  });
}

/** Starts a server of ours and gives the address that it prints. */
async function serve(...args: string[]): Promise<string> {
  const server = offsite(...args);
  servers.push(server);
  return await new Promise((resolve, reject) => {
    server.stdout?.on('data', (text: Buffer) => {
      const url = /https?:\/\/[\d.:]+/.exec(text.toString())?.[0];
      if (url) resolve(url);
    });
    server.on('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

/** Peak resident memory in bytes, as the kernel counts it, or undefined once the process has gone. */
function peakOf(pid: number): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

// /proc is Linux's; elsewhere nobody tells a process's peak from outside.
test.skipIf(process.platform !== 'linux')('5 GiB are exported and verified by a process of under 250 MB', async () => {
  await writeFile(join(dir, 'password'), 'admin');
  const manager = await serve('simulate-manager', '--size', '5GiB', '--create-seconds', '0');
  const s3 = await serve('local-s3', '--dir', join(dir, 's3'));
  const from = [
    '--manager',
    'big',
    '--manager-url',
    manager,
    '--username',
    'admin',
    '--password-file',
    join(dir, 'password'),
  ];
  const run = offsite('export', '--local', '--json', ...from, '--s3-endpoint', s3, '--bucket', 'offsite');
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(run.pid ?? 0) ?? 0);
  }, 200);
  let out = '';
  run.stdout?.on('data', (text: Buffer) => {
    out += text.toString();
  });
  const code = await new Promise((resolve) => run.on('close', resolve));
  clearInterval(watch);
  process.stdout.write(`peak resident memory: ${(peak / 1e6).toFixed(0)} MB\n`);
  expect([code, JSON.parse(out)]).toEqual([
    0,
    expect.objectContaining({ outcome: 'succeeded', archive: expect.objectContaining({ size: 5 * GiB }) }),
  ]);
  expect(peak).toBeGreaterThan(50e6);
  expect(peak).toBeLessThan(LIMIT);
});

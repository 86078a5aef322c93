import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

export const GiB = 1024 ** 3;
/** What one process may take, whatever the archive's size. */
export const LIMIT = { export: 200e6, restore: 250e6 };
/** What `local-s3` printed: the key pair that the next processes need. */
const access: Record<string, string> = {};

/** Commands of ours in processes of their own, with a folder for what they write. */
export class Processes {
  readonly dir: string;
  readonly #servers: ChildProcess[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async begin(): Promise<Processes> {
    const processes = new Processes(await mkdtemp(join(tmpdir(), 'offsite-memory-')));
    await writeFile(join(processes.dir, 'password'), 'admin');
    return processes;
  }

  /** Starts a server of ours and gives the address that it prints. */
  async serve(...args: string[]): Promise<string> {
    const server = offsite(...args);
    this.#servers.push(server);
    return await new Promise((resolve, reject) => {
      server.stdout?.on('data', (text: Buffer) => {
        for (const [, name = '', value = ''] of text.toString().matchAll(/^(AWS_\w+)=(.*)$/gm)) access[name] = value;
        const url = /https?:\/\/[\d.:]+/.exec(text.toString())?.[0];
        if (url) resolve(url);
      });
      server.on('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    });
  }

  /** Flags of a simulated manager. */
  manager(name: string, url: string): string[] {
    const login = ['--username', 'admin', '--password-file', join(this.dir, 'password')];
    return ['--manager', name, '--manager-url', url, ...login];
  }

  async end(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export interface Ended {
  readonly code: unknown;
  readonly document: unknown;
  /** Peak resident memory in bytes, as the kernel counts it. */
  readonly peak: number;
}

/** Runs a command with `--json` to its end. */
export async function run(...args: string[]): Promise<Ended> {
  const child = offsite(...args, '--json');
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0) ?? 0);
  }, 200);
  let out = '';
  child.stdout?.on('data', (text: Buffer) => {
    out += text.toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  process.stdout.write(`${args[0]}: peak resident memory ${(peak / 1e6).toFixed(0)} MB\n`);
  return { code, document: JSON.parse(out), peak };
}

/** By its first line, which sets the limits that people run it with. */
function offsite(...args: string[]): ChildProcess {
  const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
  return spawn(inject('command'), args, {
    env: { ...process.env, ...access, PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Undefined once the process has gone. */
function peakOf(pid: number): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../bench/first-line.ts';

const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));
const plants = fileURLToPath(new URL('./plants.ts', import.meta.url));
/** Far more than any retry that these faults lead to: a manager that is away for two seconds costs two waits at most. */
const LIMIT_MS = 300_000;

export interface Ended {
  /** Null: killed. */
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export interface Surroundings {
  readonly dir: string;
  /** Name of a fault that is planted into the commands (plants.ts). */
  readonly plant: string | undefined;
}

function start({ dir, plant }: Surroundings, args: readonly string[], access: Record<string, string>): ChildProcess {
  const env = { ...process.env, XDG_STATE_HOME: join(dir, 'state'), ...access };
  const planted = plant === undefined ? [] : ['--import', plants];
  return spawn(process.execPath, [...nodeFlags, ...planted, bin, ...args], {
    env: plant === undefined ? env : { ...env, OFFSITE_CHAOS_PLANT: plant },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A command on its way. */
export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(around: Surroundings, args: readonly string[], access: Record<string, string>) {
    const began = Date.now();
    const child = start(around, args, access);
    let [out, err, timedOut] = ['', '', false];
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    const limit = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(limit);
        resolve({ code, timedOut, out, err, ms: Date.now() - began });
      });
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A server that may be killed, and is then started again at its address. */
export class Server {
  readonly #around: Surroundings;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  port = 0;
  /** What `local-s3` printed: the key pair that clients sign with. */
  readonly access: Record<string, string> = {};

  constructor(around: Surroundings, args: readonly string[]) {
    this.#around = { ...around, plant: undefined };
    this.#args = args;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = start(this.#around, [...this.#args, '--port', String(this.port)], {});
    this.#child = child;
    let [out, err] = ['', ''];
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (text: Buffer) => {
        out += text.toString();
        for (const [, name = '', value = ''] of out.matchAll(/^(AWS_\w+)=(.*)$/gm)) this.access[name] = value;
        const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1];
        if (port === undefined) return;
        this.port = Number(port);
        resolve();
      });
      child.on('close', (code) => reject(new Error(`${this.#args[0]} ended with ${code}: ${err.slice(-500)}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OLDEST_NODE } from '../../lib/base/software.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The oldest Node that package.json allows, and the newest that this test was made for. */
export const NODES = [OLDEST_NODE, '26.12.1'] as const;

/** The folder with `node` of that version, from the registry; kept in `.tools` for the next time. */
function nodeFolder(version: string): string {
  const name = `node-linux-${arch()}`;
  const folder = join(root, '.tools', `node-${version}`);
  const bin = join(folder, 'node_modules', name, 'bin');
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${version}`]);
  }
  return bin;
}

/** A command of the Dockerfile, with its folder `/` somewhere else: no container engine is needed to try it. */
function step(begin: string, folder: string): string {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const command = dockerfile.split('\n').find((line) => line.startsWith(`RUN ${begin}`)) ?? '';
  return command.slice('RUN '.length).replaceAll(/ \/(?=\S|$)/g, ` ${folder}/`);
}

/** The package as the image has it. Gives the tarball. */
export function pack(into: string): string {
  execFileSync('sh', ['-c', step('npm pack', into)], { cwd: root, stdio: 'pipe' });
  const tarball = readdirSync(into).find((name) => name.endsWith('.tgz'));
  return join(into, tarball ?? 'none was made');
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The package, installed for all users into a prefix and with a HOME that hold nothing else. */
export class Installed {
  readonly dir = mkdtempSync(join(tmpdir(), 'offsite-installed-'));
  readonly prefix = join(this.dir, 'prefix');
  readonly home = join(this.dir, 'home');
  readonly #node: string;
  readonly #running = new Set<ChildProcess>();

  constructor(tarball: string, version: string) {
    this.#node = nodeFolder(version);
    mkdirSync(this.home);
    copyFileSync(tarball, join(this.dir, basename(tarball)));
    execFileSync('sh', ['-c', step('npm install', this.dir)], { cwd: this.dir, env: this.env(), stdio: 'pipe' });
  }

  /** Nothing of the test's own environment: what cron gives is less than what a shell has. */
  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const path = [join(this.prefix, 'bin'), this.#node, '/usr/bin', '/bin'].join(':');
    return { HOME: this.home, PATH: path, npm_config_prefix: this.prefix, ...more };
  }

  npm(...args: string[]): void {
    execFileSync('npm', args, { cwd: this.dir, env: this.env(), stdio: 'pipe' });
  }

  /** Starts the command as a shell would: by its name. `watch` sees all that it has written on standard error. */
  start(args: readonly string[], watch?: (err: string, child: ChildProcess) => void, env?: NodeJS.ProcessEnv) {
    const child = spawn('offsite', args, { cwd: '/', env: this.env(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    const shown = { out: '', err: '' };
    child.stdout.on('data', (text) => {
      shown.out += text;
    });
    child.stderr.on('data', (text) => {
      shown.err += text;
      watch?.(shown.err, child);
    });
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...shown })));
    return { child, ended };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** A command that serves until it is stopped; gives the first address that it prints. */
  serve(...args: string[]): Promise<string> {
    const { child, ended } = this.start(args);
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (text: Buffer) => {
        const url = /https?:\/\/[\d.:]+/.exec(text.toString())?.[0];
        if (url !== undefined) resolve(url);
      });
      void ended.then(({ code, err }) => reject(new Error(`offsite ${args.join(' ')} ended with ${code}: ${err}`)));
    });
  }

  /** Ends what still runs, and removes everything. */
  async end(): Promise<void> {
    const gone = [...this.#running].map((child) =>
      child.exitCode === null && child.signalCode === null
        ? new Promise((resolve) => child.once('close', resolve).kill('SIGTERM'))
        : undefined,
    );
    await Promise.all(gone);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

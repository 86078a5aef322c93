import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FaultProxy } from './fault-proxy.ts';
import type { Command, Plan } from './plan.ts';
import { Running, Server, type Surroundings } from './processes.ts';

const run = promisify(execFile);
const judge = fileURLToPath(new URL('./judge.py', import.meta.url));
const DAY_MS = 86_400_000;
/** What a round of `expire` finds older than it was: after three of them days of the class `daily` are over. */
const AGED_DAYS = 10;
type Store = Plan['store'];

/** A manager, a target, a folder and an S3, each a process, with a wire before each that can fail. */
export class Lab {
  readonly #around: Surroundings;
  readonly manager: Server;
  /** Of restores: empty at the start of each. */
  readonly target: Server;
  readonly s3: Server;
  #wires: { manager: FaultProxy; target: FaultProxy; s3: FaultProxy } | undefined;

  private constructor(around: Surroundings) {
    this.#around = around;
    const simulated = ['simulate-manager', '--size', '200KiB', '--create-seconds', '1', '--restore-seconds', '1'];
    this.manager = new Server(around, simulated);
    this.target = new Server(around, [...simulated, '--holds', 'nothing']);
    this.s3 = new Server(around, ['local-s3', '--dir', join(around.dir, 's3')]);
  }

  static async start(plant: string | undefined): Promise<Lab> {
    const dir = await mkdtemp(join(tmpdir(), 'offsite-chaos-'));
    const lab = new Lab({ dir, plant });
    await writeFile(join(dir, 'password'), 'admin');
    await writeFile(join(dir, 'offsite.json'), JSON.stringify({ managers: [{ id: 'm1' }] }));
    await Promise.all([lab.manager, lab.target, lab.s3].map((server) => server.start()));
    lab.#wires = {
      manager: await FaultProxy.start(lab.manager.port),
      target: await FaultProxy.start(lab.target.port),
      s3: await FaultProxy.start(lab.s3.port),
    };
    await lab.target.kill();
    return lab;
  }

  get wires() {
    if (!this.#wires) throw new Error('The lab has not started.');
    return this.#wires;
  }

  get dir(): string {
    return this.#around.dir;
  }

  begin(store: Store, command: Command, night: Date): Running {
    const access = store === 's3' ? this.s3.access : {};
    return new Running(this.#around, this.#argsOf(store, command, night), access);
  }

  #argsOf(store: Store, command: Command, night: Date): string[] {
    const { manager, target, s3 } = this.wires;
    const folder = join(this.dir, 'folder');
    const place = (option: string) =>
      store === 'folder' ? [option, folder] : ['--bucket', 'offsite', '--s3-endpoint', s3.url];
    const login = ['--username', 'admin', '--password-file', join(this.dir, 'password')];
    const at = (url: string) => ['--manager', 'm1', '--manager-url', url, ...login];
    const common = ['--local', '--json'];
    switch (command) {
      case 'export':
        return ['export', ...common, ...place('--to'), ...at(manager.url), '--scheduled-time', night.toISOString()];
      case 'restore':
        return ['restore', ...common, ...place('--from'), ...at(target.url), '--allow-partial', '--yes'];
      case 'verify':
        return ['verify', ...common, ...place('--from'), '--all'];
      case 'reconcile': {
        const config = ['--config', join(this.dir, 'offsite.json'), '--repair'];
        return ['reconcile', ...common, ...place('--from'), '--manager', 'm1', ...config];
      }
      case 'expire':
        return ['retention', 'expire', ...common, ...place('--from'), '--yes'];
    }
  }

  /** What Python says about the store now: a line for each violation. */
  async judge(store: Store, ...args: string[]): Promise<string[]> {
    const { stdout } = await run('python3', [judge, join(this.dir, store), join(this.dir, `${store}.seen`), ...args]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** Days pass in the folder: the days of retention count from when something was stored. */
  async age(): Promise<void> {
    const objects = join(this.dir, 'folder', '.offsite-s3', 'offsite', 'objects');
    for (const name of await readdir(objects).catch(() => [])) {
      const file = join(objects, name, 'record.json');
      const text = await readFile(file, 'utf8').catch(() => '');
      const aged = text.replaceAll(/("lastModified": ")([^"]+)/g, (_, before: string, time: string) => {
        return `${before}${new Date(Date.parse(time) - AGED_DAYS * DAY_MS).toISOString()}`;
      });
      if (text !== '') await writeFile(file, aged);
    }
  }

  async end(keep: boolean): Promise<void> {
    for (const server of [this.manager, this.target, this.s3]) await server.kill();
    for (const wire of Object.values(this.wires)) await wire.close();
    if (!keep) await rm(this.dir, { recursive: true, force: true });
  }
}

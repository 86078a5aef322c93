import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { main } from '../../lib/cli/main.ts';
import { defaultRules, type ManagerRules } from '../../lib/config/manager-rules.ts';
import { localDeps } from '../../lib/local/deps.ts';
import type { ManagerSecretFields } from '../../lib/manager/secret.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import type { Sealing } from '../../lib/storage/seal.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from './clock.ts';
import { memoryDisk } from './run-folder.ts';
import { SchedulerDouble } from './scheduler-double.ts';
import { signing, worldSealing } from './signing.ts';
import { StepFunctionsDouble, type WireExecution } from './step-functions.ts';
import { smallSettings } from './world.ts';

const PASSWORD = 'canary-Passw0rd';

export interface Shown {
  code: number;
  out: string;
  err: string;
}

export interface Watching {
  readonly tty?: boolean;
  readonly ask?: (question: string) => Promise<string>;
  /** Ctrl-C when this is shown on standard error. */
  readonly stopAt?: string | RegExp;
  readonly now?: Date;
}

interface Options {
  readonly others?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  /** What is configured of every manager, beside that credentials of m1 may be sent to it. */
  readonly rules?: Partial<ManagerRules>;
  /** With which functions sign and judge records; without it they do neither. */
  readonly sealing?: Sealing;
}

/** An installation as the command line sees it: Step Functions, S3, and behind them managers. */
export class DeployedWorld {
  readonly clock: VirtualClock;
  readonly sfn: StepFunctionsDouble;
  readonly scheduler: SchedulerDouble;
  readonly s3: LocalS3;
  readonly client: S3Client;
  readonly dir: string;
  readonly managers: Readonly<Record<'m1' | 'm2', SimulatedManager>>;
  /** Called before each step of each execution. */
  before: ((step: StepName, execution: WireExecution) => unknown) | undefined;

  private constructor(
    parts: Pick<DeployedWorld, 'clock' | 's3' | 'dir' | 'managers' | 'client'>,
    sfn: StepFunctionsDouble,
    scheduler: SchedulerDouble,
  ) {
    this.clock = parts.clock;
    this.s3 = parts.s3;
    this.client = parts.client;
    this.dir = parts.dir;
    this.managers = parts.managers;
    this.sfn = sfn;
    this.scheduler = scheduler;
  }

  /** m1 holds something and m2 nothing; both are of 6.4.2, whose archives replace what is there. */
  static async start({ rules, sealing = worldSealing, ...options }: Options = {}): Promise<DeployedWorld> {
    // Near the wall clock: signed requests have a date.
    const clock = new VirtualClock(new Date().toISOString());
    const dir = await mkdtemp(join(memoryDisk(), 'offsite-deployed-'));
    const usual: SimulatedManagerOptions = {
      ...{ version: '6.4.2', edition: 'premium', password: PASSWORD, now: clock.now },
      ...{ createSeconds: 5, restoreSeconds: 60, archive: { sizeBytes: 200_000 } },
    };
    const [m1, m2] = await Promise.all([
      startSimulatedManager(usual),
      startSimulatedManager({ ...usual, holds: 'nothing' }),
    ]);
    const s3 = await startLocalS3({
      access: { accessKeyId: 'local', secretAccessKey: 'local' },
      dir,
      now: clock.now,
      minPartSize: 1024,
    });
    const client = s3Client({ ...s3.access, endpoint: s3.url, maxAttempts: 1 });
    await client.send(new CreateBucketCommand({ Bucket: 'offsite' }));
    const secretOf = (manager: SimulatedManager): ManagerSecretFields => ({
      ...{ endpoints: [...manager.urls], username: 'admin', password: PASSWORD, drillTarget: manager === m2 },
    });
    const deps = () => {
      const parts = {
        s3: client,
        bucket: 'offsite',
        signal: new AbortController().signal,
        clock,
        sealing,
      };
      const secrets = { secret: secretOf(m1), otherSecrets: { m1: secretOf(m1), m2: secretOf(m2) } };
      const rulesOf = () => ({ ...defaultRules, restoreFrom: ['m1'], ...rules });
      const isRunning = async (arn: string) => {
        const found = sfn.executions.find((one) => one.arn === arn);
        if (!found) return 'unknown' as const;
        return found.status === 'RUNNING' ? ('running' as const) : ('ended' as const);
      };
      return { ...localDeps({ ...parts, ...secrets, settings: smallSettings, rulesOf }), executions: { isRunning } };
    };
    const sleep = async (milliseconds: number) => await clock.sleep(milliseconds);
    const before = async (step: StepName, execution: WireExecution) => await world.before?.(step, execution);
    const sfn: StepFunctionsDouble = await StepFunctionsDouble.start({ deps, sleep, before, ...options });
    const scheduler = await SchedulerDouble.start();
    const world = new DeployedWorld({ clock, s3, client, dir, managers: { m1, m2 } }, sfn, scheduler);
    world.enter();
    return world;
  }

  /** Its services are AWS to whatever reads the environment; also again, after another world was stopped. */
  enter(): void {
    vi.stubEnv('AWS_REGION', this.s3.access.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', this.s3.access.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', this.s3.access.credentials.secretAccessKey);
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', this.sfn.url);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', this.s3.url);
    vi.stubEnv('AWS_ENDPOINT_URL_SCHEDULER', this.scheduler.url);
  }

  /** The command line as a person or a script sees it; its own clock is the wall's, waits are short. */
  async offsite(line: string | readonly string[], { tty = false, ask, stopAt, now }: Watching = {}): Promise<Shown> {
    const stop = new AbortController();
    const shown: Shown = { code: -1, out: '', err: '' };
    const write = (text: string) => {
      shown.err += text;
      if (stopAt !== undefined && shown.err.match(stopAt)) stop.abort();
    };
    const pause = async () => await new Promise<void>((resolve) => setTimeout(resolve, 5));
    shown.code = await main(typeof line === 'string' ? line.split(' ') : line, {
      out: {
        write: (text) => {
          shown.out += text;
        },
      },
      err: { write, isTTY: tty, columns: 100 },
      interrupt: stop.signal,
      signing,
      clock: { now: () => now ?? new Date(), sleep: pause },
      ...(ask ? { ask } : {}),
    });
    if (/canary|X-Amz-Signature=[0-9a-f]| at .*\.ts/.test(shown.out + shown.err)) {
      throw new Error(`A secret or a stack was shown:\n${shown.out}${shown.err}`);
    }
    return shown;
  }

  async put(key: string, value: unknown): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: 'offsite', Key: key, Body: JSON.stringify(value) }));
  }

  /** Keys of the plain files below a folder of the bucket. */
  async files(folder: string): Promise<string[]> {
    const root = join(this.dir, 'offsite');
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(root.length + 1));
  }

  async stop(): Promise<void> {
    vi.unstubAllEnvs();
    this.client.destroy();
    await this.sfn.close();
    await this.scheduler.close();
    await Promise.all([this.managers.m1.close(), this.managers.m2.close(), this.s3.close()]);
    await rm(this.dir, { recursive: true, force: true });
  }
}

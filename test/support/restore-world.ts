import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { defined } from '../../lib/base/defined.ts';
import type { Settings } from '../../lib/base/settings.ts';
import { Manifest } from '../../lib/catalogue/records.ts';
import { defaultRules, type ManagerRules } from '../../lib/config/manager-rules.ts';
import type { ManagerSecretFields } from '../../lib/manager/secret.ts';
import type { RestoreReport } from '../../lib/restore/course.ts';
import { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import { RestoreClaim } from '../../lib/restore/target/claim.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { canary } from './canary.ts';
import { VirtualClock } from './clock.ts';
import { beginning } from './kept-world.ts';
import { type RunOptions, type RunResult, World } from './world.ts';

export interface RestoreWorldOptions {
  /** Version of both managers; their own options win. */
  readonly version?: string;
  /** m1, whose archive is restored. */
  readonly source?: SimulatedManagerOptions;
  /** m2, which holds nothing unless told. */
  readonly target?: SimulatedManagerOptions;
  readonly settings?: Partial<Settings>;
  /** Of m2. */
  readonly secret?: Partial<ManagerSecretFields>;
  /** How much m2's clock is ahead of everybody else's; behind, if negative. */
  readonly targetClockSeconds?: number;
  /** Beside m1's own. */
  readonly otherSecrets?: Readonly<Record<string, ManagerSecretFields>>;
  /** What is configured of m2; credentials of m1 may be sent to it unless told. */
  readonly rules?: Partial<ManagerRules>;
  /** m1's secret is not known here: after a legacy restore nobody knows the password. */
  readonly sourceSecretUnknown?: boolean;
  readonly pinsVersions?: boolean;
}

/** Restores in these worlds give up after this, so that a case about giving up is no long one. */
export const RESTORE_DEADLINE_SECONDS = 6 * 3600;

const SOURCE_PASSWORD = `${canary.password}-of-m1`;

/** m1 with a verified archive in the bucket, m2 to restore it to. `world.manager` is m2: faults of tables go there. */
export class RestoreWorld {
  readonly world: World;
  readonly source: SimulatedManager;
  readonly sourcePassword: string;
  readonly #options: RestoreWorldOptions;

  private constructor(world: World, source: SimulatedManager, options: RestoreWorldOptions) {
    this.world = world;
    this.source = source;
    this.sourcePassword = options.source?.password ?? SOURCE_PASSWORD;
    this.#options = options;
  }

  static async start(options: RestoreWorldOptions = {}): Promise<RestoreWorld> {
    const clock = new VirtualClock();
    const version = options.version ?? '7.0.5';
    const { databasePassword, brokerPassword } = canary;
    const source = await startSimulatedManager({
      now: clock.now,
      version,
      password: SOURCE_PASSWORD,
      archive: { sizeBytes: 120_000, seed: 7 },
      createSeconds: 5,
      ...{ databasePassword, brokerPassword },
      ...options.source,
    });
    // Every world of the same kind begins with the same export: made once, and copied.
    const { settings, pinsVersions } = options;
    const { kept, keep } = beginning('an export of m1', {
      manager: { version, ...options.source },
      ...defined({ settings, pinsVersions }),
    });
    const world = await World.start({
      clock,
      kept,
      settings: { restoreDeadlineSeconds: RESTORE_DEADLINE_SECONDS, ...options.settings },
      secret: options.secret ?? {},
      pinsVersions: options.pinsVersions ?? true,
      manager: { version, holds: 'nothing', createSeconds: 5, ...clockOf(options, clock), ...options.target },
    });
    const both = new RestoreWorld(world, source, options);
    if (!kept) await keep(world, [await both.export()]);
    return both;
  }

  get target(): SimulatedManager {
    return this.world.manager;
  }

  get sourceSecret(): ManagerSecretFields {
    return { endpoints: [...this.source.urls], username: 'admin', password: this.sourcePassword };
  }

  /** One more verified archive of m1. Gives its snapshot id. */
  async export(): Promise<string> {
    this.world.clock.advance(3600);
    const scheduledTime = this.world.clock.now().toISOString();
    const input = { manager: 'm1', scheduledTime };
    const result = await this.world.run({ input, scheduledTime, parts: { secret: this.sourceSecret } });
    expect(result.outcome, 'the export before the restore').toMatchObject({ status: 'SUCCEEDED' });
    return this.world.snapshotOfRun;
  }

  /** One execution of the restore machine: m1's archive to m2, unless the input says otherwise. */
  async restore(input: Record<string, unknown> = {}, options: RunOptions = {}): Promise<RestoreResult> {
    this.world.clock.advance(60);
    const own = this.#options.sourceSecretUnknown ? {} : { m1: this.sourceSecret };
    const otherSecrets = { ...own, ...this.#options.otherSecrets };
    const { parts, ...rest } = options;
    const ofM2 = { ...defaultRules, restoreFrom: ['m1'], ...urlsOf(input), ...this.#options.rules };
    const rulesOf = (manager: string) => (manager === 'm2' ? ofM2 : defaultRules);
    const result = await this.world.run({
      machine: 'restore',
      input: { manager: 'm2', sourceManager: 'm1', ...input },
      ...rest,
      parts: { otherSecrets, rulesOf, ...parts },
    });
    const report = result.published.at(-1)?.body as RestoreReport | undefined;
    return { ...result, restoreReport: report };
  }

  async evidence(): Promise<RestoreEvidence[]> {
    const keys = (await this.world.files('restores')).sort();
    return await Promise.all(keys.map(async (key) => RestoreEvidence.parse(JSON.parse(await this.world.text(key)))));
  }

  async claim(manager = 'm2'): Promise<RestoreClaim | undefined> {
    const text = await this.world.text(`claims/${manager}.json`).catch(() => undefined);
    return text === undefined ? undefined : RestoreClaim.parse(JSON.parse(text));
  }

  /** Everything that a failed restore must not touch: archives and manifests, byte for byte. */
  async archives(): Promise<Record<string, string>> {
    const keys = [...(await this.world.files('archives')), ...(await this.world.files('manifests'))].sort();
    const hashes = keys.map(async (key) => {
      const bytes = await this.world.bytes(key);
      return [key, createHash('sha256').update(bytes).digest('hex')] as const;
    });
    return Object.fromEntries(await Promise.all(hashes));
  }

  /** What an archive holds, from its manifest; the newest unless told. */
  async archived(snapshot = ''): Promise<Manifest['inventory']> {
    const keys = (await this.world.files('manifests')).sort().reverse();
    const key = keys.find((one) => one.includes(snapshot)) ?? '';
    return Manifest.parse(JSON.parse(await this.world.text(key))).inventory;
  }

  async stop(): Promise<void> {
    await Promise.all([this.world.stop(), this.source.close()]);
  }
}

/** Web servers of tests are on this machine: whoever names one in a restore allows it, as the local command line does. */
function urlsOf({ archiveUrl }: Record<string, unknown>): Pick<ManagerRules, 'archiveUrls'> {
  const host = URL.parse(String(archiveUrl))?.host;
  return host === undefined ? {} : { archiveUrls: { hosts: [host], others: 'public' } };
}

function clockOf({ targetClockSeconds: seconds }: RestoreWorldOptions, clock: VirtualClock) {
  return seconds === undefined ? {} : { now: () => new Date(clock.now().getTime() + seconds * 1000) };
}

export type RestoreResult = RunResult & { readonly restoreReport: RestoreReport | undefined };

import { GetObjectTaggingCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { MetricName } from '../../lib/base/metric-names.ts';
import { defaultRules, type ManagerRules } from '../../lib/config/manager-rules.ts';
import { type LocalParts, localDeps } from '../../lib/local/deps.ts';
import { runReconcile } from '../../lib/local/reconcile.ts';
import type { ReconcileReport } from '../../lib/reconcile/contract.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import type { ArchiveOptions } from '../../simulator/archive/make-archive.ts';
import { openUploads } from './invariants.ts';
import { beginning } from './kept-world.ts';
import { type RunOptions, type RunResult, World, type WorldOptions } from './world.ts';

/** Every night at two. */
export const NIGHTLY: ManagerRules = { ...defaultRules, schedule: 'cron(0 2 * * ? *)' };

export interface Reconciled {
  readonly report: ReconcileReport;
  readonly subjects: readonly string[];
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>;
  /** What was found, by its name, each once. */
  readonly kinds: readonly string[];
}

/** Nights on schedule, and a look at them at ten in the morning. */
export class ReconcileWorld {
  readonly world: World;
  /** What the manager holds, from the next night on. */
  readonly holds: { -readonly [K in keyof ArchiveOptions]: ArchiveOptions[K] };
  rules: ManagerRules = NIGHTLY;
  /** The oldest first. */
  readonly nights: string[] = [];

  private constructor(world: World, holds: ArchiveOptions) {
    this.world = world;
    this.holds = holds;
  }

  static async start(nights: number, options: WorldOptions = {}): Promise<ReconcileWorld> {
    const holds = { sizeBytes: 20_000, seed: 7 };
    const all = { manager: { archive: holds, createSeconds: 5 }, ...options };
    const { kept, keep } = beginning(`${nights} nights at two`, all);
    const one = new ReconcileWorld(await World.start({ ...all, kept }), holds);
    if (kept) one.nights.push(...kept.runs);
    else for (let night = 0; night < nights; night++) await one.night();
    if (!kept) await keep(one.world, one.nights);
    return one;
  }

  /** The next time that the clock shows this hour. */
  till(hour: number): Date {
    const now = this.world.clock.now();
    const then = new Date(now);
    then.setUTCHours(hour, 0, 0, 0);
    if (then <= now) then.setUTCDate(then.getUTCDate() + 1);
    this.world.clock.advance((then.getTime() - now.getTime()) / 1000);
    return then;
  }

  /** The next slot, with its run. */
  async night(options: RunOptions = {}): Promise<RunResult> {
    const slot = this.till(2);
    this.nights.push(snapshotIdAt(slot));
    return await this.world.run({
      scheduledTime: slot.toISOString(),
      parts: { rulesOf: () => this.rules },
      ...options,
    });
  }

  /** A slot that nobody hears of. */
  skip(): string {
    return snapshotIdAt(this.till(2));
  }

  async reconcile(input: Record<string, unknown> = {}, parts: Partial<LocalParts> = {}): Promise<Reconciled> {
    const subjects: string[] = [];
    const numbers: [string, number][] = [];
    const notifier = { publish: async (subject: string) => void subjects.push(subject) };
    const rulesOf = () => this.rules;
    const local = localDeps({ ...this.world.parts(new AbortController().signal), rulesOf, notifier, ...parts });
    const put = (name: string, _unit: string, value: number) => void numbers.push([name, value]);
    try {
      const report = await runReconcile({ manager: 'm1', ...input }, { ...local, metrics: { put } });
      const kinds = [...new Set(report.findings.map(({ kind }) => kind))].sort();
      return { report, subjects, metrics: Object.fromEntries(numbers), kinds };
    } finally {
      await local.close();
    }
  }

  keys(night: number) {
    return keysOf('m1', this.nights[night] ?? '');
  }

  async versionOf(key: string): Promise<string> {
    const { Versions = [] } = await this.world.client.send(
      new ListObjectVersionsCommand({ Bucket: this.world.bucket, Prefix: key }),
    );
    return Versions.find((one) => one.Key === key && one.IsLatest)?.VersionId ?? '';
  }

  async tagOf(key: string): Promise<string | undefined> {
    const at = { Bucket: this.world.bucket, Key: key };
    return (await this.world.client.send(new GetObjectTaggingCommand(at))).TagSet?.find((t) => t.Key === 'expire')
      ?.Value;
  }

  /** All that a reconciliation could change beside its own record: tags, uploads, snapshots, objects and their versions. */
  async state(): Promise<unknown> {
    const { Versions = [], DeleteMarkers = [] } = await this.world.client.send(
      new ListObjectVersionsCommand({ Bucket: this.world.bucket }),
    );
    const others = Versions.filter(({ Key }) => !Key?.startsWith('reconciliations/'));
    const tags = others.map(async ({ Key = '', VersionId }) => {
      const at = { Bucket: this.world.bucket, Key, VersionId };
      const { TagSet } = await this.world.client.send(new GetObjectTaggingCommand(at));
      return [Key, VersionId, TagSet];
    });
    const snapshots = this.world.manager.state.snapshots.map(({ id, status }) => `${id} ${status}`);
    const markers = DeleteMarkers.map(({ Key, VersionId }) => [Key, VersionId]);
    return { tags: await Promise.all(tags), markers, uploads: await openUploads(this.world), snapshots };
  }

  async stop(): Promise<void> {
    await this.world.stop();
  }
}

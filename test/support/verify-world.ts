import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { flipByte } from '../../folder-s3/service/faults.ts';
import { MarkRecord } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import type { VerifyReport } from '../../lib/verification/state.ts';
import { beginning } from './kept-world.ts';
import { type RunOptions, type RunResult, World, type WorldOptions } from './world.ts';

export interface VerifyResult extends Omit<RunResult, 'report'> {
  readonly report: VerifyReport | undefined;
}

/** A world with some good nights behind it, whose archives are read again. */
export class VerifyWorld {
  readonly world: World;
  /** The oldest first. */
  readonly snapshots: string[] = [];

  private constructor(world: World) {
    this.world = world;
  }

  static async start(nights: number, options: WorldOptions = {}): Promise<VerifyWorld> {
    const { kept, keep } = beginning(`${nights} nights`, options);
    const one = new VerifyWorld(await World.start({ ...options, kept }));
    if (kept) one.snapshots.push(...kept.runs);
    else for (let night = 0; night < nights; night++) await one.sleep();
    if (!kept) await keep(one.world, one.snapshots);
    return one;
  }

  /** The next night, with its export. */
  async sleep(): Promise<string> {
    this.world.sleepTillTomorrow();
    const { outcome } = await this.world.run();
    if (outcome.status !== 'SUCCEEDED') throw new Error(`The night failed: ${outcome.cause}`);
    this.snapshots.push(this.world.snapshotOfRun);
    return this.world.snapshotOfRun;
  }

  async verify(input: unknown = { manager: 'm1', all: true }, options: RunOptions = {}): Promise<VerifyResult> {
    this.world.clock.advance(3600);
    const result = await this.world.run({ machine: 'verify', input, ...options });
    return { ...result, report: result.report as unknown as VerifyReport | undefined };
  }

  async mark(snapshot: string): Promise<MarkRecord | undefined> {
    const text = await this.world.text(keysOf('m1', snapshot).mark).catch(() => undefined);
    return text === undefined ? undefined : MarkRecord.parse(JSON.parse(text));
  }

  /** What the marks say, the oldest archive first. */
  async marks(): Promise<(string | undefined)[]> {
    return await Promise.all(this.snapshots.map(async (snapshot) => (await this.mark(snapshot))?.result));
  }

  /** Where the zip of a snapshot lies on the disk. */
  fileOf(snapshot: string): string {
    return join(this.world.dir, this.world.bucket, keysOf('m1', snapshot).archive);
  }

  async flip(snapshot: string): Promise<void> {
    await flipByte(this.fileOf(snapshot));
  }

  /** Every archive, manifest and run as it is: a verification changes none of them. */
  async fingerprint(): Promise<Record<string, string>> {
    const keys = (await this.world.files('')).filter((key) => /^(archives|manifests|runs)\//.test(key));
    const digests = keys.map(async (key) => [
      key,
      createHash('sha256')
        .update(await this.world.bytes(key))
        .digest('hex'),
    ]);
    return Object.fromEntries(await Promise.all(digests)) as Record<string, string>;
  }
}

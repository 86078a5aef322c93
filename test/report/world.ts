import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { pemSigner } from '../../lib/signing/signer.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import type { Profile } from '../../tools/sample/profiles.ts';
import { sampleConfig, writeSampleYear } from '../../tools/sample/year.ts';
import { VirtualClock } from '../support/clock.ts';

/** A folder with a made-up past, its configuration, and the command line in front of it. */
export class ReportWorld {
  readonly dir: string;
  readonly clock: VirtualClock;
  /** Files that were shown in the browser; undefined: this machine has none. */
  shown: string[] | undefined = [];

  private constructor(dir: string, now: string) {
    this.dir = dir;
    this.clock = new VirtualClock(now);
  }

  static async make(profiles: readonly Profile[], now: string, days: number): Promise<ReportWorld> {
    const world = new ReportWorld(await mkdtemp(join(tmpdir(), 'offsite-report-')), now);
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(world.path('key.pem'), pem, { mode: 0o600 });
    await mkdir(world.path('state'));
    await mkdir(world.path('data', 'offsite'), { recursive: true });
    const config = profiles.length === 0 ? { managers: [{ id: 'nobody' }] } : sampleConfig(profiles);
    await writeFile(world.path('offsite.json'), JSON.stringify(config));
    await writeSampleYear(world.path('data'), {
      now: world.clock.now(),
      days,
      signer: pemSigner(pem, 'key'),
      profiles,
    });
    return world;
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  async offsite(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return await this.offsiteAt(['--from', this.path('data')], args);
  }

  /** With the records in another place than the folder: in a store. */
  async offsiteAt(
    place: readonly string[],
    args: readonly string[],
  ): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ['', ''];
    const code = await main([...args, '--local', ...place, '--signing-key', this.path('key.pem')], {
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) },
      interrupt: new AbortController().signal,
      signing: { stateFolder: this.path('state') },
      clock: this.clock,
      env: {},
      show: async (file) => this.shown?.push(file) !== undefined,
    });
    return { code, out, err };
  }

  /** With the configuration. */
  async report(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return await this.offsite('report', '--config', this.path('offsite.json'), ...args);
  }

  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { out } = await this.report('--json', ...args);
    return JSON.parse(out) as Record<string, unknown>;
  }

  /** Puts an object there as whoever may write to the store would. */
  async put(key: string, text: string): Promise<void> {
    await this.#write(new PutObjectCommand({ Bucket: 'offsite', Key: key, Body: text }));
  }

  async drop(key: string): Promise<void> {
    await this.#write(new DeleteObjectCommand({ Bucket: 'offsite', Key: key }));
  }

  async #write(command: PutObjectCommand | DeleteObjectCommand): Promise<void> {
    const s3 = await startLocalS3({ dir: this.path('data'), now: () => this.clock.now() });
    const client = s3Client({ ...s3.access, endpoint: s3.url });
    await client.send(command as PutObjectCommand);
    client.destroy();
    await s3.close();
  }

  async page(...names: string[]): Promise<string> {
    return await readFile(this.path(...names), 'utf8');
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import type { FaultName, FaultParameters } from '../../simulator/manager/fault-parameters.ts';
import type { FaultScope } from '../../simulator/manager/faults.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { type Lack, startLesserStore } from './lesser-store.ts';
import { oddCertificates, rootPem, serverKey } from './odd-certificates.ts';
import { offsite } from './offsite.ts';
import { tlsFront } from './tls-front.ts';
import { serve } from './web-server.ts';

/** What is given to `offsite doctor` beside what is well. */
export interface Asked {
  readonly url?: string;
  readonly user?: string;
  readonly password?: string;
  readonly to?: string;
  /** Instead of a folder. */
  readonly store?: readonly string[];
  readonly more?: readonly string[];
  readonly now?: Date;
}

export const PASSWORD = 'canary-Passw0rd';

/** A manager, a folder and a store that are well, and what can be wrong with each. */
export class DoctorWorld {
  readonly dir: string;
  readonly manager: SimulatedManager;
  readonly store: { readonly url: string; readonly client: S3Client };
  readonly #closing: (() => unknown)[] = [];
  readonly #closeAll: () => Promise<void>;

  private constructor(parts: Pick<DoctorWorld, 'dir' | 'manager' | 'store'>, closeAll: () => Promise<void>) {
    this.dir = parts.dir;
    this.manager = parts.manager;
    this.store = parts.store;
    this.#closeAll = closeAll;
  }

  static async start(): Promise<DoctorWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'offsite-doctor-'));
    await writeFile(join(dir, 'password'), PASSWORD);
    await writeFile(join(dir, 'wrong'), 'wrong!!');
    await writeFile(join(dir, 'ca.pem'), rootPem);
    await mkdir(join(dir, 'to'));
    const users = [{ name: 'viewer', password: PASSWORD, role: 'default' }] as const;
    const manager = await startSimulatedManager({ password: PASSWORD, users, archive: { sizeBytes: 100_000 } });
    manager.seedSnapshot('before');
    const s3 = await startLocalS3({ dir: join(dir, 'store'), now: () => new Date() });
    const client = s3Client({ ...s3.access, endpoint: s3.url });
    await client.send(new CreateBucketCommand({ Bucket: 'backups' }));
    const { accessKeyId, secretAccessKey } = s3.access.credentials;
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    return new DoctorWorld({ dir, manager, store: { url: s3.url, client } }, async () => {
      client.destroy();
      await Promise.all([manager.close(), s3.close()]);
      await rm(dir, { recursive: true });
    });
  }

  async stop(): Promise<void> {
    await this.#closeAll();
  }

  /** As it was at first. */
  async heal(): Promise<void> {
    this.manager.faults.clear();
    for (const close of this.#closing.splice(0)) await close();
  }

  async doctor(asked: Asked = {}, ...last: string[]) {
    const {
      url = this.manager.urls[0] ?? '',
      user = 'admin',
      password = 'password',
      to = 'to',
      more = [],
      now,
    } = asked;
    const where = asked.store ?? ['--to', join(this.dir, to)];
    return await offsite(
      [
        ...['doctor', '--local', '--manager', 'm1', '--manager-url', url, '--username', user],
        ...['--password-file', join(this.dir, password), ...where, ...more, ...last],
      ],
      now ? { clock: { now: () => now, sleep: async () => undefined } } : {},
    );
  }

  /** A manager that answers to some paths as it is told, and else as it is. `date`: what its clock says. */
  async odd(answers: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}): Promise<Asked> {
    const front = await serve(async ({ method, path, headers: sent }, reply) => {
      const told = Object.keys(answers).find((one) => path.startsWith(`/api/v3.1${one}`));
      const { host: _, ...kept } = sent as Record<string, string>;
      const answer = told ? undefined : await fetch(`${this.manager.urls[0]}${path}`, { method, headers: kept });
      const body = told
        ? JSON.stringify(answers[told])
        : Buffer.from((await answer?.arrayBuffer()) ?? new ArrayBuffer());
      const shown = {
        'content-type': 'application/json',
        date: answer?.headers.get('date') ?? new Date().toUTCString(),
      };
      reply.writeHead(answer?.status ?? 200, { ...shown, ...headers }).end(method === 'HEAD' ? '' : body);
    });
    this.#closing.push(front.close);
    return { url: front.url };
  }

  async tlsOf(name: keyof typeof oddCertificates): Promise<Asked> {
    const front = await tlsFront({ key: serverKey, cert: oddCertificates[name] }, this.manager.urls[0]);
    this.#closing.push(front.close);
    return { url: front.url, more: ['--ca-file', join(this.dir, 'ca.pem')] };
  }

  fault<Name extends FaultName>(name: Name, parameters: FaultParameters[Name], scope: FaultScope = {}): Asked {
    this.manager.faults.inject(name, parameters, scope);
    return {};
  }

  async otherManager(options: SimulatedManagerOptions): Promise<Asked> {
    const other = await startSimulatedManager({ password: PASSWORD, ...options });
    this.#closing.push(() => other.close());
    return { url: other.urls[0] ?? '' };
  }

  /** A bucket of a store that lacks something. */
  async storeThat(lacks: readonly Lack[], bucket = 'backups'): Promise<Asked> {
    const lesser = await startLesserStore(this.store.url, lacks);
    this.#closing.push(lesser.close);
    return { store: ['--bucket', bucket, '--s3-endpoint', lesser.url] };
  }

  async configured(more: object): Promise<Asked> {
    const local = { urls: this.manager.urls, username: 'admin', passwordFile: 'password' };
    await writeFile(
      join(this.dir, 'offsite.json'),
      JSON.stringify({ version: 2, managers: [{ id: 'm1', local }], ...more }),
    );
    return { more: ['--config', join(this.dir, 'offsite.json')] };
  }

  async folderThat(make: (folder: string) => Promise<unknown>): Promise<Asked> {
    const folder = await mkdtemp(join(this.dir, 'folder-'));
    await make(folder);
    return { to: relative(this.dir, folder) };
  }
}

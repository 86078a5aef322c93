import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalS3, type LocalS3Options, startLocalS3 } from '../../folder-s3/server.ts';

export const BUCKET = 'archives';

/** A client that reports the server's first verdict: it does not retry. */
export function clientOf(endpoint: string): S3Client {
  return new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}

/** An embedded S3 on a folder of its own with one bucket, which can be stopped and started again. */
export class S3World {
  readonly dir: string;
  server: LocalS3;
  client: S3Client;
  readonly #options: Partial<LocalS3Options>;

  private constructor(dir: string, server: LocalS3, options: Partial<LocalS3Options>) {
    this.dir = dir;
    this.server = server;
    this.client = clientOf(server.url);
    this.#options = options;
  }

  static async start(options: Partial<LocalS3Options> = {}): Promise<S3World> {
    const dir = await mkdtemp(join(tmpdir(), 'local-s3-'));
    const settings = { minPartSize: 10, ...options };
    const world = new S3World(dir, await startLocalS3({ dir, ...settings }), settings);
    await world.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return world;
  }

  /** Stops the server, lets `meanwhile` change the folder, and starts another server on it. */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.stop();
    await meanwhile();
    this.server = await startLocalS3({ dir: this.dir, ...this.#options });
    this.client = clientOf(this.server.url);
  }

  /** May be called again. */
  async stop(): Promise<void> {
    this.client.destroy();
    await this.server.close();
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.dir, BUCKET, ...names);
  }

  async put(Key: string, Body: string): Promise<string> {
    const { VersionId } = await this.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    return VersionId ?? '';
  }

  async read(Key: string, VersionId?: string): Promise<string | undefined> {
    const version = VersionId === undefined ? {} : { VersionId };
    const got = await this.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...version }));
    return got.Body?.transformToString();
  }

  /** A request as no SDK would send it. `sent` gets hold of the request to send the body, or half of it. */
  raw(
    method: string,
    path: string,
    headers: Record<string, string | number> = {},
    sent: (request: ReturnType<typeof httpRequest>) => void = (request) => request.end(),
  ): Promise<{ status: number; text: string }> {
    const { hostname, port } = new URL(this.server.url);
    const authorization = 'AWS4-HMAC-SHA256 nobody verifies this';
    return new Promise((resolve, reject) => {
      const options = { method, path, hostname, port, headers: { authorization, ...headers }, agent: false };
      const request = httpRequest(options, (answer: IncomingMessage) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
      });
      request.on('error', reject);
      sent(request);
    });
  }
}

import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalS3, type LocalS3Options, startLocalS3 } from '../../folder-s3/server.ts';

export const BUCKET = 'archives';

/** A client that reports the server's first verdict: it does not retry. */
/** The key pair of the servers of these tests. */
export const access = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

export function clientOf(endpoint: string): S3Client {
  return new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: access,
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
    const settings = { minPartSize: 10, access, ...options };
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
    const signed = {
      ...signedHeaders({ method, path, host: `${hostname}:${port}`, payload: headers['x-amz-content-sha256'] }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const options = { method, path, hostname, port, headers: signed, agent: false };
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

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly payload?: string | number | undefined;
}

/** The headers of a request that nobody but the tests would send, signed by the rules of Signature Version 4. */
export function signedHeaders(
  { method, path, host, payload = 'UNSIGNED-PAYLOAD' }: RawRequest,
  { accessKeyId, secretAccessKey } = access,
): Record<string, string> {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const date = '20261122T120000Z';
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const [resource = '', query = ''] = path.split(/\?(.*)/s);
  const strict = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${hexOf(c)}`);
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${strict(name)}=${strict(value)}`).sort();
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const values = `host:${host}\nx-amz-content-sha256:${payload}\nx-amz-date:${date}\n`;
  const request = [method, resource, pairs.join('&'), values, names, payload].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(mac, `AWS4${secretAccessKey}`);
  const signature = mac(key, text).toString('hex');
  const credential = `Credential=${accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { authorization, 'x-amz-content-sha256': String(payload), 'x-amz-date': date };
}

const hexOf = (character: string) => character.charCodeAt(0).toString(16).toUpperCase();

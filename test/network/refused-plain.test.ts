import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { offsite } from '../support/offsite.ts';

/** A proxy that tunnels to something which ends the connection at once, and answers plain requests by itself. */

let status = 403;
const proxy = createServer((_, reply) => void reply.writeHead(status, { location: 'http://login.test/' }).end());
proxy.on('connect', (_, socket) => {
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  socket.once('data', () => socket.destroy());
});

let dir: string;
let env: Record<string, string>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-refused-'));
  await writeFile(join(dir, 'password'), 'secret');
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  env = { HTTPS_PROXY: url, HTTP_PROXY: url };
});
afterAll(async () => {
  proxy.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  return () => vi.unstubAllEnvs();
});

const login = () => ['--username', 'admin', '--password-file', join(dir, 'password'), '--to', join(dir, 'none')];
const manager = () => [
  'export',
  '--local',
  '--manager',
  'm1',
  '--manager-url',
  'https://manager.test:8443',
  ...login(),
];
const store = () => ['verify', '--local', '--all', '--bucket', 'b', '--s3-endpoint', 'https://store.test:8443'];

test.each([302, 400, 403, 404, 407, 429, 500, 502, 503, 504])(
  'HTTP %d of the proxy to a plain request is no word of the server: another scheme is not suggested',
  async (refusal) => {
    status = refusal;
    for (const words of [manager(), store()]) {
      const { code, err } = await offsite(words, { env });
      expect([code, err]).toEqual([1, expect.stringContaining('ECONNRESET')]);
      expect(err).not.toContain('speaks plain HTTP');
    }
  },
);

test.each([200, 401, 405])('HTTP %d is one: plain HTTP is spoken there', async (answer) => {
  status = answer;
  for (const words of [manager(), store()])
    expect((await offsite(words, { env })).err).toMatch(/speaks plain HTTP: use http:\/\/(manager|store)\.test:8443/);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { oddCertificates, rootPem, serverKey } from '../support/odd-certificates.ts';
import { offsite } from '../support/offsite.ts';
import { tlsFront } from '../support/tls-front.ts';

let dir: string;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-addresses-'));
  await writeFile(join(dir, 'password'), 'secret');
  await writeFile(join(dir, 'ca.pem'), rootPem);
});
afterAll(async () => await rm(dir, { recursive: true }));
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

const asManager = (url: string) => [
  ...['export', '--local', '--manager', 'm1', '--manager-url', url, '--username', 'admin'],
  ...['--password-file', join(dir, 'password'), '--to', join(dir, 'none')],
  ...(url.startsWith('https') ? ['--ca-file', join(dir, 'ca.pem')] : []),
];
const asStore = (url: string) => [
  ...['list', '--local', '--bucket', 'b', '--s3-endpoint', url],
  ...(url.startsWith('https') ? ['--s3-ca-file', join(dir, 'ca.pem')] : []),
];
const BOTH = [
  ['manager', asManager],
  ['store', asStore],
] as const;

async function listening(server: Server): Promise<string> {
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const CERTIFICATES = {
  expired: /shows a certificate that expired on 2020-01-31\. Install a new one/,
  notYetValid: /shows a certificate that is not valid before 2045-01-01\. Check the clock/,
  otherName: /shows a certificate that is for other\.example\.com, not 127\.0\.0\.1\. Use the name/,
  selfSigned:
    /shows a self-signed certificate \(of "localhost"\) that is not trusted\. Put the PEM .*SHA-256 .*[0-9A-F]{2}:/,
  noIntermediate:
    /"Example Issuing CA" signed it, .*If "Example Issuing CA" is an intermediate CA, configure the server/,
} as const;

describe.each(BOTH)('a %s whose certificate is', (what, words) => {
  test.each(Object.entries(CERTIFICATES))(
    '%s: a sentence that names the mend, and no second try',
    async (name, says) => {
      const cert = oddCertificates[name as keyof typeof CERTIFICATES];
      const front = await tlsFront({ key: serverKey, cert });
      closing.push(front.close);
      const { code, err, slept } = await offsite(words(front.url.replace('localhost', '127.0.0.1')));
      expect([code, slept]).toEqual([1, []]);
      expect(err).toMatch(/^offsite: CertificateUntrusted: (Manager m1|The store) at https:\/\/127\.0\.0\.1:\d+ /);
      expect(err).toMatch(says);
      expect(err).toContain(what === 'manager' || !/Put the PEM/.test(err) ? '' : '--s3-ca-file, or AWS_CA_BUNDLE');
      // One try, and one look at the certificate; `list` asks a store for two things at once.
      expect(front.connections()).toBe(what === 'manager' ? 2 : 4);
    },
  );
});

test('the CAs of AWS_CA_BUNDLE are for stores, those of --s3-ca-file before them', async () => {
  const front = await tlsFront({ key: serverKey, cert: oddCertificates.selfSigned });
  closing.push(front.close);
  await writeFile(join(dir, 'bundle.pem'), oddCertificates.selfSigned);
  const words = ['list', '--local', '--bucket', 'b', '--s3-endpoint', front.url];
  const env = { AWS_CA_BUNDLE: join(dir, 'bundle.pem') };
  const other = await offsite([...words, '--s3-ca-file', join(dir, 'ca.pem')], { env });
  expect(other.err).toContain('CertificateUntrusted');
  const interrupt = AbortSignal.timeout(500);
  expect((await offsite(words, { env, interrupt })).err).not.toContain('CertificateUntrusted');
  const missing = await offsite(words, { env: { AWS_CA_BUNDLE: join(dir, 'nothing.pem') } });
  expect([missing.code, missing.err]).toEqual([2, expect.stringMatching(/AWS_CA_BUNDLE .*cannot be read \(ENOENT\)/)]);
});

describe.each(BOTH)('the address of a %s with the wrong scheme', (_, words) => {
  test('https:// where plain HTTP is spoken', async () => {
    const at = await listening(createServer((_request, reply) => void reply.end('{}')));
    const { code, err, slept } = await offsite(words(`https://${at}`));
    expect([code > 0, err, slept]).toEqual([true, expect.stringContaining(`speaks plain HTTP: use http://${at}`), []]);
  });
  test('https:// where the connection is closed at a first line that is no HTTP, without a word', async () => {
    const web = createServer((_request, reply) => void reply.end('{}'));
    const silent = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        if (!/^[A-Z]/.test(String(first))) return void socket.destroy();
        web.emit('connection', socket);
        socket.unshift(first);
      });
    });
    const at = await listening(silent);
    const { code, err, slept } = await offsite(words(`https://${at}`));
    expect([code > 0, err, slept]).toEqual([true, expect.stringContaining(`speaks plain HTTP: use http://${at}`), []]);
  });
  test('http:// where TLS is spoken', async () => {
    const front = await tlsFront({ key: serverKey, cert: oddCertificates.good });
    closing.push(front.close);
    const { code, err, slept } = await offsite(words(`http://localhost:${front.port}`));
    expect([code > 0, err, slept]).toEqual([true, expect.stringContaining(`speaks TLS: use ${front.url}`), []]);
  });
  test.each([
    'The plain HTTP request was sent to HTTPS port',
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    'Client sent an HTTP request to an HTTPS server.',
  ])('http:// where a web server for TLS answers 400: %s', async (page) => {
    const front = await tlsFront({ key: serverKey, cert: oddCertificates.good });
    const web = createServer((_request, reply) => void reply.writeHead(400).end(`<html>${page}</html>`));
    const both = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        socket.pause();
        const isTls = first[0] === 22;
        const far = isTls ? front.port : undefined;
        if (far === undefined) {
          web.emit('connection', socket);
          socket.unshift(first);
          socket.resume();
          return;
        }
        void import('node:net').then(({ connect }) => {
          const on = connect(far, '127.0.0.1');
          on.on('error', () => socket.destroy());
          on.write(first);
          on.pipe(socket).pipe(on);
        });
      });
    });
    closing.push(front.close);
    const at = await listening(both);
    const { code, err, slept } = await offsite(words(`http://${at}`));
    expect([code > 0, slept]).toEqual([true, []]);
    expect(err).toMatch(/its endpoint must begin with https:\/\/|speaks TLS: use https:\/\//);
  });
});

describe.each(BOTH)('a %s that redirects', (_, words) => {
  test.each([301, 302, 307, 308])('with %d to https: use that address', async (status) => {
    const location = 'https://m1.example.com/api/v3.1/version?x=1';
    const at = await listening(createServer((_request, reply) => void reply.writeHead(status, { location }).end()));
    const { code, err, slept } = await offsite(words(`http://${at}`));
    expect([code, slept]).toEqual([expect.any(Number), []]);
    expect(err).toMatch(/redirects to https:\/\/m1\.example\.com: use that address/);
  });
});

test.each(['http://h?x=1', 'http://h/?', 'https://h#top', 'http://h/?x'])(
  '--manager-url %s is refused',
  async (url) => {
    const { code, err } = await offsite(asManager(url));
    expect([code, err]).toEqual([2, expect.stringContaining('--manager-url: must be the address alone')]);
  },
);

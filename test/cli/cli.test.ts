import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { signing } from '../support/signing.ts';

let dir: string;
let manager: SimulatedManager;
let secure: SimulatedManager;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-cli-'));
  const common = { password: 'canary-Passw0rd', createSeconds: 0, archive: { sizeBytes: 400_000 } };
  const users = [{ name: 'viewer', password: 'viewer-pass', role: 'default' as const }];
  [manager, secure] = await Promise.all([
    startSimulatedManager({ ...common, users }),
    startSimulatedManager({ ...common, tls: true }),
  ]);
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'wrong'), 'not-the-password');
  await writeFile(join(dir, 'viewer'), 'viewer-pass');
  await writeFile(join(dir, 'ca.pem'), secure.caPem ?? '');
  await writeFile(join(dir, 'empty'), '');
});
afterAll(async () => {
  await Promise.all([manager.close(), secure.close()]);
  await rm(dir, { recursive: true, force: true });
});

interface Shown {
  code: number;
  out: string;
  err: string;
}

function collect(shown: Shown, stream: 'out' | 'err', text: string): void {
  shown[stream] += text;
}

/** The command line as a person or a script sees it. */
async function offsite(args: string[], tty = false): Promise<Shown> {
  const shown = { code: -1, out: '', err: '' };
  const columns = 100;
  shown.code = await main(args, {
    out: { write: (text) => collect(shown, 'out', text) },
    err: { write: (text) => collect(shown, 'err', text), isTTY: tty, columns },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: () => new Date(), sleep: async () => undefined },
  });
  return shown;
}

const at = (url: string | undefined, password = 'password', user = 'admin') => [
  ...['--manager', 'm1', '--manager-url', url ?? '', '--username', user, '--password-file', join(dir, password)],
];
const local = ['export', '--local'];

test('a verified archive: exit 0, where it is, what it holds; one plain line per state when nobody watches', async () => {
  const { code, out, err } = await offsite([...local, ...at(manager.urls[0]), '--to', join(dir, 'plain')]);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^Looking for a healthy node\n[^\r]*Cleaning up the manager\n$/),
  ]);
  expect(out).toMatch(/^Archive {3}.*plain\/offsite\/archives\/m1\/\d{4}\/\d\d\/offsite-\d{8}T\d{6}Z\.zip\n/);
  expect(out).toContain('Verified  all ');
  expect(out).toMatch(/Holds {5}\d+ tenants, \d+ users, \d+ blueprints/);
  expect(out + err).not.toContain('canary');
});

test('what is stored in a folder is for this user alone: archives hold secrets and private keys', async () => {
  const to = join(dir, 'private');
  const umask = process.umask(0o022);
  await offsite([...local, ...at(manager.urls[0]), '--to', to]);
  process.umask(umask);
  for (const name of ['.', ...(await readdir(to, { recursive: true }))]) {
    expect((await stat(join(to, name))).mode & 0o077, name).toBe(0);
  }
});

test('--json: exactly one JSON document on standard output, the run report', async () => {
  const { code, out } = await offsite([...local, ...at(manager.urls[0]), '--to', join(dir, 'json'), '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ outcome: 'succeeded', error: null, manager: 'm1', archive: { size: 400_000 } });
});

test('on a terminal: a line that is drawn over, with a bar, bytes and a rate while bytes move', async () => {
  const { code, err } = await offsite([...local, ...at(manager.urls[0]), '--to', join(dir, 'tty')], true);
  expect(code).toBe(0);
  expect(err).toMatch(/\r.\[2KCopying to storage +█{24} 390\.6 KiB of 390\.6 KiB, \S+ \S+\/s\n/);
  expect(err).toMatch(/Verifying every file +█{24} 390\.6 KiB of 390\.6 KiB/);
});

test('TLS with the CA of the manager, given as a file', async () => {
  const flags = [...at(secure.urls[0]), '--ca-file', join(dir, 'ca.pem'), '--to', join(dir, 'tls'), '--json'];
  const { code, out } = await offsite([...local, ...flags]);
  expect([code, JSON.parse(out).outcome]).toEqual([0, 'succeeded']);
});

test('the same night twice: the second has nothing to do, and says that the archive is there', async () => {
  const night = [...at(manager.urls[0]), '--to', join(dir, 'twice'), '--scheduled-time', '2026-11-22T02:00:00Z'];
  expect((await offsite([...local, ...night])).code).toBe(0);
  const { code, out } = await offsite([...local, ...night]);
  expect([code, out]).toEqual([0, expect.stringMatching(/^Nothing to do: .*its archive, which is verified/)]);
});

test('what a manager writes steers no terminal: no escape, no bell, no override of direction', async () => {
  const error = 'x\u001b[2J\u001b[1;1Hexport succeeded\u0007\r\u009b1m\u202eabc';
  const fault = manager.faults.inject('createFails', { error }, { times: 1 });
  const { code, out, err } = await offsite([...local, ...at(manager.urls[0]), '--to', join(dir, 'steered'), '--json']);
  fault.clear();
  expect(code).toBe(1);
  expect(err).toContain('export succeeded');
  for (const text of [out, err, JSON.parse(out).message]) expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
});

const to = () => ['--to', join(dir, 'untouched')];
const url = () => manager.urls[0];

test.each<[string, () => string[], number, RegExp]>([
  ['neither a manager nor --local', () => ['export'], 2, /UsageError: .*Add --manager NAME; or --local/],
  ['an unknown command', () => ['exprot'], 2, /Unknown command 'exprot' \(Did you mean export\?\)/],
  ['an unknown flag', () => [...local, '--frobnicate'], 2, /Unknown option '--frobnicate'. See: offsite export --help/],
  ['a flag without its value', () => [...local, '--to'], 2, /--to/],
  ['a word that is no flag', () => [...local, 'now'], 2, /Unexpected argument 'now'/],
  ['a wrong URL', () => [...local, ...at('manager.example.com'), ...to()], 2, /--manager-url: must be an http/],
  ['a URL of another scheme', () => [...local, ...at('ftp://manager'), ...to()], 2, /must be an http/],
  [
    'a URL with credentials',
    () => [...local, ...at('https://admin:pw@manager'), ...to()],
    2,
    /must not hold a user name/,
  ],
  ['a URL with a path', () => [...local, ...at('https://manager/api/v3.1'), ...to()], 2, /without a path/],
  [
    'no credentials',
    () => [...local, '--manager', 'm1', '--manager-url', url() ?? '', ...to()],
    2,
    /needs credentials/,
  ],
  ['a real manager without a name', () => [...local, '--manager-url', url() ?? '', ...to()], 2, /add --manager NAME/],
  [
    'a size for a real manager',
    () => [...local, ...at(url()), '--size', '1MiB', ...to()],
    2,
    /'--size <SIZE>' cannot be used with option '--manager-url <URL>'/,
  ],
  [
    'two kinds of credentials',
    () => [...local, ...at(url()), '--token-file', 'x', ...to()],
    2,
    /'--username <NAME>' cannot be used with option '--token-file/,
  ],
  [
    'a password file that is not there',
    () => [...local, ...at(url(), 'nowhere'), ...to()],
    2,
    /cannot be read \(ENOENT\)/,
  ],
  ['an empty password file', () => [...local, ...at(url(), 'empty'), ...to()], 2, /is empty/],
  [
    'a CA file that is none',
    () => [...local, ...at(url()), '--ca-file', join(dir, 'password'), ...to()],
    2,
    /--ca-file: must be a PEM/,
  ],
  [
    'a manager name with blanks',
    () => [...local, '--manager', 'My Manager', ...to()],
    2,
    /InvalidInput: .*manager: must be/,
  ],
  ['a time that is none', () => [...local, '--scheduled-time', 'tonight', ...to()], 2, /scheduledTime/],
  ['a size that is none', () => [...local, '--size', 'big', ...to()], 2, /--size big: not a size/],
  ['--keep 0', () => [...local, ...at(url()), '--keep', '0', ...to()], 2, /--keep 0: must be a whole number/],
  [
    'a folder and a bucket',
    () => [...local, '--bucket', 'b', ...to()],
    2,
    /'--to <DIR>' cannot be used with option '--bucket/,
  ],
  ['an endpoint without a bucket', () => [...local, '--s3-endpoint', 'http://127.0.0.1:9'], 2, /needs --bucket/],
  [
    'a refused connection',
    () => [...local, ...at('http://127.0.0.1:1'), ...to()],
    1,
    /ManagerUnavailable: .*refuses connections/,
  ],
  ['a host that does not resolve', () => [...local, ...at('http://no.such.invalid'), ...to()], 1, /does not resolve/],
  [
    'an untrusted certificate',
    () => [...local, ...at(secure.urls[0]), ...to()],
    1,
    /CertificateUntrusted: .*--ca-file/,
  ],
  [
    'http where TLS is spoken',
    () => [...local, ...at(secure.urls[0]?.replace('https', 'http')), ...to()],
    1,
    /broke the connection .*: it speaks TLS: use https:/,
  ],
  [
    'TLS where http is spoken',
    () => [...local, ...at(url()?.replace('http', 'https')), ...to()],
    1,
    /broke the connection .*: it speaks plain HTTP: use http:/,
  ],
  ['a wrong password', () => [...local, ...at(url(), 'wrong'), ...to()], 1, /CredentialsRejected: .*HTTP 401/],
  [
    'a user who may not',
    () => [...local, ...at(url(), 'viewer', 'viewer'), ...to()],
    1,
    /PermissionDenied: .*sys_admin/,
  ],
  [
    'an unknown tenant',
    () => [...local, ...at(url()), '--tenant', 'nowhere', ...to()],
    1,
    /PermissionDenied: .*tenant/,
  ],
  [
    'a folder that is a file',
    () => [...local, ...at(url()), '--to', join(dir, 'password')],
    1,
    /StorageRefused: .*a file has the name of the folder/,
  ],
  [
    'a folder that cannot be made',
    () => [...local, ...at(url()), '--to', '/proc/nowhere/here'],
    1,
    /StorageRefused: .*ENOENT.*name another folder/,
  ],
])('%s: one line that says what to do, nothing left behind', async (_, args, code, message) => {
  const before = manager.state.snapshots.length;
  const shown = await offsite(args());
  expect([shown.code, shown.out]).toEqual([code, '']);
  expect(shown.err).toMatch(/^offsite: [^\n]+\n$/);
  expect(shown.err).toMatch(message);
  expect(shown.err).not.toMatch(/canary|viewer-pass|not-the-password| at .*\.ts/);
  expect(manager.state.snapshots.length).toBe(before);
  expect(await readdir(dir)).not.toContain('untouched');
});

test('a failed run with --json: the document says what failed, standard error as well, exit 1', async () => {
  const fault = manager.faults.inject('createFails', { error: 'No space left on device' });
  const { code, out, err } = await offsite([...local, ...at(manager.urls[0]), '--to', join(dir, 'failed'), '--json']);
  fault.clear();
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: 'SnapshotFailed' });
  expect(err).toMatch(/offsite: SnapshotFailed: .*No space left on device/);
});

test.each(['--help', 'help', 'help keep', 'export --help', 'export --to --help', 'simulate-manager -h', '--version'])(
  'offsite %s explains itself and ends well',
  async (line) => {
    const { code, out, err } = await offsite(line.split(' '));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/offsite/);
  },
);

test('a store that takes a condition and ignores it is refused before anything is started', async () => {
  const noSuchKey = '<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>';
  const careless = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET') response.writeHead(404, { 'content-type': 'application/xml' }).end(noSuchKey);
    else response.writeHead(request.method === 'PUT' ? 200 : 204, { etag: '"x"' }).end();
  });
  await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
  const { port } = careless.address() as AddressInfo;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const before = manager.state.snapshots.length;
  const where = ['--s3-endpoint', `http://127.0.0.1:${port}`, '--bucket', 'b'];
  const { code, err } = await offsite([...local, ...at(manager.urls[0]), ...where]);
  vi.unstubAllEnvs();
  careless.closeAllConnections();
  careless.close();
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^offsite: InvalidConfiguration: Bucket b ignores conditional/),
  ]);
  expect(manager.state.snapshots.length).toBe(before);
});

test.each([
  ['simulate-manager', ['simulate-manager']],
  ['local-s3', ['local-s3', '--dir']],
])('%s on a port in use: a named error, exit 2', async (_name, [command = '', ...more]) => {
  const { port } = new URL(manager.urls[0] ?? '');
  const { code, err } = await offsite([
    command,
    ...more,
    ...(more.length > 0 ? [join(dir, 's3')] : []),
    '--port',
    port,
  ]);
  expect([code, err]).toEqual([2, expect.stringMatching(/^offsite: InvalidConfiguration: .*EADDRINUSE.* another/)]);
});

test('while another process exports manager m1: others are exported, and all is read; m1 itself is refused', async () => {
  const to = join(dir, 'shared');
  await offsite([...local, ...at(manager.urls[0]), '--to', to]);
  const holder = JSON.stringify({ place: 'another machine', pid: 1, began: '-' });
  await writeFile(join(to, '.offsite-s3', 'lock.m1-000009'), holder);
  const other = at(manager.urls[0]).with(1, 'm2');
  expect((await offsite([...local, ...other, '--to', to])).code).toBe(0);
  const list = await offsite(['list', '--local', '--from', to]);
  expect([list.code, list.out]).toEqual([0, expect.stringMatching(/m1 .*\n.*m2 /s)]);
  for (const line of ['status', 'show --manager m1 latest', 'retention plan --manager m1', 'reconcile --manager m1']) {
    const { err } = await offsite([...line.split(' '), '--local', '--from', to]);
    expect(err).not.toMatch(/in use|ReadOnly/);
  }
  const { code, err } = await offsite([...local, ...at(manager.urls[0]), '--to', to]);
  expect([code, err]).toEqual([2, expect.stringMatching(/^offsite: InvalidConfiguration: .*in use by another/m)]);
}, 120_000);

test('a folder that was copied without its hidden records: every command that reads it says what is missing', async () => {
  const from = join(dir, 'visible-only');
  await mkdir(join(from, 'offsite', 'archives', 'm1'), { recursive: true });
  for (const line of ['list', 'status', 'verify --all']) {
    const { code, err } = await offsite([...line.split(' '), '--local', '--from', from]);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^offsite: UsageError: .*hidden folder \.offsite-s3 is missing/),
    ]);
  }
  expect(await readdir(from)).toEqual(['offsite']);
});

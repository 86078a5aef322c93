import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { keyPair } from '../support/signing.ts';

let manager: SimulatedManager;
let root: string;
/** Open to everybody, as `/etc/offsite`; what holds it is closed or open as each case says. */
let dir: string;
beforeAll(async () => {
  manager = await startSimulatedManager({
    password: 'canary-Passw0rd',
    createSeconds: 0,
    archive: { sizeBytes: 8192 },
  });
  root = await mkdtemp(join(tmpdir(), 'offsite-files-'));
});
afterAll(async () => {
  await manager.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  await chmod(root, 0o755);
  dir = await mkdtemp(join(root, 'case-'));
  await chmod(dir, 0o755);
});

async function put(name: string, mode: number, text = 'canary-Passw0rd'): Promise<string> {
  await writeFile(join(dir, name), text);
  await chmod(join(dir, name), mode);
  return join(dir, name);
}

/** An export from the manager; what the file is used for depends on the flag. */
async function run(...args: string[]) {
  const shown = { code: -1, out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (shown[stream] += text) });
  const access = ['--manager', 'm1', '--manager-url', manager.urls[0] ?? '', '--to', join(dir, 'store')];
  shown.code = await main(['export', '--local', ...access, ...args], {
    ...{ out: to('out'), err: to('err'), interrupt: new AbortController().signal },
    clock: { now: () => new Date(), sleep: async () => undefined },
    signing: { stateFolder: join(dir, 'state') },
  });
  return shown;
}
const withPassword = (file: string) => ['--username', 'admin', '--password-file', file];

interface Case {
  readonly file: number;
  readonly folder?: number;
  /** Of the folder above that. */
  readonly above?: number;
  readonly usual: 'used' | 'warned of' | 'refused';
  readonly strict: 'used' | 'refused';
}
const CASES: Readonly<Record<string, Case>> = {
  'his alone': { file: 0o600, usual: 'used', strict: 'used' },
  'his alone, to read': { file: 0o400, usual: 'used', strict: 'used' },
  'for his group to read': { file: 0o640, usual: 'warned of', strict: 'refused' },
  'for everybody to read': { file: 0o644, usual: 'warned of', strict: 'refused' },
  'for everybody to read, in a folder that is his alone': { file: 0o644, folder: 0o700, usual: 'used', strict: 'used' },
  'for everybody to read, below a folder that is his alone': {
    file: 0o644,
    above: 0o700,
    usual: 'used',
    strict: 'used',
  },
  'for his group to write': { file: 0o660, usual: 'refused', strict: 'refused' },
  'for everybody to write': { file: 0o666, usual: 'refused', strict: 'refused' },
  'for others to write and not to read': { file: 0o602, usual: 'refused', strict: 'refused' },
  'in a folder where everybody writes': { file: 0o600, folder: 0o777, usual: 'refused', strict: 'refused' },
  'in a folder where his group writes': { file: 0o600, folder: 0o775, usual: 'used', strict: 'refused' },
  'below a folder where everybody writes': { file: 0o600, above: 0o777, usual: 'refused', strict: 'refused' },
  'mounted by Kubernetes, in a folder as /tmp': { file: 0o644, folder: 0o1777, usual: 'warned of', strict: 'refused' },
};

describe.each(Object.entries(CASES))('a password file that is %s', (_, { file, folder, above, usual, strict }) => {
  const look = async (...more: string[]) => {
    const path = await put('password', file);
    await chmod(dir, folder ?? 0o755);
    await chmod(root, above ?? 0o755);
    return await run(...withPassword(path), ...more);
  };

  test(`is ${usual}`, async () => {
    const { code, err } = await look();
    expect(code, err).toBe(usual === 'refused' ? 2 : 0);
    expect(/^Warning: --password-file /m.test(err), err).toBe(usual === 'warned of');
    if (usual === 'refused') expect(err).toMatch(/--password-file .*can be written by others \(mode \d+\).*chmod go-w/);
    expect(err).not.toContain('canary');
  });

  test(`is ${strict} with --strict-files`, async () => {
    const { code, err } = await look('--strict-files');
    expect(code, err).toBe(strict === 'refused' ? 2 : 0);
    expect(manager.requests.length > 0 || code === 2).toBe(true);
  });
});

test('a link is judged by what it leads to, and by where it lies', async () => {
  const secret = await put('secret', 0o640);
  await mkdir(join(dir, 'open'));
  await chmod(join(dir, 'open'), 0o777);
  await symlink(secret, join(dir, 'link'));
  await symlink(await put('safe', 0o600), join(dir, 'open', 'link'));
  expect((await run(...withPassword(join(dir, 'link')), '--strict-files')).code).toBe(2);
  expect(await run(...withPassword(join(dir, 'open', 'link')))).toMatchObject({ code: 2, err: /open can be written/ });
  await symlink(await put('weak', 0o666), join(dir, 'weak-link'));
  expect(await run(...withPassword(join(dir, 'weak-link')))).toMatchObject({ code: 2 });
});

test.each([
  ['--token-file', 0o666, 2],
  ['--token-file', 0o644, 0],
  ['--ca-file', 0o666, 2],
  ['--ca-file', 0o644, 0],
])('%s of mode %o', async (flag, mode, code) => {
  const file = await put('file', mode, flag === '--ca-file' ? 'no certificate' : 'a-token-of-some-length');
  const password = flag === '--ca-file' ? withPassword(await put('password', 0o600)) : [];
  const { code: ended, err } = await run(flag, file, ...password, '--scheduled-time', '2026-12-01T02:00:00Z');
  const isRefused = err.includes(`${flag} ${file}: ${file} can be written by others`);
  expect(isRefused, `${ended} ${err}`).toBe(code === 2);
  // A certificate is no secret.
  expect(err.includes('can be read by'), err).toBe(mode === 0o644 && flag === '--token-file');
});

test.each([
  ['written', 0o666, [], 2],
  ['read', 0o644, [], 0],
  ['read', 0o644, ['--strict-files'], 2],
])('a signing key that others can have %s', async (what, mode, more, code) => {
  const key = await put('key.pem', mode, keyPair().pem);
  const ended = await run(...withPassword(await put('password', 0o600)), '--signing-key', key, ...more);
  expect(ended).toMatchObject({ code, err: expect.stringContaining('The signing key') });
  expect(ended.err).toContain(what === 'read' ? 'can be read by' : 'can be written by');
});

test('what a command writes is for its user alone, whatever the umask', async () => {
  const before = process.umask(0o022);
  try {
    expect((await run(...withPassword(await put('password', 0o600)))).code).toBe(0);
  } finally {
    process.umask(before);
  }
  for (const folder of ['store', 'state']) {
    const entries = await readdir(join(dir, folder), { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      expect([path, (mode & 0o777).toString(8)]).toEqual([path, entry.isDirectory() ? '700' : '600']);
    }
  }
});

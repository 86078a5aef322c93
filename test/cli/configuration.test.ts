import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { configDigest } from '../../lib/config/config-digest.ts';
import { functionConfigOf } from '../../lib/config/function-config.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';

const PASSWORD = 'canary-Passw0rd';
/** Time of commands and managers: a restore watches its manager for half a minute after the end. */
const clock = new VirtualClock(new Date().toISOString());
let dir: string;
let manager: SimulatedManager;
let target: SimulatedManager;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-configuration-'));
  const quick = { now: clock.now, createSeconds: 0, restoreSeconds: 0 };
  const options = { ...quick, password: PASSWORD, archive: { sizeBytes: 200_000 } };
  [manager, target] = await Promise.all([
    startSimulatedManager(options),
    startSimulatedManager({ ...options, holds: 'nothing' }),
  ]);
  await mkdir(join(dir, 'secrets'));
  await writeFile(join(dir, 'secrets', 'prod'), `\uFEFF${PASSWORD}\r\n`);
});
afterAll(async () => {
  await Promise.all([manager.close(), target.close()]);
  await rm(dir, { recursive: true, force: true });
});

const urls = () => [manager.urls[0] ?? ''];
const byFile = () => ({ urls: urls(), username: 'admin', passwordFile: 'secrets/prod' });
const one = (local: unknown, more: object = {}) => ({
  version: 2,
  managers: [{ id: 'prod', local }],
  local: { folder: 'store' },
  ...more,
});

async function written(config: unknown, name = 'offsite.json'): Promise<string> {
  const file = join(dir, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function offsite(line: string, env: Record<string, string> = {}, stopAt?: string) {
  const shown = await commandLine(line.split(' '), { terminal: { env, clock }, ...(stopAt ? { stopAt } : {}) });
  expect(shown.out + shown.err).not.toMatch(/canary| at .*\.ts/);
  return shown;
}

test('the configuration is enough for every command of one machine; its names begin at its folder', async () => {
  const lab = { urls: [target.urls[0]], username: 'admin', passwordFile: 'secrets/prod' };
  const managers = [
    { id: 'prod', local: byFile(), schedule: 'cron(0 4 * * ? *)' },
    { id: 'lab', local: lab, schedule: null, drillTarget: true, restoreFrom: ['prod'] },
  ];
  const file = await written({ version: 2, managers, local: { folder: 'store' } });
  const env = { OFFSITE_CONFIG: file };
  const made = await offsite(`export --local --manager prod --json --config ${file}`);
  expect([made.code, JSON.parse(made.out)]).toMatchObject([0, { outcome: 'succeeded', manager: 'prod' }]);
  const { snapshot } = JSON.parse(made.out) as { snapshot: string };
  const listed = JSON.parse((await offsite('list --local --json', env)).out);
  expect(listed).toMatchObject({ place: join(dir, 'store', 'offsite'), archives: [{ snapshot }] });
  const status = JSON.parse((await offsite('status --local --json', env)).out);
  expect(status).toMatchObject({ configured: true, managers: [{ manager: 'lab' }, { manager: 'prod' }] });
  expect(JSON.parse((await offsite('retention plan --local --manager prod --json', env)).out).configured).toBe(true);
  // It asks the manager as well, which holds the snapshot.
  const { code, out } = await offsite('reconcile --local --manager prod', env);
  expect([code, out]).toEqual([expect.any(Number), expect.stringMatching(/\d snapshots on it/)]);
  for (const line of [
    `show ${snapshot} --local --manager prod`,
    'verify --local --all',
    `keep ${snapshot} --local --manager prod --forever`,
    `unkeep ${snapshot} --local --manager prod --yes`,
    'retention expire --local --yes',
    `restore --local --manager lab --source-manager prod --drill`,
  ]) {
    const shown = await offsite(line, env);
    expect([line, shown.code, shown.err]).toEqual([line, 0, expect.any(String)]);
  }
});

const login = (more: object) => ({ urls: urls(), username: 'admin', ...more });
const OF_FILE = String.raw`of \S+/wrong\.json`;

test.each<[string, () => object, string, string]>([
  [
    'options',
    byFile,
    '--username x --password-file WRONG',
    String.raw`\(--username\) and the password \(in \S+/wrong, by --password-file\)`,
  ],
  [
    'a file',
    () => login({ passwordFile: 'secrets/wrong' }),
    '',
    String.raw`username ${OF_FILE}\) .* \(managers\.prod\.local\.passwordFile ${OF_FILE}\)`,
  ],
  ['a command', () => login({ passwordCommand: ['/bin/echo', 'wr0ng'] }), '', `passwordCommand ${OF_FILE}`],
  ['a variable', () => login({ passwordEnv: 'LOGIN' }), '', `passwordEnv ${OF_FILE}`],
  [
    'a token',
    () => ({ urls: urls(), tokenEnv: 'LOGIN' }),
    '',
    String.raw`the token \(managers\.prod\.local\.tokenEnv ${OF_FILE}\)`,
  ],
])('rejected credentials: the message names where they come from, %s', async (_, local, options, says) => {
  await writeFile(join(dir, 'secrets', 'wrong'), 'wr0ng');
  const file = await written(one(local()), 'wrong.json');
  const line = `doctor --local --manager prod --config ${file} ${options.replace('WRONG', join(dir, 'secrets', 'wrong'))}`;
  const { code, out } = await offsite(line.trim(), { LOGIN: 'wr0ng' });
  expect([code, out]).toEqual([1, expect.stringMatching(new RegExp(`CredentialsRejected: .*Check .*${says}`))]);
  expect(out).not.toMatch(/its secret|wr0ng/);
});

test('options count more than variables, and those more than the configuration', async () => {
  const file = await written(one({ ...byFile(), urls: ['https://nowhere.invalid'], passwordFile: 'missing' }));
  const own = `--manager-url ${urls()[0]} --password-file ${join(dir, 'secrets', 'prod')}`;
  const env = { OFFSITE_CONFIG: file, OFFSITE_FOLDER: join(dir, 'of-variable') };
  const line = `export --local --manager prod --json ${own}`;
  expect((await offsite(`${line} --to ${join(dir, 'of-option')}`, env)).code).toBe(0);
  expect((await offsite(line, env)).code).toBe(0);
  for (const folder of ['of-option', 'of-variable']) {
    const listed = await offsite(`list --local --json --from ${join(dir, folder)}`, env);
    expect(JSON.parse(listed.out).archives, folder).toHaveLength(1);
  }
});

test('a bucket of another store, with region and profile from the configuration', async () => {
  const access = { accessKeyId: 'LOCALPROFILE', secretAccessKey: 'canary-store-secret' };
  const store = await startLocalS3({ dir: join(dir, 'bucket'), access });
  const s3 = s3Client({ ...store.access, endpoint: store.url });
  await s3.send(new CreateBucketCommand({ Bucket: 'backups' }));
  const { accessKeyId, secretAccessKey } = access;
  const profile = `[backup]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
  await writeFile(join(dir, 'credentials'), profile);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(dir, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'no-such-file'));
  for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  try {
    const local = { bucket: 'backups', endpoint: store.url, region: 'us-east-1', profile: 'backup' };
    const file = await written(one(byFile(), { local }));
    expect((await offsite(`export --local --manager prod --config ${file}`)).code).toBe(0);
    const listed = JSON.parse((await offsite(`list --local --json --config ${file}`)).out);
    expect(listed).toMatchObject({ place: 's3://backups', archives: [{ manager: 'prod' }] });
  } finally {
    vi.unstubAllEnvs();
    s3.destroy();
    await store.close();
  }
});

const command = (...words: string[]) => ({ urls: urls(), username: 'admin', passwordCommand: words });
const print = (text: string) => command('node', '-e', `process.stdout.write(${JSON.stringify(text)})`);

test.each<[string, () => object, Record<string, string>?]>([
  ['a file with a byte order mark and CRLF', byFile],
  ['a command', () => print(PASSWORD)],
  ['a command whose output ends with CRLF', () => print(`\uFEFF${PASSWORD}\r\n`)],
  ['a command that prints other things on standard error', () => command('sh', '-c', `echo x >&2; echo ${PASSWORD}`)],
  ['a program beside the configuration', () => command('secrets/print')],
  ['a variable', () => ({ urls: urls(), username: 'admin', passwordEnv: 'PROD' }), { PROD: `${PASSWORD}\n` }],
])('a credential by %s', async (_, local, env = {}) => {
  await writeFile(join(dir, 'secrets', 'print'), `#!/bin/sh\necho '${PASSWORD}'\n`, { mode: 0o700 });
  const file = await written(one(local()));
  const shown = await offsite(`reconcile --local --manager prod --config ${file}`, {
    PATH: process.env['PATH'] ?? '',
    ...env,
  });
  expect(shown.out + shown.err).toMatch(/\d snapshots on it/);
});

test.each<[string, () => object, RegExp]>([
  ['fails', () => command('sh', '-c', 'echo canary-out; echo canary-err >&2; exit 3'), /sh failed with exit code 3/],
  ['is not there', () => command('no-such-program'), /no-such-program cannot be run \(ENOENT\)/],
  ['prints nothing', () => command('true'), /The output of managers\.prod\.local\.passwordCommand: is empty/],
  ['prints two lines', () => print('canary\ncanary'), /passwordCommand.*must not hold control characters/],
  ['takes too long', () => command('sh', '-c', 'sleep 60 & wait'), /sh took longer than 1 s \(local\.commandSeconds\)/],
  ['prints without end', () => command('yes', 'canary'), /yes printed more than 64 KiB/],
  ['is written as one word for a shell', () => command('echo canary; id'), /: echo cannot be run \(ENOENT\)/],
])('a command that %s: exit code 2, and nothing of its output', async (_, local, message) => {
  const file = await written({ ...one(local()), local: { folder: 'store', commandSeconds: 1 } });
  const { code, err } = await offsite(`export --local --manager prod --config ${file}`, {
    PATH: process.env['PATH'] ?? '',
  });
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test('Ctrl-C ends the command and all that it started', async () => {
  const marker = join(dir, 'started');
  const file = await written(one(command('sh', '-c', `(sleep 300; true) & echo $! > ${marker}; wait`)));
  const stop = new AbortController();
  const shown = commandLine(`export --local --manager prod --config ${file}`.split(' '), {
    terminal: { env: { PATH: process.env['PATH'] }, interrupt: stop.signal },
  });
  const pid = await until(async () => execFileSync('cat', [marker], { encoding: 'utf8', stdio: 'pipe' }).trim());
  stop.abort();
  expect(await shown).toMatchObject({ code: 130, err: expect.stringContaining('Interrupted') });
  await until(async () => expect(isAtWork(pid)).toBe(false));
});

/** One that was killed is there until its new parent, the first process of the machine, has asked for how it ended. */
function isAtWork(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** What a process does is seen a little later. */
async function until<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

const isRoot = process.getuid?.() === 0;
test.each<[string, (file: string) => Promise<unknown>]>([
  ['that all may write', async (file) => await chmod(file, 0o666)],
  ['that its group may write', async (file) => await chmod(file, 0o620)],
  ['in a folder that all may write', async (file) => await chmod(dirname(file), 0o777)],
  ['in a sticky folder that all may write', async (file) => await chmod(dirname(file), 0o1777)],
  ['below a folder that all may write', async (file) => await chmod(dirname(dirname(file)), 0o777)],
  ['behind a link in a folder that all may write', async (file) => await linked(file, 0o777)],
  ...(isRoot
    ? ([['of another user', async (file) => await chown(file, 4711, 4711)]] as [
        string,
        (f: string) => Promise<unknown>,
      ][])
    : []),
])('a command of a configuration %s is not run', async (what, spoil) => {
  const marker = join(dir, 'ran');
  const place = `trust-${what.replaceAll(' ', '-')}/inner/offsite.json`;
  const made = await written(one(command('sh', '-c', `touch ${marker}; echo x`)), place);
  const link = await spoil(made);
  const file = typeof link === 'string' ? link : made;
  const { code, err } = await offsite(`export --local --manager prod --config ${file}`);
  expect([code, err]).toEqual([2, expect.stringMatching(/is not run.*(written by others|belongs to another user)/)]);
  expect(() => execFileSync('test', ['-e', marker])).toThrow();
});

async function linked(file: string, mode: number): Promise<string> {
  const open = join(dirname(dirname(file)), 'open');
  await mkdir(open);
  await chmod(open, mode);
  await symlink(file, join(open, 'offsite.json'));
  return join(open, 'offsite.json');
}

test('nothing is read from the folder that a command is started in', async () => {
  await written(one(byFile()), 'started-here/offsite.json');
  const bin = new URL('../../bin/offsite.ts', import.meta.url).pathname;
  const list = () =>
    execFileSync(process.execPath, [bin, 'list', '--local'], { cwd: join(dir, 'started-here'), stdio: 'pipe' });
  expect(list).toThrow(/--from offsite-data: holds no archives/);
});

test.each<[string, () => unknown, RegExp]>([
  [
    'two kinds of credentials',
    () => ({ ...byFile(), passwordEnv: 'X' }),
    /managers\.0\.local\.passwordEnv: must not be there together/,
  ],
  [
    'a token with a user',
    () => ({ urls: urls(), username: 'admin', tokenFile: 'x' }),
    /local\.username: must not be there/,
  ],
  ['no credentials', () => ({ urls: urls(), username: 'admin' }), /local\.passwordFile: is missing/],
  ['a password without a user', () => ({ urls: urls(), passwordFile: 'x' }), /local\.username: is missing/],
  ['the password itself', () => ({ ...byFile(), password: 'canary' }), /password is not a known field/],
  [
    'a password in the address',
    () => ({ ...byFile(), urls: ['https://a:canary@m.example.com'] }),
    /urls\.0: must not hold/,
  ],
  ['no address', () => ({ ...byFile(), urls: [] }), /urls: must name an address/],
  [
    'a command line as one text',
    () => ({ urls: urls(), username: 'a', passwordCommand: 'pass show x' }),
    /must be a list/,
  ],
  [
    'a path in the address',
    () => ({ ...byFile(), urls: ['https://m.example.com/api'] }),
    /managers\.prod\.local\.urls: must be the address alone/,
  ],
  [
    'a password file that is not there',
    () => ({ ...byFile(), passwordFile: 'nowhere' }),
    /local\.passwordFile .*nowhere: cannot be read/,
  ],
  [
    'a CA file that is none',
    () => ({ ...byFile(), caFile: 'secrets/prod' }),
    /managers\.prod\.local\.caFile: must be a PEM/,
  ],
  ['a variable that is not set', () => ({ urls: urls(), username: 'a', passwordEnv: 'NOT_SET' }), /NOT_SET is not set/],
  ['false: not from here', () => false, /managers\.prod\.local of .* is false/],
])('a wrong configuration of a manager, %s: exit code 2 and the field', async (_, local, message) => {
  const { code, err } = await offsite(`export --local --manager prod --config ${await written(one(local()))}`);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test.each<[string, object, RegExp]>([
  ['a folder and a bucket', { folder: 'a', bucket: 'abc' }, /local\.bucket: must not be there together with folder/],
  [
    'an endpoint without a bucket',
    { folder: 'a', endpoint: 'https://s3.example.com' },
    /local\.endpoint: needs bucket/,
  ],
  ['no destination', {}, /Where are the archives\? Add local\.folder or local\.bucket to/],
  ['no exports at once', { folder: 'a', parallel: 0 }, /local\.parallel/],
])('a wrong destination, %s: exit code 2 and the field', async (_, local, message) => {
  const file = await written(one(byFile(), { local }));
  const { code, err } = await offsite(`export --local --manager prod --config ${file}`);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test.each<[string, string, RegExp]>([
  ['no manager', 'export --local', /Which manager is to be exported\?.*says how to reach prod/],
  [
    'a manager that it does not know',
    'export --local --manager other',
    /Where is manager other\?.*says how to reach prod/,
  ],
  [
    'a restore to a manager that it does not know',
    'restore --local --manager other',
    /The address of the manager is missing/,
  ],
  ['a drill onto what is no target', 'restore --local --manager prod --drill', /Add --drill-target/],
])('%s: the simulated manager is not meant', async (_, line, message) => {
  const { code, err } = await offsite(line, { OFFSITE_CONFIG: await written(one(byFile())) });
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test('variables that exclude each other, or belong to the other place', async () => {
  const env = { OFFSITE_FOLDER: dir, OFFSITE_BUCKET: 'b' };
  expect((await offsite('list --local', env)).err).toContain('OFFSITE_BUCKET and OFFSITE_FOLDER exclude each other');
  expect((await offsite('list --local', { OFFSITE_S3_ENDPOINT: 'http://127.0.0.1:1' })).err).toContain(
    'OFFSITE_S3_ENDPOINT needs --bucket',
  );
  // A name of a stack means nothing on this machine.
  expect(
    (await offsite(`list --local --from ${dir}/nowhere`, { OFFSITE_INSTALLATION: 'x', OFFSITE_BUCKET: 'b' })).err,
  ).toContain('holds no archives');
});

test('the stack ignores what only one machine needs', () => {
  const config = parseConfig(one(byFile(), { $schema: 'schemas/configuration.json' }));
  expect(config.managers[0]?.local).toMatchObject({ username: 'admin' });
  const ofStack = { version: 2, managers: [{ id: 'prod' }] };
  // It is the same deployment, and no function is told of it.
  expect(configDigest(config)).toBe(configDigest(parseConfig(ofStack)));
  expect(functionConfigOf(config)).toEqual(functionConfigOf(parseConfig(ofStack)));
});

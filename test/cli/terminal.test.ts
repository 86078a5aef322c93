import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { movingLine, waitingLine } from '../../lib/cli/text/progress-line.ts';
import { wrapped } from '../../lib/cli/text/wrapped.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { commandLine } from '../support/command-line.ts';

const MiB = 2 ** 20;
let dir: string;
let manager: SimulatedManager;
let nights = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-terminal-'));
  manager = await startSimulatedManager({
    password: 'canary-Passw0rd',
    createSeconds: 0,
    archive: { sizeBytes: 200_000 },
  });
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'wrong'), 'canary-0ther\n');
});
afterAll(async () => {
  await manager.close();
  await rm(dir, { recursive: true, force: true });
});

interface Seen {
  readonly tty?: boolean;
  readonly columns?: number;
  readonly env?: Record<string, string>;
}

/** One export, each of a night of its own. */
async function exported(more: string, { tty = false, columns, env = {} }: Seen = {}, password = 'password') {
  nights += 1;
  const time = new Date(Date.UTC(2026, 10, nights)).toISOString();
  const access = `--manager m1 --manager-url ${manager.urls[0]} --username admin --password-file ${join(dir, password)}`;
  const line = `export --local ${access} --to ${join(dir, 'store')} --scheduled-time ${time} ${more}`.trim();
  return await commandLine(line.split(' '), {
    tty,
    ...(columns ? { columns } : {}),
    terminal: { env: { LANG: 'en_US.UTF-8', ...env } },
  });
}

/** What a person sees of a line that is drawn over, at its end. */
const drawn = (err: string) =>
  err.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).replaceAll('\u001b[2K', ''));

test.each([80, 60, 44])('%i columns: no line is longer, and the numbers stay', async (columns) => {
  const { code, err } = await exported('', { tty: true, columns });
  expect(code).toBe(0);
  expect(Math.max(...drawn(err).map((line) => line.length))).toBeLessThan(columns);
  expect(err).toMatch(/Copying to storage +195\.3 KiB of 195\.3 KiB/);
  if (columns === 80) expect(err).toMatch(/195\.3 KiB of 195\.3 KiB, \S+ \SiB\/s\n/);
});

test('at any width: what does not fit goes as a whole, the bar first; the share of it is the last to go', () => {
  const moving = { label: 'Copying to storage', done: 12 * MiB, total: 16 * MiB, seconds: 4, isFinished: false };
  const full = movingLine(moving, 200, { hasBlocks: true });
  expect(full).toBe(
    `Copying to storage         ${'█'.repeat(18)}${'░'.repeat(6)} 12.0 MiB of 16.0 MiB, 3.0 MiB/s, 1 s left`,
  );
  const words = new Set([...full.split(/[ ,]+/), '75', '%']);
  for (let width = 4; width <= 120; width++) {
    const line = movingLine(moving, width, { hasBlocks: true });
    expect(line.length).toBeLessThanOrEqual(width);
    expect(line.split(/[ ,]+/).filter((word) => !words.has(word))).toEqual([]);
    if (width >= 80 - 1) expect(line).toContain('12.0 MiB of 16.0 MiB, 3.0 MiB/s, 1 s left');
    if (width >= 44 - 1) expect(line).toContain('12.0 MiB of 16.0 MiB');
  }
  const text = '3 min 05 s, execution started, no answer for over 5 min';
  for (let width = 30; width <= 120; width++) {
    const line = waitingLine('Restoring on the manager', text, width, { hasBlocks: true });
    expect(line.length).toBeLessThanOrEqual(width);
    const cut = line.replaceAll(/ +/g, ' ').replace(/…$/, '');
    expect(`Restoring on the manager ${text} `).toContain(`${cut} `);
  }
});

test.each<[string, Record<string, string>]>([
  ['TERM=dumb', { TERM: 'dumb' }],
  ['NO_COLOR', { NO_COLOR: '1' }],
])('%s: no escape codes', async (_, env) => {
  const { code, err } = await exported('', { tty: true, env });
  expect([code, err]).toEqual([0, expect.not.stringContaining('\u001b')]);
  if (env['TERM']) expect(err).toMatch(/^Looking for a healthy node\n[^\r]*$/);
});

test.each([{ LC_ALL: 'C' }, { LANG: 'de_DE.ISO-8859-1' }, { LC_CTYPE: 'POSIX' }, { LANG: '' }])(
  'a locale without UTF-8, %j: no character that it does not have',
  async (env) => {
    const { code, err } = await exported('', { tty: true, columns: 120, env });
    expect(code).toBe(0);
    expect(err).not.toMatch(/\P{ASCII}/u);
    expect(err).toMatch(/Copying to storage +#{24} 195\.3 KiB/);
  },
);

test('--quiet: nothing of what succeeds, all of what fails', async () => {
  expect(await exported('--quiet')).toEqual({ code: 0, out: '', err: '' });
  const { code, out, err } = await exported('--quiet --json');
  expect([code, JSON.parse(out).outcome, err]).toEqual([0, 'succeeded', '']);
  const failed = await exported('--quiet', {}, 'wrong');
  expect(failed).toEqual({ code: 1, out: '', err: expect.stringMatching(/^offsite: CredentialsRejected: .*\n$/) });
  const verify = await commandLine(`verify --local --all --quiet --from ${join(dir, 'store')}`.split(' '));
  expect(verify).toEqual({ code: 0, out: '', err: '' });
});

test('--log-format json: an object for each line, with time and level, also of what fails before it begins', async () => {
  const { code, err } = await exported('--log-format json', { tty: true });
  const lines = err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(lines[0]).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'info',
    message: 'Looking for a healthy node',
  });
  const failed = await exported('', { env: { OFFSITE_LOG_FORMAT: 'json' } }, 'wrong');
  expect(JSON.parse(failed.err)).toMatchObject({
    level: 'error',
    message: expect.stringMatching(/^offsite: CredentialsRejected/),
  });
});

test('--log-format text: each line begins with its time and level', async () => {
  const { code, err } = await exported('--log-format text', { tty: true });
  expect(code).toBe(0);
  for (const line of err.trimEnd().split('\n'))
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (info |warn |error) \S/);
  const wrong = await exported('--log-format xml');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Allowed choices are text, json')]);
});

test('a log of several managers has the name of each in a field of its own', async () => {
  const local = { urls: [manager.urls[0]], username: 'admin', passwordFile: 'password' };
  const file = join(dir, 'offsite.json');
  await writeFile(file, JSON.stringify({ managers: [{ id: 'm1', local }], local: { folder: 'all' } }));
  const { err } = await commandLine(`export --local --all --log-format json --config ${file}`.split(' '));
  const lines = err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ manager: 'm1', message: 'Looking for a healthy node' });
});

test('results and errors break between words, below their text; tables and long words stay', () => {
  const text = [
    'Verified  all 128 files, inflated from storage, each against its own CRC-32',
    `Archive   /mnt/${'x'.repeat(60)}.zip`,
    'offsite: CredentialsRejected: Manager m1 rejects the credentials of the user admin.',
    'MANAGER   ARCHIVE                   TAKEN                SIZE      FORMAT',
  ].join('\n');
  expect(wrapped(text, 44).split('\n')).toEqual([
    'Verified  all 128 files, inflated from',
    '          storage, each against its own',
    '          CRC-32',
    `Archive   /mnt/${'x'.repeat(60)}.zip`,
    'offsite: CredentialsRejected: Manager m1',
    '  rejects the credentials of the user admin.',
    'MANAGER   ARCHIVE                   TAKEN                SIZE      FORMAT',
  ]);
});

test.each<[string, string | undefined]>([
  ['lst', 'list'],
  ['exprot', 'export'],
  ['list --managr x', '--manager'],
  ['list --quite', '--quiet'],
  ['status --jsn', '--json'],
  ['demo --too x', '--to'],
  ['list --color', undefined],
  ['list --silent', undefined],
  ['list --bukket-nam x', undefined],
  ['backup', undefined],
  ['ls', undefined],
])('offsite %s: what is near is suggested, and nothing that is far', async (line, meant) => {
  const { code, err } = await commandLine(line.split(' '));
  expect([code, /Did you mean (\S+)\?/.exec(err)?.[1]]).toEqual([2, meant]);
});

describe('--quiet of a command that prints a result and nothing else', () => {
  const store = async () => {
    await exported('');
    return ['--local', '--from', join(dir, 'store')];
  };

  test.each([
    ['list'],
    ['status'],
    ['show', '--manager', 'm1'],
    ['retention', 'plan', '--manager', 'm1'],
    ['contents', '--manager', 'm1'],
  ])('offsite %s …: nothing if all is well, and the document of --json', async (...words) => {
    const line = [...words, ...(await store()), '--quiet'];
    expect(await commandLine(line)).toEqual({ code: 0, out: '', err: '' });
    expect(JSON.parse((await commandLine([...line, '--json'])).out)).toHaveProperty(
      words[0] === 'contents' ? 'inventory' : 'place',
    );
  });

  test('status: its table if something needs attention, so that a line of cron mails it', async () => {
    const later = { now: () => new Date('2030-01-01T00:00:00Z'), sleep: async () => undefined };
    const line = ['status', ...(await store()), '--quiet', '--config', join(dir, 'quiet.json')];
    await writeFile(join(dir, 'quiet.json'), JSON.stringify({ managers: [{ id: 'm1' }] }));
    const { code, out } = await commandLine(line, { terminal: { clock: later } });
    expect([code, out]).toEqual([1, expect.stringMatching(/^MANAGER .*\nm1 /)]);
  });

  test('list --csv and what other programs read are printed', async () => {
    expect((await commandLine(['list', ...(await store()), '--quiet', '--csv'])).out).toMatch(/^manager,/i);
    expect(JSON.parse((await commandLine(['machine', 'export', '--quiet'])).out)).toHaveProperty('States');
    expect((await commandLine(['completion', 'bash', '--quiet'])).out).toContain('complete');
    expect((await commandLine(['metrics', ...(await store()), '--quiet'])).out).toContain('# EOF');
  });
});

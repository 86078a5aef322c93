import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { flagOf, placeholderOf } from '../../lib/cli/command.ts';
import { commands } from '../../lib/cli/commands.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { disk } from '../support/failing-disk.ts';
import { memoryDisk } from '../support/run-folder.ts';

vi.mock('node:fs/promises', async (original) => {
  const { brokenPromises } = await import('../support/failing-disk.ts');
  return brokenPromises(await original<typeof import('node:fs/promises')>());
});
vi.mock('node:fs', async (original) => {
  const { brokenFs } = await import('../support/failing-disk.ts');
  return brokenFs(await original<typeof import('node:fs')>());
});
const { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } =
  await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const ARCHIVE = 'prod/offsite-20261122T020000Z --local --from STORE --force';
const SCHEDULE = 'schedule --config ROOT/config.json --program /usr/bin/offsite';

interface Row {
  readonly line: string;
  /** What is named: a file, a folder of files, or a folder of archives, whose failures have the folder in their message. */
  readonly is: 'file' | 'folder' | 'archives';
  /** What a failure may leave, because the next run goes on with it. */
  readonly leaves?: RegExp;
}

/** Every option that names what is written; OUT is what it names. */
const WRITTEN: Readonly<Record<string, Row>> = {
  'simulate-manager --ca-out': { line: 'simulate-manager --tls --ca-out OUT', is: 'file' },
  'schedule --output': { line: `${SCHEDULE} --systemd --output OUT`, is: 'folder' },
  'metrics --output': { line: 'metrics --local --config ROOT/config.json --output OUT', is: 'file' },
  'report --html': { line: 'report --local --from STORE --html OUT', is: 'folder' },
  'download --to': { line: `download ${ARCHIVE} --to OUT`, is: 'file', leaves: /\.part$/ },
  'extract --to': { line: `extract ${ARCHIVE} --member metadata.json --to OUT`, is: 'folder' },
  'export --to': { line: 'export --local --size 1MiB --to OUT', is: 'archives' },
  'demo --to': { line: 'demo --size 1MiB --to OUT', is: 'archives' },
  'copy --to': { line: 'copy --local --from STORE --all --to OUT', is: 'archives' },
  'local-s3 --dir': { line: 'local-s3 --dir OUT', is: 'archives' },
};
/** Options that name what is read. A folder of archives that exists is written too: test/faults/failing-files.test.ts. */
const READ =
  /^--(password-file|token-file|ca-file|signing-key|config|changed|program|archive|restored-password-file|from|(to-)?s3-ca-file|to-config)$/;

test('every option that names a file or a folder is read, or has a row here', () => {
  const named = commands.flatMap((command) =>
    command.options
      .filter((option) => /^(FILE|DIR|PATH|FOLDER)$/.test(placeholderOf(option) ?? ''))
      .filter((option) => !READ.test(flagOf(option)))
      .map((option) => `${command.name} ${flagOf(option)}`)
      // It tries a folder and reports, which is its work.
      .filter((name) => name !== 'doctor --to'),
  );
  expect([...new Set(named)].sort()).toEqual(Object.keys(WRITTEN).sort());
});

let root: string;
beforeAll(async () => {
  const schedule = 'cron(0 2 * * ? *)';
  const local = { urls: ['https://127.0.0.1:1'], username: 'a', passwordFile: 'password' };
  root = await mkdtemp(join(memoryDisk(), 'output-files-'));
  await cp(FIXTURE, join(root, 'store'), { recursive: true });
  const managers = [{ id: 'prod', schedule, local }];
  await writeFile(
    join(root, 'config.json'),
    JSON.stringify({ version: 2, local: { folder: join(root, 'store') }, managers }),
  );
  return async () => await rm(root, { recursive: true, force: true });
});
let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(root, 'place-'));
});
afterEach(async () => {
  disk.heal();
  await rm(place, { recursive: true, force: true });
});

async function offsite(line: string, out: string) {
  const words = line.replaceAll('STORE', join(root, 'store')).replaceAll('ROOT', root).replaceAll('OUT', out);
  const stop = new AbortController();
  const said = { out: '' };
  const write = (text: string) => {
    said.out += text;
    if (text.includes('Ctrl-C ends it')) stop.abort();
  };
  const clock = new VirtualClock('2026-12-01T12:00:00Z');
  const signing = { stateFolder: join(root, 'state') };
  const terminal = { out: { write }, interrupt: stop.signal, clock, signing };
  return { ...(await commandLine(words.split(' '), { terminal })), ...said };
}

/** Files below a folder, by their names from there. */
const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));

function expectNamed({ code, err }: { code: number; err: string }, row: Row & { option: string }, what: RegExp) {
  expect([1, 2], err).toContain(code);
  const said = err.split('\n').filter((line) => line.startsWith('offsite: '));
  expect(said, err).toHaveLength(1);
  expect(said[0]).toMatch(/^offsite: (StorageRefused|UsageError|InvalidConfiguration): /);
  expect(said[0]).toContain(place);
  expect(said[0]).toMatch(what);
  if (row.is !== 'archives' && !said[0]?.includes('ulimit')) expect(said[0]).toContain(row.option);
  expect(err).not.toMatch(/\n {4}at |injected|undefined/);
}

/** What a path may be that takes nothing. */
const PATHS: Readonly<Record<string, { make(): Promise<string>; says: RegExp; not?: Row['is'] }>> = {
  'below a file': {
    make: async () => {
      await writeFile(join(place, 'a-file'), 'mine');
      return join(place, 'a-file', 'out');
    },
    says: /a file has the name of the folder \((ENOTDIR|EEXIST)/,
  },
  'a file where a folder is meant': {
    make: async () => {
      await writeFile(join(place, 'a-file'), 'mine');
      return join(place, 'a-file');
    },
    says: /a file has the name of the folder \((ENOTDIR|EEXIST)/,
    not: 'file',
  },
  'in a folder that is missing': {
    make: async () => join(place, 'missing', 'out'),
    says: /the folder above it is missing.*\(ENOENT.*Make that folder/,
    not: 'folder',
  },
  'a folder where a file is meant': {
    make: async () => {
      await mkdir(join(place, 'out'));
      return join(place, 'out');
    },
    says: /a folder has this name \(EISDIR|is a folder|exists already/,
    not: 'folder',
  },
  'a name of 300 characters': {
    make: async () => join(place, 'x'.repeat(300)),
    says: /its name is too long \(ENAMETOOLONG/,
  },
};

/** The same path in a system that refuses a call. Of folders of archives: test/folder-s3/failing-disk.test.ts. */
const CALLS = ['mkdir', 'open', 'writeFile', 'write', 'rename', 'access'];
const CODES: Readonly<Record<string, RegExp>> = {
  EACCES: /this user may not use it \(EACCES/,
  EROFS: /its file system is read-only \(EROFS/,
  ENOSPC: /its disk is full \(ENOSPC/,
  EDQUOT: /the disk quota of this user is used up \(EDQUOT/,
  EIO: /its disk reports an error \(EIO/,
  EMFILE: /this process may not open more files \(EMFILE.*ulimit -n/,
};

const ROWS = Object.entries(WRITTEN).map(([name, row]) => ({ name, option: name.split(' ')[1] ?? '', ...row }));

describe.each(ROWS)('$name', (row) => {
  test.each(
    Object.entries(PATHS).filter(([, { not }]) => not === undefined || (row.is === 'file') !== (not === 'file')),
  )('%s: named, with the option and the path; nothing is left', async (_, { make, says }) => {
    const out = await make();
    const before = await filesIn(place);
    expectNamed(await offsite(row.line, out), row, says);
    expect(await filesIn(place)).toEqual(before);
    if (before.includes('a-file')) expect(await readFile(join(place, 'a-file'), 'utf8')).toBe('mine');
  });
});

describe.each(ROWS.filter(({ is }) => is !== 'archives'))('$name', (row) => {
  test('a system call that fails with every code: named, and nothing partial is left', async () => {
    let failures = 0;
    for (const call of CALLS) {
      for (const [code, says] of Object.entries(CODES)) {
        const out = join(place, 'out');
        Object.assign(disk, { below: place, fails: { call, code, after: 0 } });
        const shown = await offsite(row.line, out);
        disk.heal();
        if (shown.code !== 0) {
          failures += 1;
          expectNamed(shown, row, says);
          const left = (await filesIn(place)).filter((name) => /\.(part|tmp|new)$/.test(name));
          expect(
            left.filter((name) => !row.leaves?.test(name)),
            `${call} ${code}`,
          ).toEqual([]);
        }
        await rm(out, { recursive: true, force: true });
      }
    }
    expect(failures).toBeGreaterThanOrEqual(Object.keys(CODES).length);
  });

  test('a disk that is full while it is written: named, nothing partial is left, and with room it works', async () => {
    const out = join(place, 'out');
    Object.assign(disk, { below: place, bytesLeft: 10 });
    expectNamed(await offsite(row.line, out), row, /its disk is full \(ENOSPC, write\)\. Make room/);
    disk.heal();
    expect((await filesIn(place)).filter((name) => !row.leaves?.test(name))).toEqual([]);
    const again = await offsite(row.line, out);
    expect(again.err).not.toMatch(/^offsite: /m);
    expect((await stat(out)).size).toBeGreaterThan(0);
  });
});

describe.each(ROWS)('$name', (row) => {
  test('in /proc, where nothing can be made: it ends, and is named', async () => {
    const shown = await offsite(row.line, row.is === 'file' ? '/proc/offsite.out' : '/proc/offsite/out');
    expect([1, 2], shown.err).toContain(shown.code);
    expect(shown.err).toMatch(/offsite: (StorageRefused|UsageError): .*\/proc\/offsite.*\((ENOENT|EACCES|EPERM)/);
  }, 20_000);
});

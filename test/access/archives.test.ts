import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameProblem } from '../../lib/access/target-path.ts';
import { offsite } from '../support/offsite.ts';

let dir: string;
let archive: string;
const from = (...words: string[]) => [...words, '--local', '--from', join(dir, 'store')];
const latest = (command: string, ...words: string[]) => from(command, 'demo/latest', ...words);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-access-'));
  const words = ['export', '--local', '--size', '200KiB', '--to', join(dir, 'store'), '--json'];
  const { out } = await offsite(words);
  const { key } = (JSON.parse(out) as { archive: { key: string } }).archive;
  archive = join(dir, 'store', 'offsite', key);
});
afterAll(async () => await rm(dir, { recursive: true }));

describe('download', () => {
  test('gives the bytes of the archive, for its owner alone, and replaces nothing unasked', async () => {
    const file = join(dir, 'a.zip');
    const first = await offsite(latest('download', '--to', file));
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('its CRC-32 is that of the manifest')]);
    expect((await readFile(file)).equals(await readFile(archive))).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await offsite(latest('download', '--to', file));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('exists already. Add --force')]);
  });
  test('goes on with what an earlier one has left, and proves the whole', async () => {
    const [file, bytes] = [join(dir, 'b.zip'), await readFile(archive)];
    await writeFile(`${file}.part`, bytes.subarray(0, 100_000));
    expect((await offsite(latest('download', '--to', file))).err).toContain('Add --resume to continue it');
    const { code, out } = await offsite(latest('download', '--to', file, '--resume', '--json'));
    expect([code, JSON.parse(out)]).toMatchObject([0, { resumed: 100_000, size: bytes.length }]);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });
  test('keeps nothing of a part that is of something else', async () => {
    const file = join(dir, 'c.zip');
    await writeFile(`${file}.part`, Buffer.alloc(1000));
    const { code, err } = await offsite(latest('download', '--to', file, '--resume'));
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^offsite: ChecksumMismatch: .*Nothing was kept.*run again/),
    ]);
    expect((await readdir(dir)).filter((name) => name.startsWith('c.zip'))).toEqual([]);
  });
});

test('contents: the inventory by tenant, and each member with its size', async () => {
  const { code, out } = await offsite(latest('contents', '--members', '--json'));
  const { inventory, members } = JSON.parse(out);
  expect([code, inventory.tenants]).toEqual([0, expect.objectContaining({ default_tenant: expect.any(Object) })]);
  expect(members).toContainEqual(expect.objectContaining({ name: 'metadata.json', size: expect.any(Number) }));
});

describe('extract', () => {
  test('writes what was asked for, for its owner alone, and says that it holds keys', async () => {
    const to = join(dir, 'x');
    const { code, err } = await offsite(latest('extract', '--to', to, '--member', 'metadata.json'));
    expect([code, err]).toEqual([0, expect.stringContaining('can hold private keys')]);
    expect(await readdir(to)).toEqual(['metadata.json']);
    expect([(await stat(to)).mode & 0o777, (await stat(join(to, 'metadata.json'))).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect(JSON.parse(await readFile(join(to, 'metadata.json'), 'utf8'))).toHaveProperty('snapshot_version');
    const again = await offsite(latest('extract', '--to', to, '--member', 'metadata.json'));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('exists already')]);
    expect((await offsite(latest('extract', '--to', to, '--member', 'metadata.json', '--force'))).code).toBe(0);
  });
  test('follows no link out of the folder', async () => {
    const { out } = await offsite(latest('contents', '--members', '--json'));
    const nested = (JSON.parse(out).members as { name: string }[]).find(({ name }) => /^[^/]+\/.*[^/]$/.test(name));
    const [top = ''] = nested?.name.split('/') ?? [];
    const to = join(dir, 'y');
    await mkdir(join(dir, 'outside'));
    await mkdir(to);
    await symlink(join(dir, 'outside'), join(to, top));
    const { code, err } = await offsite(latest('extract', '--to', to, '--force', '--member', nested?.name ?? ''));
    expect([code, err]).toEqual([2, expect.stringContaining('is a link or a file, and no folder')]);
    expect(await readdir(join(dir, 'outside'))).toEqual([]);
  });
  test('nothing was asked for, or nothing is there', async () => {
    expect((await offsite(latest('extract', '--to', dir))).err).toContain('No file is named');
    const none = await offsite(latest('extract', '--to', join(dir, 'z'), '--member', 'nothing.txt'));
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('has no such file')]);
  });
  test.each([
    ...[
      '/etc/passwd',
      '../a',
      'a/../../b',
      './a',
      'a//b',
      'a/',
      'C:/a',
      'c:a',
      'a\\b',
      '..\\a',
      'a\u0000',
      'a\u001b[31m',
    ],
    ...['CON', 'nul.txt', 'a/LPT1', 'com1.log', 'AUX.', 'a.', 'a /b', 'a?b', 'a*', 'a:stream', ''],
  ])('%j is no name of a file below the folder', (name) => {
    expect(nameProblem(name)).toEqual(expect.any(String));
  });
  test.each(['metadata.json', 'ssl/cloudify_internal_cert.pem', '..a/b', 'contact.txt', 'a b/ü.yaml', '.hidden'])(
    '%j is one',
    (name) => {
      expect(nameProblem(name)).toBeUndefined();
    },
  );
});

import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyFileSigner, readKeyFile } from '../../lib/signing/key-file.ts';
import { knownKeysOf } from '../../lib/signing/known-keys.ts';
import { fingerprintOf } from '../../lib/signing/public-key.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-keys-'));
});
afterEach(async () => await rm(dir, { recursive: true, force: true }));

const fingerprint = async (file: string) => fingerprintOf(await keyFileSigner(file).publicKey());

test('the key is made at first use, for its owner alone, and is the same from then on', async () => {
  const file = join(dir, 'state', 'offsite', 'signing-key.pem');
  expect(await readKeyFile(file)).toBeUndefined();
  const first = await fingerprint(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, 'state', 'offsite'))).mode & 0o777).toBe(0o700);
  expect(await fingerprint(file)).toBe(first);
  expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

test('of several processes that make it at the same moment all have the same', async () => {
  const file = join(dir, 'signing-key.pem');
  const made = await Promise.all(Array.from({ length: 8 }, async () => await fingerprint(file)));
  expect(new Set(made).size).toBe(1);
  expect(await readdir(dir)).toEqual(['signing-key.pem']);
});

test('what killed processes have left beside it is removed, unless one may still be at it', async () => {
  const file = join(dir, 'signing-key.pem');
  const left = (n: number) => `${file}.${`${n}`.repeat(8)}-1111-4111-8111-111111111111`;
  for (const n of [1, 2]) await writeFile(left(n), 'half a key');
  await writeFile(`${file}.old`, 'of a person');
  const hourAgo = new Date(Date.now() - 3_700_000);
  for (const old of [left(1), `${file}.old`]) await utimes(old, hourAgo, hourAgo);
  await fingerprint(file);
  const names = ['signing-key.pem', basename(left(2)), 'signing-key.pem.old'];
  expect((await readdir(dir)).sort()).toEqual(names.sort());
});

test.each([
  ['no PEM', async (file: string) => await writeFile(file, 'hello'), /holds no private key in PEM/],
  ['a folder', async (file: string) => void (await mkdir(file)), /cannot be read \(EISDIR\)/],
  ['no folder above it that could be made', async () => undefined, /cannot be written|cannot be read/],
])('where there is %s, that is said with another way', async (what, prepare, says) => {
  const file = what.startsWith('no folder') ? '/dev/null/signing-key.pem' : join(dir, 'signing-key.pem');
  await prepare(file);
  const failure = await keyFileSigner(file)
    .publicKey()
    .then(
      () => undefined,
      (error: Error) => error,
    );
  expect(failure).toMatchObject({ name: 'InvalidConfiguration', message: expect.stringMatching(says) });
});

const [one, two] = ['1'.repeat(64), '2'.repeat(64)] as [string, string];

test('keys beside the archives are believed at the first meeting and remembered; one that comes later is not', async () => {
  const file = join(dir, 'offsite', 'known-keys.json');
  const there = async () => [one];
  expect(await knownKeysOf(file, '/backup')(one, there)).toBe(true);
  const later = async () => [one, two];
  expect(await knownKeysOf(file, '/backup')(two, later)).toBe(false);
  expect(await knownKeysOf(file, '/backup')(one, later)).toBe(true);
  expect(await knownKeysOf(file, '/elsewhere')(two, later)).toBe(true);
});

test('a place without keys is not met yet', async () => {
  const file = join(dir, 'known-keys.json');
  expect(await knownKeysOf(file, '/backup')(one, async () => [])).toBe(false);
  expect(await knownKeysOf(file, '/backup')(one, async () => [one])).toBe(true);
});

test('a machine that can remember nothing believes them each time; damaged memory is said', async () => {
  const nowhere = '/dev/null/known-keys.json';
  await expect(knownKeysOf(nowhere, '/backup')(one, async () => [one])).resolves.toBe(true);
  const file = join(dir, 'known-keys.json');
  await writeFile(file, '{"a":');
  await expect(knownKeysOf(file, '/backup')(one, async () => [one])).rejects.toMatchObject({
    name: 'InvalidConfiguration',
  });
});

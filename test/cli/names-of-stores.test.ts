import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { offsite } from '../support/offsite.ts';

/** The owner of a folder knows of no bucket, and of archives what `offsite list` shows. */
const ID = 'offsite-20261121T020000Z';
const clock = new VirtualClock('2026-11-21T02:00:00.000Z');
let folder: string;
let manager: SimulatedManager;

const says = async (words: string) => await offsite([...words.split(' '), '--local', '--from', folder], { clock });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offsite-names-'));
  manager = await startSimulatedManager({ now: clock.now, createSeconds: 0, archive: { sizeBytes: 200_000 } });
  const file = join(folder, 'password');
  await writeFile(file, `${manager.password}\n`, { mode: 0o600 });
  const at = ['--manager-url', manager.urls[0] ?? '', '--username', manager.username, '--password-file', file];
  const { code } = await offsite(['export', '--local', '--manager', 'prod', ...at, '--to', folder], { clock });
  expect(code).toBe(0);
});
afterAll(async () => {
  await manager?.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['download nobody/latest --to x.zip', /^offsite: ArchiveNotFound: Manager nobody has no verified archive in folder /],
  ['download prod/offsite-20200101T000000Z --to x.zip', /\.json in folder \S+\/offsite\. /],
  ['contents prod/offsite-20200101T000000Z', /\.json in folder \S+\/offsite\. /],
  ['accept prod/offsite-20200101T000000Z', /\.json in folder \S+\/offsite\./],
])('%s names the folder', async (words, expected) => {
  const { code, err } = await says(words);
  expect([code, err]).toEqual([1, expect.stringMatching(expected)]);
  expect(err).not.toMatch(/bucket/i);
});

test('an archive is kept under the name that other commands take as well', async () => {
  const { code, out } = await says(`keep prod/${ID} --forever`);
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^Protected for ever: .* The folder \S+ has no Object Lock, /),
  ]);
  expect((await says(`unkeep prod/${ID} --yes`)).code).toBe(0);
  const both = await says(`keep prod/${ID} --manager other --forever`);
  expect([both.code, both.err]).toEqual([2, expect.stringContaining('is an archive of manager prod')]);
});

test.each(['keep latest --manager prod --forever', 'unkeep prod/latest', 'accept prod/latest'])(
  '%s is refused: the latest is another one tomorrow',
  async (words) => {
    const { code, err } = await says(words);
    expect([code, err]).toEqual([2, expect.stringContaining('give the id of the archive')]);
  },
);

test('what only the other format holds is named', async () => {
  const { code, err } = await says(`extract prod/latest --certificates --to ${join(folder, 'ssl')}`);
  expect([code, err]).toEqual([2, expect.stringMatching(/Only archives of the legacy format hold certificates/)]);
});

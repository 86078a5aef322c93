import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { signing } from '../support/signing.ts';

/** The folder of 0.1.0 (test/cli/older-bucket.test.ts), copied as people copy: without names that begin with a dot. */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
/** One bit of it was flipped before it was copied. */
const ROTTEN = 'archives/prod/2026/11/offsite-20261121T020000Z.zip';
const NEWEST = 'archives/prod/2026/11/offsite-20261122T020000Z.zip';
const MANIFEST = 'manifests/prod/2026/11/offsite-20261122T020000Z.json';

let dir: string;
let clock: VirtualClock;
beforeEach(async () => {
  dir = await mkdtemp(join(memoryDisk(), 'offsite-adopt-'));
  clock = new VirtualClock('2026-12-01T12:00:00Z');
  await cp(join(FIXTURE, 'offsite'), join(dir, 'offsite'), { recursive: true });
});
afterEach(async () => rm(dir, { recursive: true, force: true }));

const file = (key: string) => join(dir, 'offsite', key);

async function offsite(line: string, interrupt = new AbortController().signal, from = dir) {
  const said = { out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (said[stream] += text) });
  const words = [...line.split(' '), line.startsWith('export') ? '--to' : '--from', from, '--json'];
  const local = line.startsWith('adopt') ? [] : ['--local'];
  const terminal = { out: to('out'), err: to('err'), interrupt, signing, clock };
  const code = await main([...words, ...local], terminal);
  return { code, err: said.err, document: JSON.parse(said.out) };
}

/** Everything below the folder, hidden files too. */
const names = async () => (await readdir(dir, { recursive: true })).sort();

type Archive = { key: string; versionId: string };
async function archivesIn(from: string): Promise<Archive[]> {
  const { document } = await offsite('list', undefined, from);
  return document.archives.filter(({ key }: Archive) => key !== ROTTEN);
}

test('a folder without its hidden records is used again: every archive, its versions, marks and keeps', async () => {
  const before = await offsite('list');
  expect([before.code, before.err]).toEqual([2, expect.stringContaining(`offsite adopt --from ${dir}`)]);
  const { code, document } = await offsite('adopt');
  expect(code).toBe(1);
  expect(document).toMatchObject({ outcome: 'incomplete', adopted: { archives: 5, records: 30 }, missing: [] });
  expect(document.refused).toEqual([
    { key: ROTTEN, why: expect.stringMatching(/CRC-32 \S+ and its manifest says|CRC-32/) },
  ]);
  expect(document.lost.join(' ')).toMatch(/tags.*2 records were copied and hold.*Legal holds/);
  await cp(FIXTURE, join(dir, 'original'), { recursive: true });
  expect(await archivesIn(dir)).toEqual(await archivesIn(join(dir, 'original')));
  expect((await offsite('verify --all')).document.counts.good).toBe(5);
});

test('what is adopted is exported into, repaired, kept and restored from as before', async () => {
  await rm(file(ROTTEN));
  await rm(file(ROTTEN.replace('archives', 'manifests').replace('.zip', '.json')));
  expect((await offsite('adopt')).document).toMatchObject({ outcome: 'adopted', refused: [] });
  await writeFile(join(dir, 'password'), 'secret');
  const manager = { password: 'secret', createSeconds: 0, restoreSeconds: 1, now: clock.now };
  const source = await startSimulatedManager({ ...manager, archive: { sizeBytes: 8192 } });
  const target = await startSimulatedManager({ ...manager, holds: 'nothing' });
  const at = (url = '') => `--manager-url ${url} --username admin --password-file ${join(dir, 'password')}`;
  const exported = await offsite(`export --manager prod ${at(source.urls[0])}`);
  expect([exported.code, exported.err]).toEqual([0, expect.any(String)]);
  expect((await offsite('reconcile --manager prod --repair')).document.counts).toMatchObject({ failed: 0, couldBe: 0 });
  const which = '--source-manager prod --archive offsite-20261122T020000Z --method stream';
  const restored = await offsite(`restore --manager spare ${which} ${at(target.urls[0])}`);
  expect([restored.code, restored.document.outcome], restored.err).toEqual([0, 'succeeded']);
  await Promise.all([source.close(), target.close()]);
  const plan = (await offsite('retention plan --manager prod')).document.archives;
  expect(plan.map(({ expire }: { expire: string }) => expire)).toContain('kept');
});

test('it can be run again, also after it was stopped in the middle, and until then nothing reads half of it', async () => {
  const interrupt = new AbortController();
  const { now } = clock;
  let looks = 0;
  const stopping = new Proxy(interrupt.signal, {
    get: (signal, name) => {
      if (name === 'aborted' && ++looks === 20) interrupt.abort();
      const value: unknown = Reflect.get(signal, name, signal);
      return typeof value === 'function' ? value.bind(signal) : value;
    },
  });
  expect(await offsite('adopt', stopping)).toMatchObject({ code: 130, document: { error: 'Interrupted' } });
  expect(now()).toEqual(clock.now());
  expect((await offsite('list')).err).toContain('offsite adopt');
  expect((await offsite('export --manager prod')).code).toBe(2);
  expect((await offsite('adopt')).document.adopted.archives).toBe(5);
  const all = await names();
  expect((await offsite('adopt')).document).toMatchObject({ adopted: { archives: 0, records: 0 }, lost: [] });
  expect((await names()).filter((name) => !/lock-/.test(name))).toEqual(all.filter((name) => !/lock-/.test(name)));
});

test('a dry run says the same and writes nothing', async () => {
  const before = await names();
  const { code, document } = await offsite('adopt --dry-run');
  expect(await names()).toEqual(before);
  const { document: done } = await offsite('adopt');
  expect([code, document]).toEqual([1, { ...done, dryRun: true }]);
});

/** What became of the files on their way, and what is said of which key. */
const WAYS: readonly (readonly [string, () => Promise<unknown>, string, RegExp])[] = [
  ['an archive that was cut off', () => truncate(file(NEWEST), 5000), NEWEST, /5000 bytes, and its manifest says/],
  ['an empty archive', () => truncate(file(NEWEST), 0), NEWEST, /0 bytes, and its manifest says/],
  ['one flipped bit', async () => await flip(file(NEWEST)), NEWEST, /it is damaged/],
  ['an archive of another manager', async () => await cp(file(legacy), file(NEWEST)), NEWEST, /it is damaged/],
  ['a manifest that was not copied', () => rm(file(MANIFEST)), NEWEST, /has no manifest/],
  ['a manifest that was cut off', () => truncate(file(MANIFEST), 100), NEWEST, /cannot be relied on.*not JSON/],
  ['a manifest of another archive', async () => await cp(file(other), file(MANIFEST)), NEWEST, /is the manifest of/],
  ['a forged manifest', async () => await forge(file(MANIFEST)), NEWEST, /cannot be relied on.*signature/],
  ['an archive that was not copied', () => rm(file(NEWEST)), NEWEST, /has a manifest and is not in the folder/],
];
const legacy = 'archives/legacy/2026/11/offsite-20261122T023000Z.zip';
const other = 'manifests/prod/2026/11/offsite-20261120T020000Z.json';
async function flip(path: string) {
  const bytes = await readFile(path);
  bytes[2000] = (bytes[2000] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
async function forge(path: string) {
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  const signature = { key: 'a'.repeat(64), value: 'bm8=' };
  await writeFile(path, JSON.stringify({ ...manifest, signature }));
}

describe.each(WAYS)('%s', (_, damage, key, why) => {
  test('is named, is not adopted, and no other archive is concerned', async () => {
    await damage();
    const { code, document } = await offsite('adopt');
    const named = [...document.refused, ...document.missing].filter((one: { key: string }) => one.key !== ROTTEN);
    expect([code, named]).toEqual([1, [{ key, why: expect.stringMatching(why) }]]);
    expect(document.adopted.archives).toBe(4);
    const { document: list } = await offsite('list');
    const stored = list.archives.filter(({ missing }: { missing: string | null }) => missing === null);
    expect(stored.map(({ key: listed }: Archive) => listed)).not.toContain(key);
    expect(stored).toHaveLength(4);
  });
});

test('files of other programs are left as they are', async () => {
  await writeFile(file('archives/prod/.DS_Store'), 'x');
  await writeFile(file('archives/prod/2026/11/._offsite-20261122T020000Z.zip'), 'x');
  const { document } = await offsite('adopt');
  expect(document.foreign).toEqual(['archives/prod/.DS_Store', 'archives/prod/2026/11/._offsite-20261122T020000Z.zip']);
  expect((await offsite('list')).document.archives).toHaveLength(6);
});

test('a hidden record that is damaged is written anew; the other records stay', async () => {
  await cp(join(FIXTURE, '.offsite-s3'), join(dir, '.offsite-s3'), { recursive: true });
  const objects = join(dir, '.offsite-s3/offsite/objects');
  for (const home of await readdir(objects)) {
    const path = join(objects, home, 'record.json');
    if ((await readFile(path, 'utf8')).includes(NEWEST)) await truncate(path, 0);
  }
  const { code, document } = await offsite('adopt');
  expect([code, document]).toMatchObject([0, { outcome: 'adopted', adopted: { archives: 1, records: 0 }, lost: [] }]);
  expect((await offsite('verify --all')).document.counts.good).toBe(5);
});

const WAITING = ['adopt', 'retention expire --yes', 'reconcile --manager prod --repair', 'verify --all'];

test.each(WAITING)(
  'while another process has the folder %s waits, and says so, for little more than a minute',
  async (line) => {
    await offsite('adopt');
    const held = async (number: number) => {
      const lock = join(dir, '.offsite-s3', `lock-000${number}`);
      await writeFile(lock, JSON.stringify({ place: 'another machine', pid: 1, began: '-' }));
      return lock;
    };
    await held(100);
    const before = clock.now().getTime();
    const refused = await offsite(line);
    expect([refused.code, refused.document.error]).toEqual([2, 'InvalidConfiguration']);
    expect(refused.err.match(/in use by another process/g), 'once while it waits, once at the end').toHaveLength(2);
    expect((clock.now().getTime() - before) / 1000).toBeCloseTo(75, -1);
    const lock = await held(200);
    const { sleep } = clock;
    let waits = 0;
    clock.sleep = async (ms) => {
      if (++waits === 3) await writeFile(lock, JSON.stringify({ released: true }).padEnd(100));
      await sleep(ms);
    };
    const done = await offsite(line);
    expect(done.document.error ?? null, done.err).not.toBe('InvalidConfiguration');
  },
);

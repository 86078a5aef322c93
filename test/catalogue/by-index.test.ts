import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { growFolder } from '../../bench/growth-folder.ts';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { turnsOf } from '../../lib/catalogue/turns.ts';
import { main } from '../../lib/cli/main.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { makeArchive } from '../../simulator/archive/make-archive.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { keyPair, sealWith, signedText } from '../support/signing.ts';

/** Twelve archives with marks and an index that has them all: of all but the newest five nothing needs to be read. */
const COUNT = 12;
const NOW = new Date('2026-11-30T15:30:00Z');
const OLD = 'offsite-20261130T063000Z';
const { manifest, mark } = keysOf('m1', OLD);
const key = keyPair();
let root: string;
let made: string;

beforeAll(async () => {
  root = await mkdtemp(join(memoryDisk(), 'offsite-by-index-'));
  made = join(root, 'made');
  await writeFile(join(root, 'signing-key.pem'), key.pem, { mode: 0o600 });
  const archive = makeArchive({ sizeBytes: 1 });
  const bytes = Buffer.concat([...archive.chunks(0, archive.size)]);
  const small = { bytes, crc32: archive.crc32, members: archive.members.length };
  await growFolder(made, small, { managers: ['m1'], archives: COUNT, now: NOW }, key);
});
afterAll(async () => await rm(root, { recursive: true, force: true }));

async function list(dir: string) {
  let out = '';
  const terminal = { out: { write: (text: string) => (out += text) }, err: { write: () => undefined } };
  const clock = new VirtualClock(NOW.toISOString());
  const args = ['list', '--local', '--from', dir, '--json'];
  await main(args, { ...terminal, interrupt: new AbortController().signal, clock, signing: { stateFolder: root } });
  return JSON.parse(out);
}

async function copy(): Promise<string> {
  const dir = await mkdtemp(join(root, 'copy-'));
  await cp(made, dir, { recursive: true });
  return dir;
}

/** The catalogue, and how many records were read for it. */
async function read(dir: string, today?: Date, trusted = key) {
  const server = await startLocalS3({ dir, now: () => NOW });
  const client = s3Client({ ...server.access, endpoint: server.url });
  const sealing = await sealWith(trusted, { now: () => NOW });
  const archive = new ArchiveBucket(client, 'offsite', new AbortController().signal, sealing);
  try {
    const catalogue = await readCatalogue('m1', { archive }, { byIndex: today ?? true });
    return { ...catalogue, reads: server.requests('GetObject') };
  } finally {
    client.destroy();
    await server.close();
  }
}

/** As somebody with the key would, through the store, which knows of it then. */
async function put(dir: string, Key: string, Body: string): Promise<void> {
  const server = await startLocalS3({ dir, now: () => NOW });
  const client = s3Client({ ...server.access, endpoint: server.url });
  try {
    await client.send(new PutObjectCommand({ Bucket: 'offsite', Key, Body }));
  } finally {
    client.destroy();
    await server.close();
  }
}

const all = async (dir: string) => (await list(dir)).archives.map(({ snapshot }: { snapshot: string }) => snapshot);

test('an index that can be relied on stands for manifests and marks: head, page and the newest five are read', async () => {
  const { entries, reads, index } = await read(made);
  expect([entries.length, index.doubts, reads]).toEqual([COUNT, [], 2 + 5 * 2]);
  const other = await copy();
  await rm(join(other, 'offsite', 'indexes'), { recursive: true });
  expect((await list(made)).archives).toEqual((await list(other)).archives);
});

test('each of the others is read on one day of thirty', async () => {
  const snapshots = Array.from({ length: 500 }, (_, at) => `offsite-${at}`);
  const looked = Array.from({ length: 30 }, (_, day) => [
    ...turnsOf(snapshots, { newest: 5, today: new Date(NOW.getTime() + day * 86_400_000) }),
  ]).flat();
  const times = Map.groupBy(looked, (snapshot) => snapshot);
  expect(snapshots.map((snapshot) => times.get(snapshot)?.length)).toEqual([
    ...Array(495).fill(1),
    ...Array(5).fill(30),
  ]);
});

test.each([
  ['one digit was changed', (text: string) => text.replace(/"size": (\d)/, (_, digit) => `"size": ${9 - digit}`)],
  ['is cut off', (text: string) => text.slice(0, 900)],
  ['is empty', () => ''],
])('a manifest of which %s on the disk is read, and it alone is told of', async (_, damage) => {
  const dir = await copy();
  const file = join(dir, 'offsite', manifest);
  await writeFile(file, damage(await readFile(file, 'utf8')));
  const { archives, unreadable } = await list(dir);
  expect(archives.map(({ snapshot }: { snapshot: string }) => snapshot)).toEqual(
    (await all(made)).filter((snapshot: string) => snapshot !== OLD),
  );
  expect(unreadable).toMatchObject([{ snapshot: OLD, kind: 'manifest' }]);
});

test('the manifest of another archive in its place, and a mark that was changed, are read as well', async () => {
  const dir = await copy();
  const other = keysOf('m1', 'offsite-20261130T053000Z').manifest;
  await cp(join(made, 'offsite', other), join(dir, 'offsite', manifest));
  expect((await list(dir)).unreadable).toMatchObject([{ snapshot: OLD, kind: 'manifest' }]);
  await cp(join(made, 'offsite', manifest), join(dir, 'offsite', manifest));
  const text = await readFile(join(dir, 'offsite', mark), 'utf8');
  await writeFile(join(dir, 'offsite', mark), text.replace('"sound"', '"damaged"'));
  expect((await list(dir)).unreadable).toMatchObject([{ snapshot: OLD, kind: 'mark' }]);
});

test('an index whose page or key is not believed stands for nothing: every manifest is read', async () => {
  const dir = await copy();
  const page = join(dir, 'offsite', 'indexes', 'm1', '2026-11.json');
  await writeFile(page, (await readFile(page, 'utf8')).replace('"revision": 1', '"revision": 2'));
  const changed = await read(dir);
  expect(changed.index.doubts).toHaveLength(1);
  expect(changed.reads).toBeGreaterThanOrEqual(COUNT * 2);
  const strange = await read(made, undefined, keyPair());
  expect(strange.entries).toEqual([]);
  expect(strange.unreadable.map(({ fault }) => fault)).toEqual(Array(COUNT).fill('untrusted'));
});

test('a page with the row of another month is told of, though it is signed: such a row would be found by nobody', async () => {
  const dir = await copy();
  const at = 'indexes/m1/2026-11.json';
  const page = JSON.parse(await readFile(join(dir, 'offsite', at), 'utf8'));
  const [first, ...others] = page.archives;
  const changed = { ...page, revision: 2, archives: [...others, { ...first, snapshot: 'offsite-20261030T053000Z' }] };
  await put(dir, at, await signedText(at, changed, key));
  const { index, entries } = await read(dir);
  expect(index.doubts).toMatchObject([{ fault: 'forged', key: at }]);
  expect(entries).toHaveLength(COUNT);
});

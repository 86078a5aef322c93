import { appendFile, rm, writeFile } from 'node:fs/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUCKET, S3World } from './world.ts';

let world: S3World;
beforeAll(async () => {
  world = await S3World.start();
});
afterAll(async () => await world.end());

const atHand = async (key: string) => await world.server.atHand(BUCKET, key);

test('an object at hand is what a request for it gives', async () => {
  await world.put('a/record.json', '{"n":1}');
  await world.put('a/record.json', '{"n":"zwei – ☃"}');
  const { Body, ETag, VersionId, LastModified } = await world.client.send(
    new GetObjectCommand({ Bucket: BUCKET, Key: 'a/record.json' }),
  );
  const found = await atHand('a/record.json');
  expect(found?.bytes.toString()).toBe(await Body?.transformToString());
  expect([found?.etag, found?.versionId]).toEqual([ETag, VersionId]);
  // HTTP has whole seconds.
  expect(Math.floor((found?.lastModified.getTime() ?? 0) / 1000)).toBe((LastModified?.getTime() ?? 0) / 1000);
  expect(world.server.requests('GetObject')).toBe(1);
});

test('a request is left to say what is the matter with a file that was edited, cut, grown or removed', async () => {
  const changes: Record<string, (file: string) => Promise<void>> = {
    edited: async (file) => await writeFile(file, '{"n":2}'),
    cut: async (file) => await writeFile(file, '{"n":'),
    grown: async (file) => await appendFile(file, ' '),
    removed: async (file) => await rm(file),
  };
  for (const [name, change] of Object.entries(changes)) {
    await world.put(`b/${name}`, '{"n":1}');
    expect(await atHand(`b/${name}`), name).toBeDefined();
    await change(world.path('b', name));
    expect(await atHand(`b/${name}`), name).toBeUndefined();
  }
});

test('so is one that was deleted, or never was', async () => {
  await world.put('c/gone', 'one');
  await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'c/gone' }));
  expect(await atHand('c/gone')).toBeUndefined();
  expect(await atHand('c/never')).toBeUndefined();
  expect(await world.server.atHand('another-bucket', 'a/record.json')).toBeUndefined();
});

test('names at hand are those of a list, in its order, without what was deleted, and without a look at a file', async () => {
  for (const key of ['d/b.json', 'd/a.json', 'd/ä.json', 'd/\u{1f600}.json', 'd/gone.json', 'e/other.json'])
    await world.put(key, key);
  await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'd/gone.json' }));
  const { Contents = [] } = await world.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'd/' }));
  const listed = Contents.map(({ Key: key, LastModified: lastModified }) => ({ key, lastModified }));
  expect(listed).toHaveLength(4);
  expect(world.server.namesAtHand(BUCKET, 'd/')).toEqual(listed);
  await rm(world.path('d', 'a.json'));
  expect(world.server.namesAtHand(BUCKET, 'd/')).toEqual(listed);
  expect(world.server.namesAtHand('another-bucket', 'd/')).toEqual([]);
});

async function pagesOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

test('a list at hand is that of a request: ETags by the bytes as they are now, over many pages', async () => {
  for (let n = 0; n < 450; n++) await world.put(`f/${n}.json`, String(n));
  await writeFile(world.path('f', '7.json'), 'edited');
  await rm(world.path('f', '8.json'));
  const { Contents = [] } = await world.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'f/' }));
  const listed = Contents.map(({ Key, LastModified, ETag }) => ({ key: Key, lastModified: LastModified, etag: ETag }));
  expect(listed).toHaveLength(450);
  expect(await pagesOf(world.server.listAtHand(BUCKET, 'f/'))).toEqual(listed);
  expect(await pagesOf(world.server.listAtHand('another-bucket', 'f/'))).toEqual([]);
});

test('versions at hand are those of a request: markers, older ones, and only what is on the disk', async () => {
  for (const key of ['g/a', 'g/b', 'g/b', 'g/c', 'g/d']) await world.put(key, `${key} of some bytes`);
  await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'g/c' }));
  await appendFile(world.path('g', 'a'), ' and more');
  await rm(world.path('g', 'd'));
  const { Versions = [], DeleteMarkers = [] } = await world.client.send(
    new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'g/' }),
  );
  const listed = [...Versions, ...DeleteMarkers.map((marker) => ({ ...marker, Size: undefined }))].map((one) => ({
    key: one.Key,
    versionId: one.VersionId,
    storedAt: one.LastModified,
    isLatest: one.IsLatest,
    size: one.Size,
    storageClass: 'STANDARD',
  }));
  const found = await pagesOf(world.server.versionsAtHand(BUCKET, 'g/'));
  expect(found).toHaveLength(5);
  expect(found).toEqual(expect.arrayContaining(listed));
  expect(listed).toEqual(expect.arrayContaining(found));
});

test('a file at hand is that of the version, also of an older one; of a changed or missing one there is none', async () => {
  for (const text of ['first', 'second']) await world.put('i/a', text);
  const { Versions = [] } = await world.client.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'i/' }));
  const ids = Versions.map(({ VersionId = '' }) => VersionId);
  const texts = ids.map(async (id) => {
    const file = await world.server.openAtHand(BUCKET, 'i/a', id);
    const text = await file?.readFile('utf8');
    await file?.close();
    return text;
  });
  expect(await Promise.all(texts)).toEqual(['second', 'first']);
  await appendFile(world.path('i', 'a'), ' and more');
  const [newest = ''] = ids;
  expect(await world.server.openAtHand(BUCKET, 'i/a', newest)).toBeUndefined();
  await rm(world.path('i', 'a'));
  expect(await world.server.openAtHand(BUCKET, 'i/a', newest)).toBeUndefined();
  expect(await world.server.openAtHand(BUCKET, 'i/a', 'another')).toBeUndefined();
  expect(await world.server.openAtHand('another-bucket', 'i/a', newest)).toBeUndefined();
});

test('what is written between two pages is neither skipped nor shown twice', async () => {
  for (let n = 0; n < 250; n++) await world.put(`h/${String(n).padStart(3, '0')}`, 'x');
  const keys: string[] = [];
  for await (const page of world.server.listAtHand(BUCKET, 'h/')) {
    if (keys.length === 0) await world.put('h/000-new', 'y');
    keys.push(...page.map(({ key }) => key));
  }
  expect(keys).toHaveLength(250);
  expect(new Set(keys).size).toBe(250);
});

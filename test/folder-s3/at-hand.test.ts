import { appendFile, rm, writeFile } from 'node:fs/promises';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
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

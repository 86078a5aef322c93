import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalS3, type LocalS3Options, startLocalS3 } from '../../folder-s3/server.ts';
import { BucketLayout } from '../../folder-s3/store/layout.ts';
import { refusal } from '../conformance/s3.ts';
import { access, BUCKET, clientOf, S3World } from './world.ts';

let world: S3World;
const open: { server: LocalS3; client: S3Client }[] = [];
beforeEach(async () => {
  world = await S3World.start();
  await world.put('archives/m1/a', 'of m1');
  await world.stop();
});
afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    client.destroy();
    await server.close();
  }
  await world.end();
});

async function serve(options: Partial<LocalS3Options>): Promise<S3Client> {
  const server = await startLocalS3({ dir: world.dir, access, minPartSize: 1, ...options });
  const client = clientOf(server.url);
  open.push({ server, client });
  return client;
}

const writerOf = (name: string) => serve({ scope: { name, owns: (key) => key.startsWith(`archives/${name}/`) } });
const put = (client: S3Client, Key: string, Body: string) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
const read = async (client: S3Client, Key: string, VersionId?: string) =>
  await (
    await client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...(VersionId ? { VersionId } : {}) }))
  ).Body?.transformToString();
const keys = async (client: S3Client) =>
  (await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))).Contents?.map(({ Key }) => Key);
const readOnly = { code: 'ReadOnly', status: 403 };

test('many begin at once in a folder that is not there yet', async () => {
  for (let n = 0; n < 12; n++) {
    const dir = join(world.dir, `new-${n}`, 'below', 'it');
    const begin = async (name: string) => {
      const client = await serve({ dir, scope: { name, owns: (key) => key.startsWith(`archives/${name}/`) } });
      // One that begins a moment later than another finds the bucket.
      await client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: Error) => {
        if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
      });
      await put(client, `archives/${name}/a`, name);
    };
    await Promise.all(Array.from({ length: 8 }, (_, at) => begin(`m${at}`)));
  }
});

describe('two writers of one folder', () => {
  test('write what is theirs at the same time, and nothing else', async () => {
    const [one, two] = [await writerOf('m1'), await writerOf('m2')];
    const names = Array.from({ length: 12 }, (_, n) => String(n));
    await Promise.all(names.flatMap((n) => [put(one, `archives/m1/${n}`, n), put(two, `archives/m2/${n}`, n)]));
    expect(await read(two, 'archives/m1/a')).toBe('of m1');
    const [Bucket, Key] = [BUCKET, 'archives/m1/a'];
    expect(await refusal(put(two, Key, 'x'))).toEqual(readOnly);
    expect(await refusal(two.send(new CreateMultipartUploadCommand({ Bucket, Key })))).toEqual(readOnly);
    expect(await refusal(two.send(new DeleteObjectCommand({ Bucket, Key })))).toEqual(readOnly);
    const reader = await serve({ readOnly: true });
    expect(await keys(reader)).toHaveLength(25);
    expect(await read(reader, 'archives/m2/7')).toBe('7');
  });

  test('a start leaves alone what the other has on its way in', async () => {
    const one = await writerOf('m1');
    const target = { Bucket: BUCKET, Key: 'archives/m1/big' };
    const { UploadId } = await one.send(new CreateMultipartUploadCommand(target));
    const { ETag } = await one.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));
    const staged = join(new BucketLayout(world.dir, BUCKET, 'm1').tmp, 'half a body');
    await writeFile(staged, 'x');
    const layout = new BucketLayout(world.dir, BUCKET);
    await mkdir(layout.home('just begun'));
    await mkdir(layout.home('killed long ago'));
    await utimes(layout.home('killed long ago'), 1e9, 1e9);
    await writerOf('m2');
    expect((await stat(staged)).size).toBe(1);
    const homes = await readdir(layout.objects);
    expect(homes.map((name) => join(layout.objects, name))).toContain(layout.home('just begun'));
    expect(homes.map((name) => join(layout.objects, name))).not.toContain(layout.home('killed long ago'));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await one.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
    expect(await read(one, target.Key)).toBe('part');
  });
});

describe('a reader', () => {
  test('changes nothing, and refuses every write by name', async () => {
    const tree = async () => {
      const entries = await readdir(world.dir, { recursive: true });
      return Promise.all(entries.sort().map(async (name) => [name, (await stat(join(world.dir, name))).mtimeMs]));
    };
    const before = await tree();
    const reader = await serve({ readOnly: true });
    const [Bucket, Key] = [BUCKET, 'archives/m1/a'];
    const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] };
    for (const write of [
      () => put(reader, Key, 'x'),
      () => reader.send(new DeleteObjectCommand({ Bucket, Key })),
      () => reader.send(new CreateMultipartUploadCommand({ Bucket, Key })),
      () => reader.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging })),
      () => reader.send(new CreateBucketCommand({ Bucket: 'other' })),
    ]) {
      expect(await refusal(write())).toEqual(readOnly);
    }
    const Delete = { Objects: [{ Key }] };
    const deleted = await reader.send(new DeleteObjectsCommand({ Bucket, Delete })).catch(() => undefined);
    expect(deleted?.Deleted ?? []).toEqual([]);
    expect(await read(reader, Key)).toBe('of m1');
    expect(await tree()).toEqual(before);
  });

  test('reads whole versions while a writer replaces them', async () => {
    const writer = await writerOf('m1');
    const Key = 'archives/m1/a';
    const body = (n: number) => `${n % 10}`.repeat(1000);
    for (let n = 0; n < 20; n++) {
      const { VersionId = '' } = await put(writer, Key, body(n));
      const reader = await serve({ readOnly: true });
      const [, found, newest] = await Promise.all([
        put(writer, Key, body(n + 1)),
        read(reader, Key, VersionId),
        read(reader, Key),
      ]);
      expect([found, newest]).toEqual([body(n), body(n)]);
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { BucketLayout } from '../../folder-s3/store/layout.ts';
import { InvalidConfiguration, StorageRefused } from '../../lib/base/errors.ts';
import { refusal } from '../conformance/s3.ts';
import { access, BUCKET, clientOf, S3World } from './world.ts';

let world: S3World;
let layout: BucketLayout;
beforeEach(async () => {
  world = await S3World.start();
  layout = new BucketLayout(world.dir, BUCKET);
});
afterEach(async () => world.end());

/** Parts `1` and `2` of an open upload of `key`. */
async function openUpload(Key: string) {
  const where = { Bucket: BUCKET, Key };
  const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const { UploadId } = await world.client.send(new CreateMultipartUploadCommand({ ...where, ...checksum }));
  const target = { ...where, UploadId };
  const Parts: CompletedPart[] = [];
  for (const [PartNumber, Body] of [
    [1, 'ten bytes!'],
    [2, 'rest'],
  ] as const) {
    const { ETag } = await world.client.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  return { target, complete: () => new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }) };
}

describe('plain files', () => {
  test('the current version of an object is a plain file', async () => {
    await world.put('archives/m1/2026/11/a b.zip', 'one');
    await world.put('archives/m1/2026/11/a b.zip', 'two');
    expect(await readFile(world.path('archives/m1/2026/11/a b.zip'), 'utf8')).toBe('two');
    expect(await readdir(world.path())).toEqual(['archives']);
  });

  test('a deleted object leaves neither file nor folder', async () => {
    await world.put('a/b/c', 'one');
    await world.put('a/other', 'one');
    await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a/b/c' }));
    expect(await readdir(world.path('a'))).toEqual(['other']);
  });

  test('a version removed for good takes its file with it', async () => {
    const first = await world.put('a', 'one');
    const second = await world.put('a', 'two');
    await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', VersionId: second }));
    expect(await readFile(world.path('a'), 'utf8')).toBe('one');
    await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', VersionId: first }));
    expect([await readdir(world.path()), await readdir(layout.objects)]).toEqual([[], []]);
  });

  test('a completed upload is a plain file too, and its parts are gone', async () => {
    const { complete } = await openUpload('a.zip');
    await world.client.send(complete());
    expect(await readFile(world.path('a.zip'), 'utf8')).toBe('ten bytes!rest');
    expect([await readdir(layout.uploads), await readdir(layout.tmp)]).toEqual([[], []]);
  });

  test('a key cannot be the folder of another', async () => {
    await world.put('a', 'one');
    const conflict = { code: 'OperationAborted', status: 409 };
    expect(await refusal(world.put('a/b', 'two'))).toEqual(conflict);
    await world.put('c/d', 'one');
    expect(await refusal(world.put('c', 'two'))).toEqual(conflict);
    expect([await world.read('a'), await world.read('c/d')]).toEqual(['one', 'one']);
  });

  test('a version that comes back where a folder has grown stays readable', async () => {
    const version = await world.put('a', 'one');
    const where = { Bucket: BUCKET, Key: 'a' };
    const { VersionId } = await world.client.send(new DeleteObjectCommand(where));
    await world.put('a/b', 'two');
    await world.client.send(new DeleteObjectCommand({ ...where, VersionId }));
    await world.restart();
    expect([await world.read('a'), await world.read('a', version), await world.read('a/b')]).toEqual([
      'one',
      'one',
      'two',
    ]);
  });

  test('a file that somebody else put there is not replaced', async () => {
    await writeFile(world.path('mine'), 'precious');
    expect(await refusal(world.put('mine', 'x'))).toEqual({ code: 'OperationAborted', status: 409 });
    expect(await readFile(world.path('mine'), 'utf8')).toBe('precious');
  });

  test('a file that was cut short or removed on disk is not served as if it were whole', async () => {
    await world.put('cut', 'whole');
    await world.put('gone', 'whole');
    await writeFile(world.path('cut'), 'wh');
    await rm(world.path('gone'));
    expect(await refusal(world.read('cut'))).toEqual({ code: 'FileChanged', status: 410 });
    expect(await refusal(world.read('gone'))).toEqual({ code: 'NoSuchKey', status: 404 });
  });
});

describe('a restart', () => {
  test('finds objects, versions, markers, tags and open uploads', async () => {
    const first = await world.put('a', 'one');
    const put = { Bucket: BUCKET, Key: 'a', Body: 'two', Tagging: 'k=v', Metadata: { m: '1' } };
    await world.client.send(new PutObjectCommand(put));
    await world.put('b', 'hidden');
    await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'b' }));
    const { target, complete } = await openUpload('c');
    const everything = async () => ({
      versions: await world.client.send(new ListObjectVersionsCommand({ Bucket: BUCKET })),
      parts: await world.client.send(new ListPartsCommand(target)),
    });
    const before = await everything();
    await world.restart();
    const after = await everything();
    expect(after.versions).toEqual({ ...before.versions, $metadata: expect.anything() });
    expect(after.parts).toEqual({ ...before.parts, $metadata: expect.anything() });
    expect([await world.read('a'), await world.read('a', first)]).toEqual(['two', 'one']);
    await world.client.send(complete());
    expect(await world.read('c')).toBe('ten bytes!rest');
  });

  test('after kill -9 finds all that was acknowledged, and nothing half', async () => {
    await world.stop();
    const script = `
      import { startLocalS3 } from ${JSON.stringify(new URL('../../folder-s3/server.ts', import.meta.url).href)};
      console.log((await startLocalS3({ dir: ${JSON.stringify(world.dir)}, access: ${JSON.stringify(access)} })).url);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const client = clientOf(line.toString().trim());
    const acknowledged = new Set<string>();
    const writer = async (key: string) => {
      for (let n = 0; ; n += 1) {
        const Body = `${key} ${n} `.repeat(5000);
        const put = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }));
        acknowledged.add(`${put.VersionId} ${key} ${n} `);
        if (acknowledged.size === 40) child.kill('SIGKILL'); // the other writers are in the middle of something
      }
    };
    await Promise.allSettled(['a', 'b', 'c/d', 'c/e'].map(writer));
    client.destroy();
    await world.restart();
    const { Versions = [] } = await world.client.send(new ListObjectVersionsCommand({ Bucket: BUCKET }));
    const found = new Set<string>();
    for (const { Key = '', VersionId = '' } of Versions) {
      const text = (await world.read(Key, VersionId)) ?? '';
      const one = text.slice(0, text.length / 5000);
      expect(one.repeat(5000)).toBe(text);
      found.add(`${VersionId} ${one}`);
    }
    expect([...acknowledged].filter((version) => !found.has(version))).toEqual([]);
  });

  test('clears bodies that never arrived, and objects that were never recorded', async () => {
    await world.restart(async () => {
      await writeFile(join(layout.tmp, 'half a body'), 'x');
      await mkdir(layout.home('never'), { recursive: true });
      await writeFile(layout.versionFile('never', 'v1'), 'x');
      await mkdir(layout.upload('no-marker'), { recursive: true });
    });
    expect([await readdir(layout.tmp), await readdir(layout.objects), await readdir(layout.uploads)]).toEqual([
      [],
      [],
      [],
    ]);
    const list = await world.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(list.KeyCount).toBe(0);
  });

  // What a process leaves that dies after the new version was recorded (the commit): before, between and after the moves.
  test.each([
    ['no file was moved', true, true],
    ['the old version was moved away', false, true],
    ['all was moved', false, false],
  ])('finishes an overwrite that died when %s', async (_when, oldIsPlain, newIsAside) => {
    const first = await world.put('a/b', 'one');
    const second = await world.put('a/b', 'two');
    await world.restart(async () => {
      if (newIsAside) await rename(world.path('a/b'), layout.versionFile('a/b', second));
      if (oldIsPlain) await rename(layout.versionFile('a/b', first), world.path('a/b'));
    });
    expect(await readFile(world.path('a/b'), 'utf8')).toBe('two');
    expect([await world.read('a/b'), await world.read('a/b', first)]).toEqual(['two', 'one']);
  });

  test('finishes a delete that died before the file was moved away', async () => {
    const version = await world.put('a', 'one');
    await world.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    await world.restart(() => rename(layout.versionFile('a', version), world.path('a')));
    expect(await readdir(world.path())).toEqual([]);
    expect(await world.read('a', version)).toBe('one');
  });

  test('finishes the removal of a last version', async () => {
    await world.put('a', 'one');
    await world.restart(() => writeFile(layout.record('a'), JSON.stringify({ key: 'a', versions: [] })));
    expect([await readdir(world.path()), await readdir(layout.objects)]).toEqual([[], []]);
  });

  test('forgets an upload whose object is there, and keeps one whose object is not', async () => {
    const done = await openUpload('done');
    await openUpload('open');
    const folder = layout.upload(done.target.UploadId ?? '');
    const record = await readFile(join(folder, 'upload.json'));
    await world.client.send(done.complete());
    await world.restart(async () => {
      await mkdir(folder);
      await writeFile(join(folder, 'upload.json'), record);
    });
    const { Uploads } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads?.map(({ Key }) => Key)).toEqual(['open']);
    expect(await world.read('done')).toBe('ten bytes!rest');
  });

  test('keeps the newer of two files of one part', async () => {
    const { target, complete } = await openUpload('a');
    const folder = layout.upload(target.UploadId ?? '');
    const [name = ''] = (await readdir(folder)).filter((file) => file.startsWith('1-'));
    await world.restart(() => copyFile(join(folder, name), join(folder, '1-123-10-1.part')));
    expect((await readdir(folder)).filter((file) => file.startsWith('1-'))).toEqual([name]);
    await world.client.send(complete());
  });
});

describe('a start that cannot be', () => {
  test('is refused when the folder is a file, or lies below one', async () => {
    const file = join(world.dir, 'file');
    await writeFile(file, '');
    await expect(startLocalS3({ dir: file })).rejects.toThrow(StorageRefused);
    await expect(startLocalS3({ dir: file })).rejects.toThrow(/a file has the name of the folder/);
    await expect(startLocalS3({ dir: join(file, 'below') })).rejects.toThrow(StorageRefused);
    expect((await stat(file)).isFile()).toBe(true);
  });

  test('is refused when a record is damaged, and leaves everything as it is', async () => {
    await world.put('a', 'one');
    await world.stop();
    await writeFile(layout.record('a'), '{"key": "a"');
    await expect(startLocalS3({ dir: world.dir })).rejects.toThrow(StorageRefused);
    await writeFile(layout.record('a'), '{"key": "a"}');
    await expect(startLocalS3({ dir: world.dir })).rejects.toThrow(/record\.json.*versions/s);
    expect(await readFile(world.path('a'), 'utf8')).toBe('one');
  });

  test('is refused when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const start = startLocalS3({ dir: join(world.dir, 'new'), port });
    await expect(start).rejects.toThrow(InvalidConfiguration);
    other.close();
  });
});

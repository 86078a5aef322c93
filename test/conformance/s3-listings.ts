import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type Behaves, refusal, type Scene } from './s3.ts';

export function listingBehaviours(behaves: Behaves): void {
  objectListBehaviours(behaves);
  versionListBehaviours(behaves);
}

async function fill({ client, bucket, prefix }: Scene, names: readonly string[]): Promise<void> {
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body: name }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** All pages of a list: keys, common prefixes, and how long each page was. */
async function listAll({ client, bucket, prefix }: Scene, options: { Delimiter?: string; MaxKeys?: number }) {
  const found = { keys: [] as string[], prefixes: [] as string[], pages: [] as number[] };
  let next: { ContinuationToken?: string } = {};
  do {
    const asked = { Bucket: bucket, Prefix: `${prefix}/`, ...options, ...next };
    const page = await client.send(new ListObjectsV2Command(asked));
    const cut = (name: string | undefined) => name?.slice(prefix.length + 1) ?? '';
    found.keys.push(...(page.Contents ?? []).map(({ Key }) => cut(Key)));
    found.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => cut(Prefix)));
    found.pages.push(page.KeyCount ?? 0);
    expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
    next = page.NextContinuationToken === undefined ? {} : { ContinuationToken: page.NextContinuationToken };
  } while (next.ContinuationToken !== undefined);
  return found;
}

function objectListBehaviours(behaves: Behaves): void {
  behaves('a list has what is below its prefix, in the order of UTF-8', async (scene) => {
    const { client, bucket, prefix } = scene;
    await fill(scene, ['b', 'a/2', 'a/1', 'a.b', '\u{10000}', '\uffe6', 'é']);
    const found = await listAll(scene, {});
    // UTF-16, in which JavaScript sorts, would put the last two the other way round.
    expect(found.keys).toEqual(['a.b', 'a/1', 'a/2', 'b', 'é', '\uffe6', '\u{10000}']);
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/a/` }));
    expect(page).toMatchObject({ Prefix: `${prefix}/a/`, KeyCount: 2, IsTruncated: false });
    expect(page.Contents).toMatchObject([
      { Key: `${prefix}/a/1`, Size: 3, ETag: expect.any(String), LastModified: expect.any(Date) },
      { Key: `${prefix}/a/2` },
    ]);
  });

  behaves('a delimiter folds what lies deeper, also across pages', async (scene) => {
    await fill(scene, ['a/1', 'a/2', 'a/3', 'b', 'c/1', 'c/d/1', 'e']);
    const whole = await listAll(scene, { Delimiter: '/' });
    expect([whole.keys, whole.prefixes]).toEqual([
      ['b', 'e'],
      ['a/', 'c/'],
    ]);
    const paged = await listAll(scene, { Delimiter: '/', MaxKeys: 1 });
    expect(paged).toEqual({ ...whole, pages: [1, 1, 1, 1] });
  });

  behaves('a list begins after start-after', async (scene) => {
    const { client, bucket, prefix } = scene;
    await fill(scene, ['1', '2', '3']);
    const asked = { Bucket: bucket, Prefix: `${prefix}/`, StartAfter: `${prefix}/1` };
    const page = await client.send(new ListObjectsV2Command(asked));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual([`${prefix}/2`, `${prefix}/3`]);
  });

  behaves('a list of more than 1,000 comes in pages of 1,000', async (scene) => {
    const names = Array.from({ length: 1003 }, (_, n) => `n${String(n).padStart(5, '0')}`);
    await fill(scene, names);
    const found = await listAll(scene, {});
    expect(found.pages).toEqual([1000, 3]);
    expect(found.keys).toEqual(names);
  });

  behaves('a list does not have what is deleted', async (scene) => {
    const { client, bucket, prefix } = scene;
    await fill(scene, ['a', 'b']);
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/a` }));
    expect((await listAll(scene, {})).keys).toEqual(['b']);
  });

  behaves('a continuation token that nobody gave is refused', async ({ client, bucket }) => {
    const call = client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: '%%%' }));
    expect(await refusal(call)).toEqual({ code: 'InvalidArgument', status: 400 });
  });
}

function versionListBehaviours(behaves: Behaves): void {
  /** `a1` is the first version of `a`; `a*` deletes it. */
  const history = async ({ client, bucket, prefix }: Scene) => {
    for (const step of ['a1', 'b1', 'a2', 'a*', 'b2', 'a3']) {
      const where = { Bucket: bucket, Key: `${prefix}/${step[0]}` };
      if (step[1] === '*') await client.send(new DeleteObjectCommand(where));
      else await client.send(new PutObjectCommand({ ...where, Body: step }));
    }
  };
  behaves('all versions and markers are listed, newest first', async (scene) => {
    const { client, bucket, prefix } = scene;
    await history(scene);
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `${prefix}/` }));
    expect(page.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
      [`${prefix}/a`, true],
      [`${prefix}/a`, false],
      [`${prefix}/a`, false],
      [`${prefix}/b`, true],
      [`${prefix}/b`, false],
    ]);
    expect(page.DeleteMarkers?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([[`${prefix}/a`, false]]);
    expect(page.IsTruncated).toBe(false);
  });

  behaves('versions are listed page by page, none twice and none left out', async (scene) => {
    const { client, bucket, prefix } = scene;
    await history(scene);
    const asked = { Bucket: bucket, Prefix: `${prefix}/` };
    const whole = await client.send(new ListObjectVersionsCommand(asked));
    const ids: (string | undefined)[] = [];
    const sizes: number[] = [];
    let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (next !== undefined) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ ...asked, MaxKeys: 2, ...next }),
      );
      const both = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      ids.push(...both.map(({ VersionId }) => VersionId));
      sizes.push(both.length);
      next = undefined;
      if (page.IsTruncated) {
        next = {
          ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        };
      }
    }
    expect(sizes).toEqual([2, 2, 2]);
    const all = [...(whole.Versions ?? []), ...(whole.DeleteMarkers ?? [])].map(({ VersionId }) => VersionId);
    expect(ids.sort()).toEqual(all.sort());
  });
}

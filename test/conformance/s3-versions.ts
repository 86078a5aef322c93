import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type Behaves, refusal, type Scene } from './s3.ts';

export function versionBehaviours(behaves: Behaves): void {
  keepBehaviours(behaves);
  deleteBehaviours(behaves);
  tagBehaviours(behaves);
  legalHoldBehaviours(behaves);
}

function put({ client, bucket, prefix }: Scene, name: string, Body: string, Tagging?: string) {
  const tags = Tagging === undefined ? {} : { Tagging };
  return client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body, ...tags }));
}

async function read({ client, bucket, prefix }: Scene, name: string, VersionId?: string): Promise<string | undefined> {
  const version = VersionId === undefined ? {} : { VersionId };
  const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, ...version }));
  return got.Body?.transformToString();
}

function keepBehaviours(behaves: Behaves): void {
  behaves('an overwritten version stays readable by its id', async (scene) => {
    const first = await put(scene, 'a', 'one');
    const second = await put(scene, 'a', 'two!');
    const third = await put(scene, 'a', 'three');
    expect(new Set([first.VersionId, second.VersionId, third.VersionId]).size).toBe(3);
    expect(await read(scene, 'a')).toBe('three');
    expect(await read(scene, 'a', first.VersionId)).toBe('one');
    expect(await read(scene, 'a', second.VersionId)).toBe('two!');
    expect(await read(scene, 'a', third.VersionId)).toBe('three');
  });

  behaves('a range of a version is answered with exactly that range', async (scene) => {
    const { client, bucket, prefix } = scene;
    const { VersionId } = await put(scene, 'a', '0123456789');
    await put(scene, 'a', 'other');
    const where = { Bucket: bucket, Key: `${prefix}/a`, VersionId };
    const got = await client.send(new GetObjectCommand({ ...where, Range: 'bytes=3-5' }));
    expect([got.ContentRange, got.ContentLength, got.VersionId]).toEqual(['bytes 3-5/10', 3, VersionId]);
    expect(await got.Body?.transformToString()).toBe('345');
  });

  behaves('a removed version is NoSuchVersion, and the one before is current again', async (scene) => {
    const { client, bucket, prefix } = scene;
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await put(scene, 'a', 'one');
    const { VersionId } = await put(scene, 'a', 'two');
    await client.send(new DeleteObjectCommand({ ...where, VersionId }));
    expect(await refusal(read(scene, 'a', VersionId))).toEqual({ code: 'NoSuchVersion', status: 404 });
    expect(await read(scene, 'a')).toBe('one');
    // A second time is no error: S3's deletes are idempotent.
    await client.send(new DeleteObjectCommand({ ...where, VersionId }));
  });
}

function deleteBehaviours(behaves: Behaves): void {
  behaves('a delete hides the object behind a marker, and removing the marker brings it back', async (scene) => {
    const { client, bucket, prefix } = scene;
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const { VersionId } = await put(scene, 'a', 'one');
    const marker = await client.send(new DeleteObjectCommand(where));
    expect(marker.DeleteMarker).toBe(true);
    expect(await refusal(read(scene, 'a'))).toEqual({ code: 'NoSuchKey', status: 404 });
    expect(await refusal(client.send(new HeadObjectCommand(where)))).toMatchObject({ status: 404 });
    expect(await refusal(read(scene, 'a', marker.VersionId))).toEqual({ code: 'MethodNotAllowed', status: 405 });
    expect(await read(scene, 'a', VersionId)).toBe('one');
    const removed = await client.send(new DeleteObjectCommand({ ...where, VersionId: marker.VersionId }));
    expect(removed).toMatchObject({ DeleteMarker: true, VersionId: marker.VersionId });
    expect(await read(scene, 'a')).toBe('one');
  });

  behaves('If-None-Match: * may write over a delete marker', async (scene) => {
    const { client, bucket, prefix } = scene;
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    await put(scene, 'a', 'one');
    await client.send(new DeleteObjectCommand(where));
    await client.send(new PutObjectCommand({ ...where, Body: 'two', IfNoneMatch: '*' }));
    expect(await read(scene, 'a')).toBe('two');
  });

  behaves('deleting what never was still leaves a marker', async ({ client, bucket, prefix }) => {
    const deleted = await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/never` }));
    expect(deleted.DeleteMarker).toBe(true);
    const list = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `${prefix}/` }));
    expect(list.DeleteMarkers).toMatchObject([{ Key: `${prefix}/never`, IsLatest: true }]);
  });

  behaves('many are deleted at once, by key or by version', async (scene) => {
    const { client, bucket, prefix } = scene;
    const hidden = await put(scene, 'a & b', 'one');
    const gone = await put(scene, 'c', 'one');
    const Objects = [{ Key: `${prefix}/a & b` }, { Key: `${prefix}/c`, VersionId: gone.VersionId }];
    const result = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    expect(result.Errors ?? []).toEqual([]);
    expect(result.Deleted?.find(({ Key }) => Key === `${prefix}/a & b`)).toMatchObject({ DeleteMarker: true });
    expect(result.Deleted?.find(({ Key }) => Key === `${prefix}/c`)).toMatchObject({ VersionId: gone.VersionId });
    expect(await read(scene, 'a & b', hidden.VersionId)).toBe('one');
    const list = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `${prefix}/c` }));
    expect([list.Versions ?? [], list.DeleteMarkers ?? []]).toEqual([[], []]);
    const quiet = { Objects: [{ Key: `${prefix}/c` }], Quiet: true };
    expect((await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: quiet }))).Deleted ?? []).toEqual([]);
  });
}

function tagBehaviours(behaves: Behaves): void {
  const tags = (...pairs: [string, string][]) => ({ TagSet: pairs.map(([Key, Value]) => ({ Key, Value })) });

  behaves('tags come with the object, are replaced per version, and removed', async (scene) => {
    const { client, bucket, prefix } = scene;
    const where = { Bucket: bucket, Key: `${prefix}/a` };
    const first = await put(scene, 'a', 'one', 'expire=held&team=a%20b');
    const second = await put(scene, 'a', 'two');
    const old = { ...where, VersionId: first.VersionId };
    expect((await client.send(new GetObjectTaggingCommand(old))).TagSet).toEqual(
      tags(['expire', 'held'], ['team', 'a b']).TagSet,
    );
    expect((await client.send(new GetObjectTaggingCommand(where))).TagSet).toEqual([]);
    await client.send(new PutObjectTaggingCommand({ ...old, Tagging: tags(['expire', 'daily +-=._:/@ é']) }));
    const got = await client.send(new GetObjectTaggingCommand(old));
    expect(got).toMatchObject({ ...tags(['expire', 'daily +-=._:/@ é']), VersionId: first.VersionId });
    await client.send(new DeleteObjectTaggingCommand(old));
    expect((await client.send(new GetObjectTaggingCommand(old))).TagSet).toEqual([]);
    expect(await read(scene, 'a')).toBe('two');
    expect(second.VersionId).not.toBe(first.VersionId);
  });

  behaves('a read tells how many tags there are', async (scene) => {
    const { client, bucket, prefix } = scene;
    await put(scene, 'a', 'one', 'a=1&b=2');
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/a` }));
    await got.Body?.transformToString();
    expect(got.TagCount).toBe(2);
  });

  behaves('tags that S3 does not take are InvalidTag', async (scene) => {
    const { client, bucket, prefix } = scene;
    await put(scene, 'a', 'one');
    const many = Array.from({ length: 11 }, (_, n): [string, string] => [`k${n}`, 'v']);
    const wrong = [
      tags(['same', '1'], ['same', '2']),
      tags(['a', 'b & c']),
      tags(['', 'a']),
      tags(['a'.repeat(129), '']),
    ];
    for (const Tagging of wrong) {
      const call = client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: `${prefix}/a`, Tagging }));
      expect(await refusal(call)).toEqual({ code: 'InvalidTag', status: 400 });
    }
    const call = client.send(
      new PutObjectTaggingCommand({ Bucket: bucket, Key: `${prefix}/a`, Tagging: tags(...many) }),
    );
    expect(await refusal(call)).toMatchObject({ status: 400 });
  });

  behaves('the tags of nothing are NoSuchKey', async ({ client, bucket, prefix }) => {
    const call = client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: `${prefix}/no` }));
    expect(await refusal(call)).toEqual({ code: 'NoSuchKey', status: 404 });
  });
}

function legalHoldBehaviours(behaves: Behaves): void {
  const hold = (Status: 'ON' | 'OFF') => ({ LegalHold: { Status } });

  behaves('a legal hold keeps a version from being removed, not from being hidden', async ({ client, prefix }) => {
    const Bucket = `locked-${prefix}-${Date.now()}`;
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const scene = { client, bucket: Bucket, prefix, minPartSize: 0 };
    const { VersionId } = await put(scene, 'a', 'one');
    const version = { Bucket, Key: `${prefix}/a`, VersionId };
    expect(await refusal(client.send(new GetObjectLegalHoldCommand(version)))).toEqual({
      ...{ code: 'NoSuchObjectLockConfiguration', status: 404 },
    });
    await client.send(new PutObjectLegalHoldCommand({ ...version, ...hold('ON') }));
    expect((await client.send(new GetObjectLegalHoldCommand(version))).LegalHold).toEqual({ Status: 'ON' });
    expect(await refusal(client.send(new DeleteObjectCommand(version)))).toEqual({ code: 'AccessDenied', status: 403 });
    await client.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}/a` }));
    expect(await read(scene, 'a', VersionId)).toBe('one');
    await client.send(new PutObjectLegalHoldCommand({ ...version, ...hold('OFF') }));
    expect((await client.send(new GetObjectLegalHoldCommand(version))).LegalHold).toEqual({ Status: 'OFF' });
    await client.send(new DeleteObjectCommand(version));
    expect(await refusal(read(scene, 'a', VersionId))).toEqual({ code: 'NoSuchVersion', status: 404 });
  });

  behaves('a bucket without Object Lock knows no legal hold', async (scene) => {
    const { client, bucket, prefix } = scene;
    const { VersionId } = await put(scene, 'a', 'one');
    const version = { Bucket: bucket, Key: `${prefix}/a`, VersionId };
    const asked = [
      new GetObjectLegalHoldCommand(version),
      new PutObjectLegalHoldCommand({ ...version, ...hold('ON') }),
    ];
    for (const command of asked) {
      expect(await refusal(client.send(command as GetObjectLegalHoldCommand))).toEqual({
        ...{ code: 'InvalidRequest', status: 400 },
      });
    }
  });
}

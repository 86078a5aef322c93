import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { type Behaves, refusal, type Scene } from './s3.ts';
import { bytesOf, crc32Of } from './s3-bytes.ts';

export function multipartBehaviours(behaves: Behaves): void {
  completionBehaviours(behaves);
  partBehaviours(behaves);
  refusalBehaviours(behaves);
  endBehaviours(behaves);
}

type Whole = Partial<CompleteMultipartUploadCommandInput>;

/** One upload, as a test drives it. */
async function begin(scene: Scene, name: string, options: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { client, bucket, prefix } = scene;
  const where = { Bucket: bucket, Key: `${prefix}/${name}` };
  const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const created = await client.send(new CreateMultipartUploadCommand({ ...where, ...checksum, ...options }));
  const target = { ...where, UploadId: created.UploadId };
  return {
    where,
    target,
    async part(PartNumber: number, bytes: Buffer): Promise<CompletedPart> {
      const ChecksumCRC32 = crc32Of(bytes);
      const sent = await client.send(new UploadPartCommand({ ...target, PartNumber, Body: bytes, ChecksumCRC32 }));
      return { PartNumber, ETag: sent.ETag, ChecksumCRC32 };
    },
    complete: (Parts: CompletedPart[], whole: Whole = {}) =>
      client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts }, ...whole })),
    parts: () => client.send(new ListPartsCommand(target)),
  };
}

async function readBack({ client }: Scene, where: { Bucket: string; Key: string }): Promise<Buffer> {
  const got = await client.send(new GetObjectCommand({ ...where, ChecksumMode: 'ENABLED' }));
  return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
}

function completionBehaviours(behaves: Behaves): void {
  behaves('parts become one object with a full-object checksum, size, tags and metadata', async (scene) => {
    const { client, minPartSize } = scene;
    const pieces = [bytesOf(minPartSize, 1), bytesOf(minPartSize + 3, 2), bytesOf(100, 3)];
    const whole = Buffer.concat(pieces);
    const described = { ContentType: 'application/zip', Metadata: { run: 'x' } };
    const upload = await begin(scene, 'a.zip', { ...described, Tagging: 'expire=held' });
    const parts: CompletedPart[] = [];
    for (const [index, piece] of pieces.entries()) parts.push(await upload.part(index + 1, piece));
    const done = await upload.complete(parts, {
      ...{ ChecksumCRC32: crc32Of(whole), ChecksumType: 'FULL_OBJECT' },
      ...{ MpuObjectSize: whole.length, IfNoneMatch: '*' },
    });
    expect(done).toMatchObject({ ChecksumCRC32: crc32Of(whole), ChecksumType: 'FULL_OBJECT', Key: upload.where.Key });
    expect(done.VersionId).toBeTruthy();
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const head = await client.send(new HeadObjectCommand({ ...upload.where, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ...described, ContentLength: whole.length, ETag: done.ETag });
    expect(head).toMatchObject({ ChecksumCRC32: crc32Of(whole), ChecksumType: 'FULL_OBJECT' });
    const tagging = await client.send(new GetObjectTaggingCommand(upload.where));
    expect(tagging.TagSet).toEqual([{ Key: 'expire', Value: 'held' }]);
    expect((await readBack(scene, upload.where)).equals(whole)).toBe(true);
  });

  behaves('S3 sums the whole itself when nobody tells it', async (scene) => {
    const pieces = [bytesOf(scene.minPartSize, 4), bytesOf(10, 5)] as const;
    const upload = await begin(scene, 'a');
    const parts = [await upload.part(1, pieces[0]), await upload.part(2, pieces[1])];
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    expect((await upload.complete(bare)).ChecksumCRC32).toBe(crc32Of(Buffer.concat(pieces)));
  });

  behaves('a composite checksum is the checksum of the checksums', async (scene) => {
    const pieces = [bytesOf(scene.minPartSize, 6), bytesOf(10, 7)] as const;
    const upload = await begin(scene, 'a', { ChecksumType: 'COMPOSITE' });
    const parts = [await upload.part(1, pieces[0]), await upload.part(2, pieces[1])];
    const sums = Buffer.alloc(8);
    for (const [index, piece] of pieces.entries()) sums.writeUInt32BE(crc32(piece), index * 4);
    const done = await upload.complete(parts);
    expect(done).toMatchObject({ ChecksumCRC32: `${crc32Of(sums)}-2`, ChecksumType: 'COMPOSITE' });
    expect((await readBack(scene, upload.where)).equals(Buffer.concat(pieces))).toBe(true);
  });

  behaves('one empty part is an empty object', async (scene) => {
    const upload = await begin(scene, 'empty');
    await upload.complete([await upload.part(1, Buffer.alloc(0))], { MpuObjectSize: 0 });
    expect(await readBack(scene, upload.where)).toHaveLength(0);
  });

  behaves('a part may be a stream of known length', async (scene) => {
    const { client } = scene;
    const bytes = bytesOf(100_000);
    const upload = await begin(scene, 'a');
    const Body = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]);
    const sent = { PartNumber: 1, Body, ContentLength: bytes.length, ChecksumCRC32: crc32Of(bytes) };
    const { ETag } = await client.send(new UploadPartCommand({ ...upload.target, ...sent }));
    await upload.complete([{ PartNumber: 1, ETag }]);
    expect((await readBack(scene, upload.where)).equals(bytes)).toBe(true);
  });
}

function partBehaviours(behaves: Behaves): void {
  behaves('parts are listed with number, size, ETag and checksum, page by page', async (scene) => {
    const { client } = scene;
    const upload = await begin(scene, 'a');
    const sent = new Map<number, CompletedPart>();
    for (const number of [3, 1, 7]) sent.set(number, await upload.part(number, bytesOf(number * 10, number)));
    const whole = await upload.parts();
    expect(whole).toMatchObject({ IsTruncated: false, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const listed = [1, 3, 7].map((number) => ({ ...sent.get(number), Size: number * 10 }));
    expect(whole.Parts).toMatchObject(listed);
    const first = await client.send(new ListPartsCommand({ ...upload.target, MaxParts: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '3', MaxParts: 2 });
    const rest = { ...upload.target, MaxParts: 2, PartNumberMarker: first.NextPartNumberMarker };
    const second = await client.send(new ListPartsCommand(rest));
    expect(second).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 7 }] });
  });

  behaves('a part sent again takes the place of the first', async (scene) => {
    const upload = await begin(scene, 'a');
    const old = await upload.part(1, Buffer.from('old bytes'));
    const fresh = await upload.part(1, Buffer.from('new'));
    expect((await upload.parts()).Parts).toMatchObject([{ PartNumber: 1, Size: 3, ETag: fresh.ETag }]);
    expect(await refusal(upload.complete([old]))).toEqual({ code: 'InvalidPart', status: 400 });
    await upload.complete([fresh]);
    expect(String(await readBack(scene, upload.where))).toBe('new');
  });

  behaves('a part with a wrong checksum is BadDigest, and not stored', async (scene) => {
    const upload = await begin(scene, 'a');
    const sent = { PartNumber: 1, Body: 'hello', ChecksumCRC32: crc32Of(Buffer.from('other')) };
    const call = scene.client.send(new UploadPartCommand({ ...upload.target, ...sent }));
    expect(await refusal(call)).toEqual({ code: 'BadDigest', status: 400 });
    expect((await upload.parts()).Parts ?? []).toEqual([]);
  });

  behaves('part numbers are 1 to 10,000', async (scene) => {
    const upload = await begin(scene, 'a');
    expect(await refusal(upload.part(10_001, Buffer.from('x')))).toEqual({ code: 'InvalidArgument', status: 400 });
    await upload.part(10_000, Buffer.from('x'));
  });
}

function refusalBehaviours(behaves: Behaves): void {
  const two = async (scene: Scene, size = scene.minPartSize) => {
    const pieces = [bytesOf(size, 8), bytesOf(10, 9)] as const;
    const upload = await begin(scene, 'a');
    const parts = [await upload.part(1, pieces[0]), await upload.part(2, pieces[1])] as const;
    return { ...upload, first: parts[0], second: parts[1], whole: Buffer.concat(pieces) };
  };
  const refused = (title: string, code: string, body: (u: Awaited<ReturnType<typeof two>>) => Promise<unknown>) => {
    behaves(title, async (scene) => {
      const upload = await two(scene);
      expect(await refusal(body(upload))).toEqual({ code, status: 400 });
      // A refused Complete leaves the upload as it was: it can still be completed.
      await upload.complete([upload.first, upload.second]);
      expect((await readBack(scene, upload.where)).equals(upload.whole)).toBe(true);
    });
  };
  refused('a Complete with a part that was never sent is InvalidPart', 'InvalidPart', (u) =>
    u.complete([u.first, u.second, { ...u.second, PartNumber: 3 }]),
  );
  refused('a Complete with another ETag is InvalidPart', 'InvalidPart', (u) =>
    u.complete([u.first, { ...u.second, ETag: '"00000000000000000000000000000000"' }]),
  );
  refused('a Complete with another part checksum is InvalidPart', 'InvalidPart', (u) =>
    u.complete([u.first, { ...u.second, ChecksumCRC32: 'AAAAAA==' }]),
  );
  refused('a Complete with a wrong full-object checksum is BadDigest', 'BadDigest', (u) =>
    u.complete([u.first, u.second], { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' }),
  );
  refused('a Complete with a wrong object size is InvalidRequest', 'InvalidRequest', (u) =>
    u.complete([u.first, u.second], { MpuObjectSize: u.whole.length + 1 }),
  );
  refused('a Complete without parts is MalformedXML', 'MalformedXML', (u) => u.complete([]));

  behaves('a Complete in the wrong order is InvalidPartOrder', async (scene) => {
    const upload = await begin(scene, 'a');
    const bytes = bytesOf(scene.minPartSize, 8); // large enough in either place: only the order is wrong
    const parts = [await upload.part(2, bytes), await upload.part(1, bytes)];
    expect(await refusal(upload.complete(parts))).toEqual({ code: 'InvalidPartOrder', status: 400 });
  });

  behaves('a small part that is not the last is EntityTooSmall', async (scene) => {
    const { complete, first, second } = await two(scene, scene.minPartSize - 1);
    expect(await refusal(complete([first, second]))).toEqual({ code: 'EntityTooSmall', status: 400 });
  });

  behaves('a composite upload wants the checksum of every part', async (scene) => {
    const upload = await begin(scene, 'a', { ChecksumType: 'COMPOSITE' });
    const { PartNumber, ETag } = await upload.part(1, Buffer.from('x'));
    expect(await refusal(upload.complete([{ PartNumber, ETag }]))).toEqual({ code: 'InvalidRequest', status: 400 });
  });
}

function endBehaviours(behaves: Behaves): void {
  const noUpload = { code: 'NoSuchUpload', status: 404 };

  behaves('If-None-Match: * of a Complete does not replace an object, and keeps the upload', async (scene) => {
    const { client } = scene;
    const upload = await begin(scene, 'a');
    const part = await upload.part(1, Buffer.from('new'));
    await client.send(new PutObjectCommand({ ...upload.where, Body: 'was here first' }));
    const call = upload.complete([part], { IfNoneMatch: '*' });
    expect(await refusal(call)).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect(String(await readBack(scene, upload.where))).toBe('was here first');
    expect((await upload.parts()).Parts).toHaveLength(1);
  });

  behaves('after an abort there is no upload and no object', async (scene) => {
    const { client } = scene;
    const upload = await begin(scene, 'a');
    const part = await upload.part(1, Buffer.from('x'));
    await client.send(new AbortMultipartUploadCommand(upload.target));
    expect(await refusal(upload.parts())).toEqual(noUpload);
    expect(await refusal(upload.part(2, Buffer.from('y')))).toEqual(noUpload);
    expect(await refusal(upload.complete([part]))).toEqual(noUpload);
    expect(await refusal(client.send(new HeadObjectCommand(upload.where)))).toMatchObject({ status: 404 });
  });

  behaves('a second abort is NoSuchUpload', async (scene) => {
    const { target } = await begin(scene, 'a');
    await scene.client.send(new AbortMultipartUploadCommand(target));
    expect(await refusal(scene.client.send(new AbortMultipartUploadCommand(target)))).toEqual(noUpload);
  });

  behaves('after a Complete its parts are gone', async (scene) => {
    const upload = await begin(scene, 'a');
    await upload.complete([await upload.part(1, Buffer.from('x'))]);
    expect(await refusal(upload.parts())).toEqual(noUpload);
    expect(await refusal(upload.part(2, Buffer.from('y')))).toEqual(noUpload);
  });

  behaves('an upload belongs to its key', async (scene) => {
    const upload = await begin(scene, 'a');
    const other = { ...upload.target, Key: `${scene.prefix}/b` };
    expect(await refusal(scene.client.send(new ListPartsCommand(other)))).toEqual(noUpload);
  });

  behaves('open uploads are listed by prefix and page by page', async (scene) => {
    const { client, bucket, prefix } = scene;
    const uploads = [await begin(scene, 'b/1'), await begin(scene, 'a/1'), await begin(scene, 'b/2')];
    const asked = { Bucket: bucket, Prefix: `${prefix}/b/` };
    const page = await client.send(new ListMultipartUploadsCommand(asked));
    expect(page.Uploads?.map(({ Key, UploadId }) => ({ Key, UploadId }))).toEqual(
      [uploads[0], uploads[2]].map((upload) => ({ Key: upload?.target.Key, UploadId: upload?.target.UploadId })),
    );
    expect(page.Uploads?.[0]?.Initiated).toBeInstanceOf(Date);
    const first = await client.send(new ListMultipartUploadsCommand({ ...asked, MaxUploads: 1 }));
    expect([first.IsTruncated, first.Uploads?.length]).toEqual([true, 1]);
    const markers = { KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker };
    const second = await client.send(new ListMultipartUploadsCommand({ ...asked, ...markers }));
    expect(second.Uploads?.map(({ Key }) => Key)).toEqual([`${prefix}/b/2`]);
  });
}

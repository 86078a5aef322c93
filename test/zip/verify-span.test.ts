import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { verifySpan } from '../../lib/zip/verify-span.ts';
import { errorName, inspectAndVerify, LEGACY } from '../support/archives.ts';
import { MemorySource } from '../support/memory-source.ts';
import type { TestMember } from '../support/zip.ts';
import { writeZip } from '../support/zip.ts';

const MiB = 1024 * 1024;
const SMALL = Buffer.from('some text '.repeat(100));
// Above 1 MiB deflated and 16 MiB inflated: it is streamed.
const LARGE = Buffer.concat([randomBytes(3 * MiB), Buffer.alloc(20 * MiB, 'text ')]);

/** A legacy archive with one more member, inspected and verified. */
const verified = (member: TestMember) => inspectAndVerify(writeZip([...LEGACY, member, { name: 'last', data: 'x' }]));

test.each([
  ['small', SMALL],
  ['large', LARGE],
  ['empty', Buffer.alloc(0)],
])('a %s member is verified, deflated or stored', async (_, data) => {
  await expect(verified({ name: 'x', data })).resolves.toMatchObject({ memberCount: 7 });
  await expect(verified({ name: 'x', data, method: 0 })).resolves.toMatchObject({ memberCount: 7 });
});

test.each(['signed', 'bare', 'large'] as const)(
  'a %s data descriptor is compared with the directory',
  async (descriptor) => {
    await expect(verified({ name: 'x', data: SMALL, descriptor })).resolves.toBeDefined();
    const bytes = writeZip([...LEGACY, { name: 'x', data: SMALL, descriptor }]);
    const end = bytes.readUInt32LE(bytes.length - 6);
    for (let back = 1; back <= { signed: 16, bare: 12, large: 24 }[descriptor]; back++) {
      const broken = Buffer.from(bytes);
      broken[end - back] = (bytes[end - back] ?? 0) ^ 0x10;
      expect(await errorName(inspectAndVerify(broken)), `byte -${back}`).toBe('MemberCorrupt');
    }
  },
);

test('bytes between members are skipped', async () => {
  await expect(verified({ name: 'x', data: SMALL, gap: 100_000 })).resolves.toBeDefined();
});

test.each([
  ['a wrong CRC-32 in the directory', { claim: { crc: 1 } }],
  ['a wrong size in the directory', { claim: { size: 999_999 } }],
  ['a wrong CRC-32 in the local header', { local: { crc: 1 } }],
  ['a wrong size in the local header', { local: { size: 1 } }],
  ['a wrong compressed size in the local header', { local: { compressedSize: 1 } }],
  ['another method in the local header', { local: { method: 0 } }],
  ['another name of the same length in the local header', { local: { name: 'y' } }],
  ['a longer name in the local header', { local: { name: 'xx' } }],
  [
    'extra bytes after the end of its deflate data',
    { compressed: Buffer.concat([deflateRawSync(SMALL), Buffer.alloc(1)]) },
  ],
  ['deflate data that end early', { compressed: deflateRawSync(SMALL).subarray(0, -1) }],
  ['no deflate data at all', { compressed: Buffer.alloc(0) }],
  ['bytes that are not deflate data', { compressed: Buffer.alloc(50, 0xff) }],
  ['less than it should hold', { compressed: deflateRawSync(SMALL.subarray(1)) }],
  ['more than it should hold', { compressed: deflateRawSync(Buffer.concat([SMALL, SMALL])) }],
  ['other bytes of the same size', { compressed: deflateRawSync(Buffer.alloc(SMALL.length, 1)) }],
  ['other stored bytes', { method: 0, compressed: Buffer.alloc(SMALL.length, 1) }],
  ['fewer stored bytes', { method: 0, compressed: SMALL.subarray(1) }],
  ['more stored bytes', { method: 0, compressed: Buffer.concat([SMALL, SMALL]) }],
] satisfies [string, Partial<TestMember>][])('a member with %s is MemberCorrupt', async (_, fault) => {
  const refused = verified({ name: 'x', data: SMALL, ...fault });
  await expect(refused).rejects.toMatchObject({ name: 'MemberCorrupt' });
  await expect(refused).rejects.toThrow(/"x" at byte \d+ of archive.zip/);
});

const LARGE_DEFLATED = deflateRawSync(LARGE, { level: 1 });

test.each([
  ['extra bytes after the end of its deflate data', Buffer.concat([LARGE_DEFLATED, Buffer.alloc(5 * MiB)])],
  ['one extra byte', Buffer.concat([LARGE_DEFLATED, Buffer.alloc(1)])],
  ['deflate data that end early', LARGE_DEFLATED.subarray(0, -1)],
  ['deflate data that break midway', Buffer.concat([LARGE_DEFLATED.subarray(0, 2 * MiB), Buffer.alloc(MiB, 0xff)])],
  ['less than it should hold', deflateRawSync(LARGE.subarray(1), { level: 1 })],
  ['more than it should hold', deflateRawSync(Buffer.concat([LARGE, SMALL]), { level: 1 })],
])('a large member with %s is MemberCorrupt', async (_, compressed) => {
  await expect(verified({ name: 'x', data: LARGE, compressed })).rejects.toMatchObject({ name: 'MemberCorrupt' });
});

test('a deflate bomb is stopped as soon as it exceeds what the directory says', async () => {
  // 200 MiB of zeros are 204 KB deflated: the small path; the large one starts above 16 MiB declared.
  const compressed = deflateRawSync(Buffer.alloc(200 * MiB));
  for (const size of [1000, 17 * MiB]) {
    const before = process.memoryUsage().arrayBuffers;
    await expect(verified({ name: 'x', compressed, claim: { size } })).rejects.toThrow(/inflates to more than/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MiB);
  }
});

test('a span of another archive is VerificationIncomplete', async () => {
  const source = new MemorySource(writeZip(LEGACY));
  const [span] = (await inspectArchive(source, 'archive.zip')).verifySpans;
  if (!span) throw new Error('no span');
  for (const odd of [
    { ...span, members: span.members - 1 },
    { ...span, members: span.members + 1 },
    { ...span, firstMember: 1 },
    { ...span, end: span.end - 1 },
    { ...span, end: span.end + 1 },
    { ...span, start: span.start + 1 },
    { ...span, start: span.end },
  ]) {
    expect(await errorName(verifySpan(source, 'archive.zip', odd)), JSON.stringify(odd)).toBe('VerificationIncomplete');
  }
});

test('progress counts the stored bytes of the span up to all of them', async () => {
  const source = new MemorySource(writeZip([...LEGACY, { name: 'x', data: LARGE }]));
  const [span] = (await inspectArchive(source, 'archive.zip')).verifySpans;
  const seen: number[] = [];
  const result = await verifySpan(source, 'archive.zip', span ?? expect.fail(), {
    onProgress: (bytes) => seen.push(bytes),
  });
  expect(seen.at(-1)).toBe(result.bytes);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  // Of the inspection the first bytes, the documents and the dump; one for the span, whatever the number of members.
  expect(source.reads.filter(({ start }) => start === 0)).toHaveLength(4);
});

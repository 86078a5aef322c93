import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { openDirectory } from '../../lib/zip/directory.ts';
import { verifySpan } from '../../lib/zip/verify-span.ts';
import { errorName, inspectAndVerify, LEGACY, NEW } from '../support/archives.ts';
import { MemorySource } from '../support/memory-source.ts';
import type { TestMember } from '../support/zip.ts';
import { writeZip } from '../support/zip.ts';

const inspect = (bytes: Buffer) => inspectArchive(new MemorySource(bytes), 'archive.zip');
const withMember = (member: TestMember) => inspectAndVerify(writeZip([...LEGACY, member]));

test('an empty file is ArchiveEmpty', async () => {
  await expect(inspect(Buffer.alloc(0))).rejects.toMatchObject({ name: 'ArchiveEmpty' });
});

test('a login page is NotAnArchive, and the message shows its beginning', async () => {
  const page = Buffer.from(`<!doctype html>\n<html><body>${'log in '.repeat(300_000)}</body></html>`);
  const refused = inspect(page);
  await expect(refused).rejects.toMatchObject({ name: 'NotAnArchive' });
  await expect(refused).rejects.toThrow(/begins with "<!doctype html> <html>.*web page/);
});

test('bytes that are nothing known are NotAnArchive, without control characters in the message', async () => {
  const refused = inspect(Buffer.from('\x1b[31m\x00\xffbinary', 'latin1'));
  await expect(refused).rejects.toThrow('archive.zip (13 bytes) is no zip archive: it begins with " [31m binary".');
});

test('an archive without members lacks its metadata', async () => {
  await expect(inspect(writeZip([]))).rejects.toMatchObject({ name: 'MemberMissing' });
});

test.each([
  ['is encrypted', { flags: 1 }],
  ['is strongly encrypted', { flags: 0x41 }],
  ['has masked headers', { flags: 0x2000 }],
  ['is a patch', { flags: 0x20 }],
  ['is compressed with bzip2', { method: 12 }],
  ['needs a newer zip', { claim: { versionNeeded: 99 } }],
  ['climbs out', { name: 'a/../../etc/passwd' }],
  ['climbs out with backslashes', { name: 'a\\..\\b' }],
  ['is absolute', { name: '/etc/passwd' }],
  ['is absolute on Windows', { name: 'C:\\x' }],
  ['has no name', { name: '' }],
  ['has a null in its name', { name: 'a\0b' }],
] satisfies [string, Partial<TestMember>][])('a member that %s is ArchiveUnsupported', async (_, oddity) => {
  await expect(withMember({ name: 'x', data: 'x', ...oddity })).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
});

test('a backslash in a name is a letter like others, as on the manager', async () => {
  await expect(withMember({ name: 'deployments/odd\\name', data: 'x' })).resolves.toBeDefined();
});

test('names that are not ASCII are compared as bytes', async () => {
  await expect(withMember({ name: 'blueprints/日本', data: 'x', flags: 0x800 })).resolves.toBeDefined();
  await expect(withMember({ name: Buffer.from([0x62, 0x81, 0xff]), data: 'x' })).resolves.toBeDefined();
});

test.each([
  ['one member too few', { end: { memberCount: 4 } }],
  ['one member too many', { end: { memberCount: 6 } }],
  ['a wrong directory offset', { end: { directoryOffset: 7 } }],
  ['a wrong directory size', { end: { directorySize: 1 } }],
  ['a directory outside of the archive', { end: { directoryOffset: 0x7fffffff } }],
])('an end record with %s is ArchiveTruncated', async (_, options) => {
  expect(await errorName(inspect(writeZip(LEGACY, options)))).toBe('ArchiveTruncated');
  expect(await errorName(inspect(writeZip(LEGACY, { ...options, zip64: true })))).toBe('ArchiveTruncated');
});

test('a ZIP64 end record that is not where its locator says is ArchiveTruncated', async () => {
  const bytes = writeZip(LEGACY, { zip64: true });
  const locator = bytes.length - 22 - 20;
  // In turn: its offset, low and high; the size that the record gives itself; its signature.
  for (const at of [locator + 8, locator + 12, locator - 56 + 4, locator - 56]) {
    const broken = Buffer.from(bytes);
    broken[at] = (bytes[at] ?? 0) ^ 1;
    expect(await errorName(inspect(broken)), `byte ${at}`).toBe('ArchiveTruncated');
  }
});

test('an archive comment is allowed, be it as long as the format permits', async () => {
  const facts = await inspectAndVerify(writeZip(LEGACY, { comment: Buffer.alloc(0xffff, 0x20) }));
  expect(facts.memberCount).toBe(5);
});

test('ZIP64 archives and members are read like others', async () => {
  const members = LEGACY.map((member) => ({ ...member, zip64: true }));
  const facts = await inspectAndVerify(writeZip(members, { zip64: true }));
  expect(facts).toMatchObject({ memberCount: 5, fileCount: 5, inventory: { totals: { tenants: 1, users: 1 } } });
});

test('members that overlap or are out of order are ArchiveUnsupported', async () => {
  // The second entry points at the first member: the trick of bombs that inflate the same bytes again and again.
  const data = 'x'.repeat(1000);
  const overlapping = writeZip([...NEW, { name: 'a', data }, { name: 'a', data, claim: { offset: 0 } }]);
  await expect(inspect(overlapping)).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
  const shared = writeZip([{ name: 'a', data, claim: { compressedSize: 500 } }, ...NEW]);
  await expect(inspect(shared)).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
});

test('a file that is there twice is refused, and the message names it: a manager restores the last one', async () => {
  await expect(withMember({ name: 'pg_data', data: 'other' })).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
  const twice = inspectAndVerify(writeZip([...LEGACY, { name: 'x' }, { name: 'x' }]));
  await expect(twice).rejects.toThrow(/^File "x" at byte \d+ of archive.zip is there twice\. No manager/);
});

test('a file where a folder must be is refused with the path that is both', async () => {
  const clash = inspect(writeZip([...LEGACY, { name: 'blueprints/a/b.txt' }, { name: 'blueprints/a' }]));
  await expect(clash).rejects.toThrow(/"blueprints\/a" at byte \d+ .* is a file and a folder in one archive/);
});

test('a directory in another order gives the members in the order of their bytes, with the same spans', async () => {
  const bytes = writeZip(LEGACY);
  const at = bytes.readUInt32LE(bytes.length - 6);
  const entries: Buffer[] = [];
  for (let from = at; from < bytes.length - 22; ) {
    const to = from + 46 + bytes.readUInt16LE(from + 28);
    entries.unshift(bytes.subarray(from, to));
    from = to;
  }
  const reversed = Buffer.concat([bytes.subarray(0, at), ...entries, bytes.subarray(-22)]);
  expect(await inspectAndVerify(reversed)).toEqual(await inspectAndVerify(bytes));
});

const MANY = 100_000;

function manyMembers(): Buffer {
  const data = '{"type": "sites", "items": [{"name": "a"}, {"name": "b"}]}';
  // Deflated once: 100,000 calls of zlib would be most of the time of this test.
  const compressed = deflateRawSync(data);
  const pages = Array.from({ length: MANY - NEW.length }, (_, index) => ({
    name: `tenants/default_tenant/${String(index).padStart(8, '0')}.json`,
    data,
    compressed,
  }));
  return writeZip([...NEW, ...pages]);
}

test('100,000 small members take a few range reads of at most 8 MiB', async () => {
  const bytes = manyMembers();
  const source = new MemorySource(bytes);
  const directory = await openDirectory(source, 'archive.zip', {});
  let count = 0;
  for await (const _ of directory.members()) count++;
  expect(count).toBe(MANY);
  // 8.4 MB of directory: the last MiB, the first 40 bytes, and two windows.
  expect(source.reads.length).toBeLessThanOrEqual(4);
  expect(Math.max(...source.reads.map(({ length }) => length))).toBeLessThanOrEqual(8 * 1024 * 1024);

  const all = new MemorySource(bytes);
  const facts = await inspectArchive(all, 'archive.zip');
  // Every page has the same two sites, and a restore keeps each once.
  expect(facts.inventory.totals.sites).toBe(2);
  // The directory twice, metadata.json, and runs of 4,096 pages.
  expect(all.reads.length).toBeLessThanOrEqual(35);

  const verified = new MemorySource(bytes);
  const [span] = facts.verifySpans;
  expect(await verifySpan(verified, 'archive.zip', span ?? expect.fail())).toMatchObject({ members: MANY });
  expect(verified.reads.length).toBeLessThanOrEqual(5);
});

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, createInflateRaw } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Entry, fromBufferPromise, fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl';
import type { ByteSource } from '../../lib/zip/byte-source.ts';
import { type ArchiveOptions, makeArchive } from '../../simulator/archive/make-archive.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** yauzl reads the archives here: a reader that we did not write. */
class SourceReader extends RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#bytes(start, end), { objectMode: false });
  }

  async *#bytes(start: number, end: number): AsyncGenerator<Buffer> {
    yield* (await this.#source.read(start, end - start)) as AsyncIterable<Buffer>;
  }
}

async function entriesOf(source: ByteSource): Promise<Entry[]> {
  const zip = await fromRandomAccessReaderPromise(new SourceReader(source), source.size, { autoClose: false });
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

/** CRC-32 and size of a member, inflated from the place that the generator says it has. */
async function inflated(
  source: ByteSource,
  { dataOffset, compressedSize, method }: Placed,
): Promise<{ crc: number; size: number }> {
  const raw = await source.read(dataOffset, compressedSize);
  const plain = method === 0 ? raw : raw.pipe(createInflateRaw());
  let crc = 0;
  let size = 0;
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    crc = crc32(chunk, crc);
    size += chunk.length;
  }
  return { crc, size };
}

type Placed = ReturnType<typeof makeArchive>['members'][number];

const textOf = async (source: ByteSource, member: Placed): Promise<string> => {
  const raw = await source.read(member.dataOffset, member.compressedSize);
  return (await buffer(member.method === 0 ? raw : raw.pipe(createInflateRaw()))).toString();
};

const KINDS: readonly ArchiveOptions[] = [
  { format: 'new' },
  { format: 'new', version: '7.0.0' },
  { format: 'legacy', version: '5.0.5' },
  { format: 'legacy', version: '6.4.2' },
];

test.each(KINDS)('a zip reader finds every member of %o whole', async (options) => {
  const archive = makeArchive({ ...options, sizeBytes: 5 * MiB });
  const entries = await entriesOf(archive);
  expect(entries.map(({ fileName }) => fileName)).toEqual(archive.members.map(({ name }) => name));
  for (const [index, entry] of entries.entries()) {
    const member = archive.members[index];
    if (member === undefined) throw new Error('more entries than members');
    const found = await inflated(archive, member);
    expect(found, entry.fileName).toEqual({ crc: entry.crc32, size: entry.uncompressedSize });
  }
});

test.each([2_999_999, 3_000_000, 3_000_001, 64 * MiB - 1, 64 * MiB, 200 * MiB + 17])(
  'an archive of %i bytes has exactly that size',
  (sizeBytes) => {
    expect(makeArchive({ sizeBytes }).size).toBe(sizeBytes);
    expect(makeArchive({ sizeBytes, format: 'legacy' }).size).toBe(sizeBytes);
  },
);

test('the same seed gives the same bytes and another seed others', () => {
  expect(makeArchive({ seed: 7 }).crc32).toBe(makeArchive({ seed: 7 }).crc32);
  expect(makeArchive({ seed: 7 }).crc32).not.toBe(makeArchive({ seed: 8 }).crc32);
});

test('the checksum of the file and any range of it are those of the bytes', async () => {
  const archive = makeArchive({ sizeBytes: 9 * MiB });
  const bytes = Buffer.concat([...archive.chunks(0, archive.size)]);
  expect(bytes.length).toBe(archive.size);
  expect(crc32(bytes)).toBe(archive.crc32);
  for (const [start, length] of [
    [0, 1],
    [1_000_002, 3],
    [4 * MiB - 5, MiB],
    [archive.size - 22, 22],
    [archive.size - 1, 99],
  ] as const) {
    expect((await buffer(await archive.read(start, length))).equals(bytes.subarray(start, start + length))).toBe(true);
  }
});

test('two neighbouring parts of the bulk never hold the same bytes', async () => {
  const archive = makeArchive({
    sizeBytes: 200 * MiB,
    inventory: { tenants: [{ name: 'default_tenant', plugins: 1 }] },
  });
  const part = (n: number): Promise<Buffer> => archive.read(n * 16 * MiB, 16 * MiB).then(buffer);
  expect((await part(3)).equals(await part(4))).toBe(false);
});

test('an archive of 6 GiB with a member over 4 GiB takes ZIP64, no time and no memory', async () => {
  const before = process.memoryUsage().rss;
  const archive = makeArchive({ sizeBytes: 6 * GiB, inventory: { tenants: [{ name: 'default_tenant', plugins: 1 }] } });
  expect(archive.size).toBe(6 * GiB);
  const entries = await entriesOf(archive);
  expect(Math.max(...entries.map(({ uncompressedSize }) => uncompressedSize))).toBeGreaterThan(4 * GiB);
  let streamed = 0;
  for (const chunk of archive.chunks(0, archive.size)) streamed += chunk.length;
  expect(streamed).toBe(6 * GiB);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MiB);
});

test('100,000 small members go beyond the 65,535 that the old end record can count', async () => {
  const archive = makeArchive({ smallMembers: 100_000, sizeBytes: 30 * MiB });
  expect(archive.size).toBe(30 * MiB);
  const zip = await fromBufferPromise(Buffer.concat([...archive.chunks(0, archive.size)]), { lazyEntries: true });
  expect(zip.entryCount).toBe(archive.members.length);
  expect(archive.members.length).toBeGreaterThan(100_000);
});

test('a pg_data of 300 MB inflates to valid COPY text from little more than 1 MB of archive', async () => {
  const archive = makeArchive({ format: 'legacy', pgDataBytes: 300_000_000, sizeBytes: 2_000_000 });
  const member = archive.members.find(({ name }) => name === 'pg_data');
  if (member === undefined) throw new Error('no pg_data');
  expect(member.compressedSize).toBeLessThan(1_500_000);
  expect(await inflated(archive, member)).toEqual({ crc: member.crc32, size: member.size });
  expect(Math.abs(member.size - 300_000_000)).toBeLessThan(1_000_000);
  expect(archive.inventory.totals.events).toBeGreaterThan(2_000_000);
});

/** Rows per table, counted the dull way. */
function rowsOf(dump: string): Map<string, number> {
  const counts = new Map<string, number>();
  let table: string | undefined;
  let columns = 0;
  for (const line of dump.split('\n')) {
    const copy = /^COPY (?:public\.)?(\w+) \((.*)\) FROM stdin;$/.exec(line);
    if (copy !== null) [table, columns] = [copy[1], (copy[2] ?? '').split(', ').length];
    else if (line === '\\.') table = undefined;
    else if (table !== undefined) {
      expect(line.split('\t').length, `${table}: ${line}`).toBe(columns);
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
  }
  return counts;
}

/** Types that both formats count under the same name. */
const IN_BOTH_FORMATS = [
  'blueprints',
  'deployments',
  'plugins',
  'secrets',
  'sites',
  'nodes',
  'agents',
  'executions',
] as const;

test.each(['5.1.0', '6.4.2'])('the inventory is what the dump of %s holds', async (version) => {
  const tenants = [
    { name: 'default_tenant', blueprints: 3, secrets: 0 },
    { name: 'other', deployments: 9, events: 12 },
  ];
  const archive = makeArchive({ format: 'legacy', version, inventory: { tenants, users: 5, userGroups: 2 } });
  const member = archive.members.find(({ name }) => name === 'pg_data');
  if (member === undefined) throw new Error('no pg_data');
  const rows = rowsOf(await textOf(archive, member));
  const { totals, users, userGroups } = archive.inventory;
  expect({ users, userGroups, tenants: totals.tenants }).toEqual({ users: 5, userGroups: 2, tenants: 2 });
  const counted = ['tenants', ...IN_BOTH_FORMATS, 'events'] as const;
  for (const table of counted) expect(rows.get(table) ?? 0, table).toBe(totals[table]);
  expect(rows.get('node_instances')).toBe(totals.nodeInstances);
  expect(rows.get('users')).toBe(5);
});

test.each(['7.0.0', '7.0.5'])('the inventory is what the JSON files of %s hold', async (version) => {
  const archive = makeArchive({
    version,
    inventory: {
      tenants: [
        { name: 'default_tenant', secrets: 1_203 },
        { name: 'empty', plugins: 0, agents: 0 },
      ],
    },
  });
  const counts = new Map<string, number>();
  for (const member of archive.members.filter(({ name }) => /^(mgmt|tenants)\/.*\.json$/.test(name))) {
    const { type, items } = JSON.parse(await textOf(archive, member)) as { type: string; items: object[] };
    expect(items.length).toBeLessThanOrEqual(500);
    counts.set(type, (counts.get(type) ?? 0) + items.length);
  }
  const { totals, users } = archive.inventory;
  for (const type of IN_BOTH_FORMATS) {
    expect(counts.get(type) ?? 0, type).toBe(totals[type]);
  }
  expect(counts.get('users')).toBe(users);
  expect(counts.get('tenants')).toBe(2);
  const folders = archive.members.filter(({ name }) => /^tenants\/[^/]+\/$/.test(name)).map(({ name }) => name);
  expect(folders).toEqual(['tenants/default_tenant/', 'tenants/empty/']);
});

test('200 tenants have a folder each', () => {
  const { members } = makeArchive({ inventory: { tenants: 200 }, sizeBytes: 20 * MiB });
  expect(members.filter(({ name }) => /^tenants\/[^/]+\/$/.test(name)).length).toBe(200);
});

test('archives can be broken in the directory, one fault at a time', async () => {
  const absent = makeArchive({ missing: ['metadata.json'] });
  expect(absent.members.some(({ name }) => name === 'metadata.json')).toBe(false);
  expect(absent.size).toBe(3_000_000);
  const named = (options: ArchiveOptions): Promise<Entry | undefined> =>
    entriesOf(makeArchive(options)).then((entries) => entries.find(({ fileName }) => fileName === 'metadata.json'));
  const good = await named({});
  expect((await named({ wrongCrc: ['metadata.json'] }))?.crc32).not.toBe(good?.crc32);
  expect(((await named({ encrypted: ['metadata.json'] }))?.generalPurposeBitFlag ?? 0) & 1).toBe(1);
  expect(((await named({ dataDescriptors: true }))?.generalPurposeBitFlag ?? 0) & 8).toBe(8);
});

import { expect, test } from 'vitest';
import { parseCopyHeader, unescapeValue } from '../../lib/snapshot/copy-header.ts';
import type { Inventory } from '../../lib/snapshot/inventory.ts';
import { InventoryBuilder } from '../../lib/snapshot/inventory.ts';
import { PgDataCounter } from '../../lib/snapshot/pg-dump.ts';

const MiB = 1024 * 1024;

function count(pieces: Iterable<Buffer>): Inventory {
  const counter = new PgDataCounter('"pg_data" of archive.zip');
  for (const piece of pieces) counter.feed(piece);
  const inventory = new InventoryBuilder();
  counter.finish(inventory);
  return inventory.build();
}

const countText = (text: string) => count([Buffer.from(text)]);

/** Deterministic, so that a failure can be looked into: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function* pieces(data: Buffer, size: () => number): Generator<Buffer> {
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + Math.max(1, size()));
    yield data.subarray(at, end);
    at = end;
  }
}

// Every way to name a table, tenants after rows that need them, nulls and escapes wherever they could mislead.
const TRICKY = [
  'SET client_encoding = UTF8;',
  "SELECT pg_catalog.set_config('search_path', '', false); -- COPY of nothing",
  '',
  'COPY public.blueprints (_storage_id, id, plan, _tenant_id, visibility) FROM stdin;',
  `1\tbp\t\\\\x80\\t\\n\\\\.\\N${'p'.repeat(3000)}\t7\ttenant`,
  '\\N\t\\\\.\tx\t0\ttenant',
  '2\tbp2\t\\N\t\\N\ttenant',
  '3\tbp3\t\tx\t404',
  '\\.',
  'COPY "groups" (id, name) FROM stdin;',
  '\\N\t\\N',
  '\\.',
  'COPY tenants (name, "rabbit, (password)", id) FROM stdin;',
  'default_tenant\tp\t0',
  'caf\u00e9 \\\\ \\t\tp\t7',
  '\\.',
  'COPY public.empty (id, _tenant_id) FROM stdin;',
  '\\.',
  'COPY public.events (_storage_id, "timestamp", _tenant_id) FROM stdin;',
  '1\tnow\t0',
  '2\tnow\t0',
  '\\.',
  'COPY public.no_columns FROM stdin;',
  '\\.',
  'COPY other."A b" (_tenant_id) FROM stdin;',
  '7',
  '',
  '\\N',
  '0',
  '\\.',
  'COPYRIGHT is no COPY line',
  "DELETE FROM executions WHERE id = 'x';",
  '',
].join('\n');

const EXPECTED = {
  tenants: 2,
  blueprints: 4,
  user_groups: 1,
  events: 2,
  'other.A b': 4,
};

test('rows are counted by table, and by tenant where the table says', () => {
  const { totals, tenants } = countText(TRICKY);
  expect(totals).toMatchObject(EXPECTED);
  expect(totals).not.toHaveProperty('empty');
  expect(tenants).toEqual({
    default_tenant: { blueprints: 1, 'other.A b': 1 },
    'café \\ \t': { blueprints: 1, 'other.A b': 1 },
    // Ids that no tenant has, an empty one among them; a null is no id.
    '#x': { blueprints: 1 },
    '#': { 'other.A b': 1 },
  });
});

test('the counts do not depend on how the dump is cut into pieces', () => {
  const data = Buffer.from(TRICKY);
  const whole = count([data]);
  for (let at = 1; at < data.length; at++) expect(count([data.subarray(0, at), data.subarray(at)])).toEqual(whole);
  for (const size of [1, 2, 3, 7, 64]) expect(count(pieces(data, () => size))).toEqual(whole);
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    expect(count(pieces(data, () => Math.floor(next() * 40))), `seed ${seed}`).toEqual(whole);
  }
});

test('rows of 5 MB are counted across pieces of any size, in flat memory', () => {
  const row = (id: number, tenant: number) => `${id}\t${'x'.repeat(5 * MiB)}\t${tenant}\n`;
  const block = `COPY tenants (id, name) FROM stdin;\n0\ta\n1\tb\n\\.\nCOPY blueprints (id, plan, _tenant_id) FROM stdin;\n`;
  const data = Buffer.from(`${block}${row(1, 0)}${row(2, 1)}${row(3, 1)}\\.\n`);
  const next = random(5);
  for (const size of [() => 65_536, () => 65_537, () => 1 + Math.floor(next() * 200_000), () => data.length]) {
    expect(count(pieces(data, size))).toMatchObject({
      totals: { tenants: 2, blueprints: 3 },
      tenants: { a: { blueprints: 1 }, b: { blueprints: 2 } },
    });
  }
});

test('150 MB of log lines are counted, whatever the pieces', () => {
  const line = Buffer.from(`12345\t2026-11-22 02:00:00\t${'Task succeeded '.repeat(10)}\t0\n`);
  const lines = Buffer.alloc(line.length * 6000, line);
  function* dump(): Generator<Buffer> {
    yield Buffer.from('COPY public.logs (_storage_id, reported_timestamp, message, _tenant_id) FROM stdin;\n');
    for (let at = 0; at < 150 * MiB; at += lines.length) yield* pieces(lines, () => 256 * 1024);
    yield Buffer.from('\\.\n');
  }
  const before = process.memoryUsage().arrayBuffers;
  expect(count(dump()).totals.logs).toBe(Math.ceil((150 * MiB) / lines.length) * 6000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * MiB);
});

test.each([
  ['in the middle of a row', 'COPY tenants (id, name) FROM stdin;\n0\tdefa'],
  ['after a row', 'COPY tenants (id, name) FROM stdin;\n0\ta\n'],
  ['after a backslash', 'COPY tenants (id, name) FROM stdin;\n0\ta\n\\'],
  ['at once', 'COPY tenants (id, name) FROM stdin;\n'],
])('a dump that ends within a COPY block, %s, is MemberCorrupt', (_, text) => {
  expect(() => countText(text)).toThrow(expect.objectContaining({ name: 'MemberCorrupt' }));
});

test('the last line feed may be missing', () => {
  expect(countText('COPY tenants (id, name) FROM stdin;\n0\ta\n\\.').totals.tenants).toBe(1);
});

test.each([
  ['from a file', "COPY tenants (id) FROM '/etc/passwd';\n"],
  ['longer than 64 KiB', `COPY tenants (${'a, '.repeat(30_000)}b) FROM stdin;\n`],
])('a COPY line %s is ArchiveUnsupported', (_, text) => {
  const unsupported = expect.objectContaining({ name: 'ArchiveUnsupported' });
  expect(() => countText(text)).toThrow(unsupported);
  expect(() => count(pieces(Buffer.from(text), () => 1000))).toThrow(unsupported);
});

test('a line of any length outside of blocks is skipped', () => {
  const text = `INSERT ${'x'.repeat(200_000)}\nCOPY tenants (id, name) FROM stdin;\n0\ta\n\\.\n`;
  expect(count(pieces(Buffer.from(text), () => 1000)).totals.tenants).toBe(1);
});

test.each([
  ['COPY tenants (id, name) FROM stdin;', { table: 'tenants', columns: ['id', 'name'] }],
  ['COPY public."A ""b""" (id, "x, y") FROM stdin;', { table: 'A "b"', columns: ['id', 'x, y'] }],
  ['COPY "public".t (a) FROM stdin;', { table: 't', columns: ['a'] }],
  ['COPY own.t (a) FROM stdin;', { table: 'own.t', columns: ['a'] }],
  ['COPY t (a) TO stdout;', undefined],
])('%s', (line, expected) => {
  expect(parseCopyHeader(line)).toEqual(expected);
});

test('escapes of COPY are undone', () => {
  expect(unescapeValue('a\\tb\\nc\\\\d\\.e')).toBe('a\tb\nc\\d.e');
});
